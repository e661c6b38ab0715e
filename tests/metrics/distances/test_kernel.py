"""The kernel distance: closed forms, no bias, and the numbers of the two libraries."""

import pytest
import torch
from torch_fidelity.metric_kid import kid_features_to_metric
from torchmetrics.image.kid import KernelInceptionDistance

from ganlab.metrics.distances import kernel
from ganlab.metrics.distances.kernel import kernel_distance, kernel_error
from tests.support.references import SEED, Given, features


def torch_fidelity(real, fake, subsets: int, subset_size: int) -> tuple[float, float]:
    options = {"kid_subsets": subsets, "kid_subset_size": subset_size, "rng_seed": SEED, "verbose": False}
    found = kid_features_to_metric(fake, real, **options)
    return found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]


@pytest.mark.parametrize(("n", "m", "size"), [(300, 260, 64), (1000, 300, 256), (400, 400, 512)])
@pytest.mark.parametrize(("subsets", "subset_size"), [(1, 100), (3, 50), (40, 200)])
def test_distance_is_that_of_torch_fidelity(n, m, size, subsets, subset_size):
    real, fake = features(n, size, 1).double(), features(m, size, 2, scale=1.2).double()
    found = kernel_distance(real, fake, subsets=subsets, subset_size=subset_size)
    assert found == pytest.approx(torch_fidelity(real, fake, subsets, subset_size), rel=1e-9, abs=1e-14)


def test_distance_is_that_of_torch_fidelity_in_float32():
    real, fake = features(500, 64, 3), features(400, 64, 4, scale=1.5)
    found = kernel_distance(real, fake, subsets=20, subset_size=300)
    assert found == pytest.approx(torch_fidelity(real, fake, 20, 300), rel=1e-5)


@pytest.mark.parametrize(("subsets", "subset_size"), [(3, 50), (30, 150)])  # subset by subset, all at once
def test_blocks_change_nothing(monkeypatch, subsets, subset_size):
    real, fake = features(300, 16, 5), features(280, 16, 6, scale=1.2)
    whole = kernel_distance(real, fake, subsets=subsets, subset_size=subset_size)
    monkeypatch.setattr(kernel, "blocks", lambda samples, width: iter(samples.split(7)))
    assert kernel_distance(real, fake, subsets=subsets, subset_size=subset_size) == pytest.approx(
        whole, rel=1e-10
    )


@pytest.mark.filterwarnings("ignore:Metric")
def test_distance_is_that_of_torchmetrics_where_nothing_is_random():
    real, fake = features(200, 64, 7).double(), features(200, 64, 8, scale=1.3).double()
    reference = KernelInceptionDistance(feature=Given(64), subsets=1, subset_size=200)
    reference.update(real, real=True)
    reference.update(fake, real=False)
    mean, spread = kernel_distance(real, fake, subsets=1, subset_size=200)
    assert mean == pytest.approx(float(reference.compute()[0]), rel=1e-5)
    assert spread == 0


def test_two_points_have_the_distance_of_their_kernel():
    real, fake = torch.tensor([[1.0, 0.0]]).repeat(6, 1), torch.tensor([[0.0, 2.0]]).repeat(5, 1)
    expected = 1.5**3 + 3.0**3 - 2 * 1.0**3  # k(x, x) + k(y, y) - 2 k(x, y)
    mean, spread = kernel_distance(real, fake, subsets=4, subset_size=4)
    assert mean == pytest.approx(expected, rel=1e-12)
    assert spread == pytest.approx(0, abs=1e-12)


def test_equal_distributions_are_around_zero_at_any_size():
    """The biased estimate would be above zero by the mean of k(x, x) / n, here 1.6."""
    mean, spread = kernel_distance(features(4000, 8, 9), features(4000, 8, 10), subsets=400, subset_size=5)
    assert abs(mean) < 4 * spread / 400**0.5
    assert spread < 1.0


def test_a_set_smaller_than_a_subset_is_an_error():
    with pytest.raises(ValueError, match=r"subset_size=1000 from 30 real and 20 fake samples: .* 2 to 20"):
        kernel_distance(features(30, 4, 11), features(20, 4, 12))
    with pytest.raises(ValueError, match="subsets=0"):
        kernel_distance(features(30, 4, 11), features(20, 4, 12), subsets=0, subset_size=5)


def test_N10_rows_that_are_not_finite_are_counted():
    real, fake = features(30, 4, 13), features(30, 4, 14)
    fake[3:5, 0] = torch.nan
    with pytest.raises(ValueError, match="2 of 30 rows of fake features are not finite"):
        kernel_distance(real, fake, subset_size=10)


def test_the_standard_error_is_the_jackknife_s():
    real, fake = (features(n, 6, n, scale=scale).double() for n, scale in ((12, 1.0), (9, 1.2)))

    def unbiased(x, y):
        inner, outer, across = ((a @ b.T / 6 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        m, n = len(x), len(y)
        within = (inner.sum() - inner.trace()) / (m * (m - 1)) + (outer.sum() - outer.trace()) / (n * (n - 1))
        return within - 2 * across.mean()

    def without(samples, index):
        return torch.cat([samples[:index], samples[index + 1 :]])

    variance = 0
    for n, values in (
        (12, [unbiased(without(real, i), fake) for i in range(12)]),
        (9, [unbiased(real, without(fake, i)) for i in range(9)]),
    ):
        variance += (n - 1) / n * torch.stack(values).sub(sum(values) / n).square().sum()
    assert kernel_error(real, fake) == pytest.approx(float(variance.sqrt()), rel=1e-9)
