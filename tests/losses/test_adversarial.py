"""Losses against closed forms, in value and in gradient."""

import math

import pytest
import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.losses.adversarial import (
    Hinge,
    LeastSquares,
    NonSaturating,
    Relativistic,
    RelativisticAverage,
    Saturating,
    Wasserstein,
)
from ganlab.types import AdversarialLoss

LOSSES = [
    NonSaturating(),
    NonSaturating(real_label=0.9),
    Saturating(),
    LeastSquares(),
    Wasserstein(),
    Hinge(),
    Relativistic(),
    RelativisticAverage(),
]


def scores(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def slope(loss, at: float) -> float:
    """The derivative of ``loss`` with respect to one score."""
    score = scores(at).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(score), score)
    return gradient.item()


def logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score))


@pytest.mark.parametrize("loss", [NonSaturating(), Saturating()])
def test_value_function_is_minus_log_4_where_the_discriminator_cannot_tell(loss):
    assert -loss.discriminator(scores(0, 0), scores(0, 0)).item() == pytest.approx(-math.log(4))
    assert -math.log(4) == pytest.approx(-1.386294, abs=1e-6)


@pytest.mark.parametrize("loss", [NonSaturating(), Saturating()])
def test_discriminator_minimises_both_cross_entropies(loss):
    """-log D(x) - log(1 - D(G(z))), means of logarithms: neither a plus between them nor a log of a mean."""
    real, fake = (2.0, -1.0), (0.5, -3.0)
    of_real = sum(-math.log(logistic(r)) for r in real) / 2
    of_fake = sum(-math.log(1 - logistic(f)) for f in fake) / 2
    assert loss.discriminator(scores(*real), scores(*fake)).item() == pytest.approx(
        of_real + of_fake, rel=1e-12
    )


@pytest.mark.parametrize("kind", [NonSaturating, Saturating])
def test_half_the_discriminator_s_loss_is_the_mean_over_real_and_fake_images(kind):
    real, fake = scores(2.0, -1.0), scores(0.5, -3.0)
    labels = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    mean = torch.nn.functional.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)
    loss = kind(discriminator_weight=0.5)
    assert loss.discriminator(real, fake).item() == pytest.approx(mean.item(), rel=1e-12)
    assert loss.generator(fake) == kind().generator(fake)


def test_generator_losses_are_minus_log_d_and_log_one_minus_d():
    fake = (0.5, -3.0)
    non_saturating = -sum(math.log(logistic(f)) for f in fake) / 2
    saturating = sum(math.log(1 - logistic(f)) for f in fake) / 2
    assert NonSaturating().generator(scores(*fake)).item() == pytest.approx(non_saturating, rel=1e-12)
    assert Saturating().generator(scores(*fake)).item() == pytest.approx(saturating, rel=1e-12)


def test_both_generator_losses_pull_alike_at_zero_and_only_one_where_the_discriminator_is_sure():
    assert slope(NonSaturating().generator, 0) == slope(Saturating().generator, 0) == -0.5
    assert slope(NonSaturating().generator, -5) == pytest.approx(-0.993307, abs=1e-6)
    assert slope(Saturating().generator, -5) == pytest.approx(-0.006693, abs=1e-6)


@pytest.mark.parametrize("score", [-5.0, -0.3, 0.0, 4.0])
def test_gradients_are_the_logistic_function(score):
    real_part = slope(lambda r: NonSaturating().discriminator(r, scores(0.0)), score)
    fake_part = slope(lambda f: NonSaturating().discriminator(scores(0.0), f), score)
    assert real_part == pytest.approx(-(1 - logistic(score)))
    assert fake_part == pytest.approx(logistic(score))
    assert slope(NonSaturating().generator, score) == pytest.approx(-(1 - logistic(score)))
    assert slope(Saturating().generator, score) == pytest.approx(-logistic(score))


@pytest.mark.parametrize("loss", [NonSaturating(), Saturating()])
def test_enormous_scores_stay_finite(loss):
    """log(sigmoid) would be -inf here."""
    wrong = loss.discriminator(torch.full((2,), -1e4), torch.full((2,), 1e4))
    assert wrong.item() == pytest.approx(2e4)
    assert loss.generator(torch.full((2,), -1e4)).isfinite()


def test_least_squares_with_its_halves():
    loss = LeastSquares()
    real, fake = scores(0.5, 3.0), scores(-1.0, 2.0)
    assert loss.discriminator(real, fake).item() == pytest.approx((0.25 + 4) / 4 + (1 + 4) / 4)
    assert loss.generator(fake).item() == pytest.approx((4 + 1) / 4)
    assert slope(loss.generator, -1.0) == pytest.approx(-2)  # without the half: -4


def test_least_squares_optimum_is_the_weighted_target():
    """For one point with densities p and q, D* = (b p + a q) / (p + q)."""
    a, b, p, q = -1.0, 3.0, 0.2, 0.6
    loss, best = LeastSquares(a=a, b=b), (b * p + a * q) / (p + q)
    real = slope(lambda r: loss.discriminator(r, scores(0.0)), best)
    fake = slope(lambda f: loss.discriminator(scores(0.0), f), best)
    assert p * real + q * fake == pytest.approx(0, abs=1e-12)


def test_least_squares_pearson_setting_is_half_the_chi_squared_divergence():
    """With a, b, c = -1, 1, 0: E_p[D*^2] / 2 + E_q[D*^2] / 2 = chi^2(p + q, 2 q) / 2, on a finite space."""
    p, q = scores(0.5, 0.3, 0.2), scores(0.2, 0.2, 0.6)
    loss = LeastSquares(a=-1.0, b=1.0, c=0.0)
    best = (p - q) / (p + q)
    point = torch.stack([loss.generator(score[None]) for score in best])
    pearson = ((p + q - 2 * q).square() / (p + q)).sum()
    assert ((p + q) * point).sum().item() == pytest.approx(pearson.item() / 2)


def test_wasserstein_is_a_difference_of_means_with_high_meaning_real():
    loss = Wasserstein()
    assert loss.discriminator(scores(3.0, 5.0), scores(1.0, -2.0)).item() == -4.5
    assert loss.generator(scores(1.0, -2.0)).item() == 0.5
    assert slope(loss.generator, 17.0) == -1


@pytest.mark.parametrize("loss", [NonSaturating(real_label=0.9), Saturating(real_label=0.9)])
def test_one_sided_smoothing_is_the_cross_entropy_with_targets_09_and_0(loss):
    real, fake = (2.0, -1.0), (0.5, -3.0)
    of_real = sum(-0.9 * math.log(logistic(r)) - 0.1 * math.log(1 - logistic(r)) for r in real) / 2
    of_fake = sum(-math.log(1 - logistic(f)) for f in fake) / 2  # fakes keep the label 0
    value = loss.discriminator(scores(*real), scores(*fake)).item()
    assert value == pytest.approx(of_real + of_fake, rel=1e-12)
    assert loss.generator(scores(*fake)) == type(loss)().generator(scores(*fake))


@pytest.mark.parametrize(("p", "q"), [(0.5, 0.5), (0.2, 0.7), (0.9, 0.1)])
def test_smoothing_moves_the_best_discriminator_to_09_p_over_p_plus_q(p, q):
    loss, best = NonSaturating(real_label=0.9), 0.9 * p / (p + q)
    score = math.log(best / (1 - best))
    real = slope(lambda r: loss.discriminator(r, scores(0.0)), score)
    fake = slope(lambda f: loss.discriminator(scores(0.0), f), score)
    assert p * real + q * fake == pytest.approx(0, abs=1e-12)
    plain = slope(lambda r: NonSaturating().discriminator(r, scores(0.0)), score)
    assert p * plain + q * fake < -0.01  # without smoothing the best is elsewhere


def test_smoothing_leaves_the_plain_loss_bit_for_bit():
    real, fake = torch.linspace(-4, 4, 33), torch.linspace(-2, 5, 33)
    expected = torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fake).mean()
    assert torch.equal(NonSaturating().discriminator(real, fake), expected)


@pytest.mark.parametrize("label", [0.5, 0.0, -1.0, 1.1])
def test_a_label_that_is_not_of_real_images_is_refused(label):
    with pytest.raises(
        UserError, match=rf"real_label={label}: expected a number above 0\.5 and of at most 1"
    ):
        NonSaturating(real_label=label)


def test_hinge_stops_at_its_margins():
    loss = Hinge()
    real, fake = scores(3.0, 1.0, 0.25, -2.0), scores(-3.0, -1.0, -0.5, 1.0)
    expected = (0 + 0 + 0.75 + 3) / 4 + (0 + 0 + 0.5 + 2) / 4
    assert loss.discriminator(real, fake).item() == pytest.approx(expected, rel=1e-12)
    assert loss.generator(fake).item() == pytest.approx(3.5 / 4, rel=1e-12)
    for score, of_real, of_fake in ((2.0, 0, 1), (0.0, -1, 1), (-2.0, -1, 0)):
        assert slope(lambda r: loss.discriminator(r, scores(0.0)), score) == of_real
        assert slope(lambda f: loss.discriminator(scores(0.0), f), score) == of_fake
        assert slope(loss.generator, score) == -1  # no hinge: a fake that is known as one still moves


def test_relativistic_loss_compares_the_pairs_by_index():
    loss, real, fake = Relativistic(), scores(2.0, -1.0), scores(0.5, -3.0)
    of_discriminator = sum(-math.log(logistic(r - f)) for r, f in ((2.0, 0.5), (-1.0, -3.0))) / 2
    of_generator = sum(-math.log(logistic(f - r)) for r, f in ((2.0, 0.5), (-1.0, -3.0))) / 2
    assert loss.discriminator(real, fake).item() == pytest.approx(of_discriminator, rel=1e-12)
    assert loss.generator(fake, real=lambda: real).item() == pytest.approx(of_generator, rel=1e-12)
    assert loss.discriminator(real.flip(0), fake) != loss.discriminator(real, fake)
    torch.testing.assert_close(loss.discriminator(real + 7, fake + 7), loss.discriminator(real, fake))
    assert loss.discriminator(real, real).item() == pytest.approx(math.log(2))


def test_relativistic_average_loss_compares_each_score_with_the_other_side_s_mean():
    loss, real, fake = RelativisticAverage(), scores(3, 1), scores(-1, 1)
    assert loss.discriminator(real, fake).item() == pytest.approx(0.180925, abs=1e-6)
    assert loss.generator(fake, real=lambda: real).item() == pytest.approx(2.180925, abs=1e-6)
    assert loss.generator(fake, real=lambda: real) == loss.discriminator(fake, real), "the sides exchanged"
    torch.testing.assert_close(loss.discriminator(real + 7, fake + 7), loss.discriminator(real, fake))
    torch.testing.assert_close(loss.discriminator(real.flip(0), fake), loss.discriminator(real, fake))
    same = scores(2, 2)
    assert loss.discriminator(same, same).item() == pytest.approx(math.log(2))
    assert loss.generator(same, real=lambda: same).item() == pytest.approx(math.log(2))
    # a mean over both sides would compare 3 with 1 and not with 0
    halves = math.log1p(math.exp(-3)) + math.log1p(math.exp(-1))
    assert loss.discriminator(real, fake).item() == pytest.approx(halves / 2)


@pytest.mark.parametrize("loss", LOSSES[-2:])
def test_a_relativistic_loss_needs_real_scores(loss):
    with pytest.raises(ValueError, match=r"real=None: .*compares each fake with real images; call generator"):
        loss.generator(scores(0.0))
    with pytest.raises(ValueError, match="as many real as fake"):
        loss.generator(scores(0.0), real=lambda: scores(0.0, 1.0))


def test_losses_that_compare_nothing_never_ask_for_real_scores():

    def asked() -> Tensor:
        raise AssertionError

    for loss in LOSSES[:-2]:
        assert torch.equal(loss.generator(scores(0.3), real=asked), loss.generator(scores(0.3)))


@pytest.mark.parametrize("loss", LOSSES)
def test_D10_scores_that_would_broadcast_are_refused(loss: AdversarialLoss):
    for real, fake in (((4, 1), (4,)), ((4, 1), (4, 1)), ((4,), (3,)), ((1,), (4,)), ((), ())):
        with pytest.raises(ValueError, match="one raw score"):
            loss.discriminator(torch.zeros(real), torch.zeros(fake))
    for fake in ((4, 1), (), (4, 1, 2, 2)):
        with pytest.raises(ValueError, match="one raw score"):
            loss.generator(torch.zeros(fake), real=lambda: torch.zeros(4))


@pytest.mark.parametrize("loss", LOSSES)
def test_bfloat16_scores_are_averaged_in_float32(loss: AdversarialLoss):
    real, fake = torch.linspace(-3, 3, 501).bfloat16(), torch.linspace(-2, 1, 501).bfloat16()
    result = loss.discriminator(real, fake), loss.generator(fake, real=lambda: real)
    real, fake = real.double(), fake.double()
    expected = loss.discriminator(real, fake), loss.generator(fake, real=lambda: real)
    for low, high in zip(result, expected, strict=True):
        assert low.dtype == torch.float32
        assert low.item() == pytest.approx(high.item(), rel=1e-5)


def test_cyclegan_s_least_squares_are_without_the_halves():
    real, fake = scores(0.5, 2), scores(-1, 3)
    whole, paper = LeastSquares(factor=1.0), LeastSquares()
    assert whole.discriminator(real, fake).item() == (0.25 + 1) / 2 + (1 + 9) / 2
    assert whole.generator(fake).item() == (4 + 4) / 2
    assert paper.discriminator(real, fake) == whole.discriminator(real, fake) / 2
    assert paper.generator(fake) == whole.generator(fake) / 2
