"""The theory of Goodfellow et al. 2014, section 4, where it can be computed: distributions over a few points.

A tabular discriminator has one logit for each point; expectations are means over points that occur as often as they
are likely, so that the losses themselves are tested.
"""

import math
from itertools import pairwise

import pytest
import torch

from ganlab.losses.adversarial import NonSaturating, Saturating
from ganlab.metrics.distances.divergence import jensen_shannon

PAIRS = {
    "different": ([4, 3, 2, 1], [1, 2, 3, 4]),
    "partly_disjoint": ([5, 5, 0, 0], [0, 2, 6, 2]),
    "equal": ([1, 2, 3, 4], [1, 2, 3, 4]),
}


def shares(counts) -> torch.Tensor:
    return torch.tensor(counts).double() / sum(counts)


def true_divergence(p: torch.Tensor, q: torch.Tensor) -> float:
    """JSD(p || q) in nats, term by term from its definition."""
    middle = (p + q) / 2
    halves = [torch.special.xlogy(x, x / middle.clamp_min(1e-300)).sum() for x in (p, q)]
    return float(sum(halves) / 2)


def occurrences(counts) -> torch.Tensor:
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


def trained_logits(p_counts, q_counts, steps: int = 400) -> torch.Tensor:
    """The discriminator after it was trained to its optimum, from nothing."""
    logits = torch.zeros(len(p_counts), dtype=torch.float64, requires_grad=True)
    real, fake = occurrences(p_counts), occurrences(q_counts)
    optimizer = torch.optim.LBFGS(
        [logits], max_iter=steps, tolerance_grad=1e-12, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = NonSaturating().discriminator(logits[real], logits[fake])
        loss.backward()
        return loss

    optimizer.step(closure)
    return logits.detach()


@pytest.mark.parametrize("name", ["different", "equal"])
def test_training_reaches_the_best_discriminator(name):
    p, q = map(shares, PAIRS[name])
    torch.testing.assert_close(trained_logits(*PAIRS[name]).sigmoid(), p / (p + q), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", PAIRS)
def test_the_trained_discriminators_loss_tells_the_jensen_shannon_divergence(name):
    p_counts, q_counts = PAIRS[name]
    logits = trained_logits(p_counts, q_counts)
    real, fake = logits[occurrences(p_counts)], logits[occurrences(q_counts)]
    true = true_divergence(shares(p_counts), shares(q_counts))
    loss = NonSaturating().discriminator(real, fake).item()
    assert math.log(2) - loss / 2 == pytest.approx(true, abs=1e-4)
    assert jensen_shannon(real, fake).item() == pytest.approx(true, abs=1e-4)
    assert -loss == pytest.approx(-math.log(4) + 2 * true, abs=2e-4), "max V = -log 4 + 2 JSD"


def test_at_equality_the_value_is_minus_log_four_and_no_discriminator_does_better():
    counts = PAIRS["equal"][0]
    indices = occurrences(counts)
    values = [
        -NonSaturating().discriminator(logits[indices], logits[indices]).item()
        for logits in (torch.zeros(4), torch.ones(4), torch.tensor([0.1, -2.0, 0.0, 1.0]))
    ]
    assert values[0] == pytest.approx(-1.386294, abs=1e-6)
    assert values[0] > max(values[1:])


def test_without_a_common_point_the_divergence_is_log_two_and_the_value_zero():
    real, fake = torch.full((5,), 40.0), torch.full((7,), -40.0)  # D = 1 on all real, 0 on all fake
    assert jensen_shannon(real, fake).item() == pytest.approx(math.log(2), abs=1e-6)
    assert -NonSaturating().discriminator(real[:5], fake[:5]).item() == pytest.approx(0, abs=1e-6)


def test_a_discriminator_that_is_not_the_best_estimates_from_below():
    p_counts, q_counts = PAIRS["different"]
    true = true_divergence(shares(p_counts), shares(q_counts))
    best = trained_logits(p_counts, q_counts)
    noise = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)).double()
    for logits in best + noise:
        estimate = jensen_shannon(logits[occurrences(p_counts)], logits[occurrences(q_counts)]).item()
        assert estimate < true + 1e-7


def test_a_generator_against_the_best_discriminator_ends_at_the_data():
    """Proposition 2: gradient steps on the minimax loss, with D at its optimum before each."""
    p = shares([4, 3, 2, 1])
    weights = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=2.0)
    divergences = []
    for _ in range(300):
        q = weights.softmax(0)
        divergences.append(true_divergence(p, q.detach()))
        best = (p / q.detach()).log()  # logit of p / (p + q)
        value = sum(q[k] * Saturating().generator(best[k : k + 1]) for k in range(4))  # E_q[log(1 - D)]
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    assert divergences[-1] < 1e-6 < divergences[0]
    assert all(after <= before + 1e-12 for before, after in pairwise(divergences))
    torch.testing.assert_close(weights.softmax(0).detach(), p, atol=1e-3, rtol=0)
