"""Scores as probabilities: found again where they are known, and whether they are is said in deviations."""

import pytest
import torch

from ganlab.inference.refine.calibrate import Isotonic, Logistic, z_statistic


def draws(n, mean, seed):
    return mean + torch.randn(n, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", [Isotonic, Logistic])
def test_logits_of_two_gaussians_are_found_again_through_any_slope_and_shift(kind):
    """Real N(1, 1) against fake N(-1, 1): the logit of x is 2 x."""
    real, fake = draws(20_000, 1.0, 1), draws(20_000, -1.0, 2)
    calibrated = kind(3 * real - 7, 3 * fake - 7)
    x = torch.linspace(-1.2, 1.2, 9)
    assert torch.allclose(calibrated(3 * x - 7).float(), 2 * x, atol=0.3)


@pytest.mark.parametrize("kind", [Isotonic, Logistic])
def test_as_many_of_each_count_alike_whatever_their_numbers(kind):
    calibrated = kind(draws(20_000, 1.0, 1), draws(2_000, -1.0, 2))
    assert float(calibrated(torch.zeros(1))) == pytest.approx(0, abs=0.25)


def test_a_higher_score_is_never_less_real_and_no_score_is_beyond_compare():
    calibrated = Isotonic(draws(100, 0.2, 3), draws(100, 0.0, 4))
    logits = calibrated(torch.linspace(-9, 9, 50))
    assert (logits[1:] >= logits[:-1]).all()
    assert logits.isfinite().all()
    backwards = Logistic(
        draws(100, -3.0, 3), draws(100, 3.0, 4)
    )  # whatever was learned, it is no better than chance
    assert backwards(torch.tensor([-9.0, 9.0])).diff().abs() < 1e-9


def test_z_is_near_0_where_probabilities_hold_and_far_where_they_are_shifted():
    real, fake = draws(2_000, 1.0, 5), draws(2_000, -1.0, 6)
    assert abs(z_statistic(2 * real, 2 * fake)) < 3
    assert z_statistic(2 * real - 2, 2 * fake - 2) > 10
    assert z_statistic(2 * real + 2, 2 * fake + 2) < -10
