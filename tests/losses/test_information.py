"""The auxiliary losses of ACGAN and InfoGAN against closed forms."""

import math

import pytest
import torch

from ganlab.losses.information import cross_entropy, gaussian_nll


def test_cross_entropy_is_log_k_for_a_guess_and_0_for_certainty():
    label = torch.tensor([3, 0, 9])
    assert cross_entropy(torch.zeros(3, 10), label).item() == pytest.approx(math.log(10))
    certain = 50 * torch.nn.functional.one_hot(label, 10).float()
    assert cross_entropy(certain, label).item() == pytest.approx(0, abs=1e-6)
    through_softmax = cross_entropy(certain.softmax(1), label).item()  # the bug, and its floor
    assert through_softmax == pytest.approx(math.log(1 + 9 / math.e)) == pytest.approx(1.461150, abs=1e-6)


def test_cross_entropy_is_the_mean_over_the_batch():
    logits, label = torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]]), torch.tensor([2, 1])
    each = [
        math.log(sum(map(math.exp, row))) - row[k] for row, k in zip(logits.tolist(), (2, 1), strict=True)
    ]
    assert cross_entropy(logits, label).item() == pytest.approx(sum(each) / 2, rel=1e-6)


def test_gaussian_nll_sums_over_codes_and_averages_over_samples():
    code = torch.tensor([[0.5, -1.0], [0.0, 2.0]])
    exact = 2 * 0.5 * math.log(2 * math.pi)
    assert gaussian_nll(code, code).item() == pytest.approx(exact)
    off = gaussian_nll(code + torch.tensor([[1.0, 0.0], [0.0, 3.0]]), code).item()
    assert off == pytest.approx(exact + (1 / 2 + 9 / 2) / 2)


def test_gaussian_nll_is_the_density_of_torch():
    torch.manual_seed(0)
    mean, code = torch.randn(8, 3), torch.randn(8, 3)
    density = torch.distributions.Normal(mean, 1.0).log_prob(code).sum(1)
    torch.testing.assert_close(gaussian_nll(mean, code), -density.mean())


def test_its_gradient_pulls_the_mean_to_the_code_and_the_code_to_the_mean():
    """The generator learns through the image that the mean was read from."""
    mean = torch.tensor([[1.0]], requires_grad=True)
    gaussian_nll(mean, torch.tensor([[3.0]])).backward()
    assert mean.grad.item() == -2


def test_low_precision_is_widened():
    assert cross_entropy(torch.zeros(2, 3).bfloat16(), torch.tensor([0, 1])).dtype == torch.float32
    assert gaussian_nll(torch.zeros(2, 3).bfloat16(), torch.zeros(2, 3)).dtype == torch.float32


def test_D10_shapes_that_would_broadcast_are_refused():
    for logits, label in (((4, 10), (4, 1)), ((4,), (4,)), ((4, 10), (1,)), ((4, 10, 1, 1), (4,))):
        with pytest.raises(ValueError, match="class logits"):
            cross_entropy(torch.zeros(logits), torch.zeros(label, dtype=torch.int64))
    for mean, code in (((4, 1), (4, 2)), ((4, 2), (4,)), ((4,), (4,)), ((4, 2), (1, 2))):
        with pytest.raises(ValueError, match="the same"):
            gaussian_nll(torch.zeros(mean), torch.zeros(code))
