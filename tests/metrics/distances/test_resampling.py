"""The bootstrap: each draw's distance is the distance of those images, and its spread that of new ones."""

import pytest
import torch

from ganlab.metrics.distances.frechet import Gaussian, frechet_distance, gaussian_of
from ganlab.metrics.distances.resampling import draws, frechet_statistic, interval, normal_interval
from tests.support.references import features


@pytest.mark.parametrize(("n", "size"), [(40, 12), (30, 64)])
def test_the_quick_way_is_the_distance_of_the_drawn_images(n, size):
    real, fake = gaussian_of(features(200, size, 1)), features(n, size, 2, scale=1.2)
    statistic = frechet_statistic(real, fake)
    for rows in draws(n, 3):
        assert statistic(rows) == pytest.approx(frechet_distance(real, gaussian_of(fake[rows])), rel=1e-6)


def test_an_interval_lies_around_the_value_and_is_as_wide_as_the_draws():
    low, high = interval(10.0, torch.linspace(0, 100, 1001))
    assert (low, high) == pytest.approx((10 - 47.5, 10 + 47.5))
    assert normal_interval(1.0, 2.0) == pytest.approx((1 - 3.919928, 1 + 3.919928))


def test_its_width_is_that_of_new_images_of_one_generator():
    size, n = 4, 300
    real = Gaussian(10**6, torch.zeros(size).double(), torch.eye(size).double())
    samples = torch.randn(200, n, size, generator=torch.Generator().manual_seed(0)) + 0.5
    values = torch.tensor([frechet_distance(real, gaussian_of(one)) for one in samples])
    statistic = frechet_statistic(real, samples[0])
    found = torch.tensor([statistic(rows) for rows in draws(n, 200)])
    assert float(found.std()) == pytest.approx(float(values.std()), rel=0.25)
