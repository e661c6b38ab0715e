"""The distance at infinity: the line in closed form, and less than the distance of the samples themselves."""

import pytest
import torch

from ganlab.metrics.distances.extrapolation import frechet_at_infinity, intercept
from ganlab.metrics.distances.frechet import Gaussian, Moments, frechet_distance


def test_the_intercept_of_an_exact_line():
    x = torch.tensor([0.1, 0.2, 0.5]).double()
    assert intercept(x, 7 - 3 * x) == pytest.approx(7)


def test_samples_of_the_real_distribution_itself_are_nearer_to_it_at_infinity():
    size = 16
    real = Gaussian(10**6, torch.zeros(size).double(), torch.eye(size).double())
    fake = torch.randn(600, size, generator=torch.Generator().manual_seed(0))
    moments = Moments(size)
    moments.update(fake)
    biased = frechet_distance(real, moments.gaussian())
    assert biased > 0.1
    assert abs(frechet_at_infinity(real, fake)) < 0.25 * biased


def test_the_distance_of_a_shift_is_found():
    real = Gaussian(10**6, torch.zeros(4).double(), torch.eye(4).double())
    fake = torch.randn(4000, 4, generator=torch.Generator().manual_seed(0)) + 1
    assert frechet_at_infinity(real, fake) == pytest.approx(4, rel=0.03)


def test_too_few_are_refused():
    real = Gaussian(100, torch.zeros(2).double(), torch.eye(2).double())
    with pytest.raises(ValueError, match="expected at least 20"):
        frechet_at_infinity(real, torch.randn(19, 2))
    with pytest.raises(ValueError, match="points=1"):
        frechet_at_infinity(real, torch.randn(30, 2), points=1)
