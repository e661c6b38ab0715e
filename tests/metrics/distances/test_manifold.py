"""Precision, recall, density and coverage: by hand, by loops, and the numbers of torch-fidelity."""

import math

import pytest
import torch
from torch_fidelity.metric_prc import prc_features_to_metric

from ganlab.metrics.distances import manifold
from ganlab.metrics.distances.manifold import PRDC, Manifold
from tests.support.references import features


def by_definition(real, fake, k: int) -> PRDC:
    """Exact distances, no product of matrices."""
    exactly = {"compute_mode": "donot_use_mm_for_euclid_dist"}
    radii, fake_radii = (torch.cdist(x, x, **exactly).kthvalue(k + 1).values for x in (real, fake))
    distances = torch.cdist(real, fake, **exactly)
    inside = distances <= radii[:, None]
    return PRDC(
        float(inside.any(0).double().mean()),
        float((distances <= fake_radii).any(1).double().mean()),
        float(inside.double().sum() / (k * len(fake))),
        float(inside.any(1).double().mean()),
    )


@pytest.mark.parametrize(("n", "m", "size"), [(600, 500, 64), (300, 700, 256), (500, 500, 512), (40, 30, 64)])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_and_recall_are_those_of_torch_fidelity(n, m, size, k, dtype):
    real, fake = features(n, size, 1).to(dtype), features(m, size, 2, scale=0.97).to(dtype)
    options = {"prc_neighborhood": k, "prc_batch_size": 1000, "save_cpu_ram": False, "verbose": False}
    reference = prc_features_to_metric(fake, real, **options)
    found = Manifold(real, k).compare(fake)
    assert min(found) > 0
    assert found[:2] == pytest.approx((reference["precision"], reference["recall"]), rel=1e-5)


@pytest.mark.parametrize("k", [1, 3])
def test_all_four_are_their_definitions(k):
    real, fake = features(200, 6, 3).double(), features(150, 6, 4, scale=1.3).double()
    found = Manifold(real, k).compare(fake)
    assert found == pytest.approx(by_definition(real, fake, k), rel=1e-12)
    assert min(found) > 0
    assert max(found.precision, found.recall, found.coverage) < 1


def test_blocks_change_nothing(monkeypatch):
    real, fake = features(100, 8, 5), features(90, 8, 6, scale=1.2)
    whole = Manifold(real).compare(fake)
    monkeypatch.setattr(manifold, "blocks", lambda samples, width: iter(samples.split(7)))
    assert Manifold(real).compare(fake) == pytest.approx(whole, rel=1e-12)


def test_features_far_from_zero_change_nothing():
    real, fake = features(100, 8, 7).double(), features(90, 8, 8, scale=1.2).double()
    assert Manifold(real + 1e6).compare(fake + 1e6) == Manifold(real).compare(fake)


def test_on_a_line_by_hand():
    """Balls of 1 neighbour: real around 0, 1, 3 with radii 1, 1, 2; fakes at 1.5 and 9 with radius 7.5 each."""
    real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[1.5], [9.0]])
    assert Manifold(real, 1).compare(fake) == pytest.approx(PRDC(1 / 2, 1.0, 2 / 2, 2 / 3))


@pytest.mark.parametrize("k", [1, 3])
def test_a_set_and_itself(k):
    real = features(300, 16, 9)
    expected = PRDC(1.0, 1.0, (k + 1) / k, 1.0)  # a ball holds its centre and k neighbours
    assert Manifold(real, k).compare(real.clone()) == pytest.approx(expected)


def test_sets_apart_have_nothing_in_common():
    assert Manifold(features(100, 8, 10)).compare(features(90, 8, 11) + 100) == PRDC(0, 0, 0, 0)


def test_equal_distributions_are_dense_and_covered():
    """Expected coverage of n of n: 1 - C(2n - 1 - k, n) / C(2n - 1, n), from which of 2n - 1 others come first."""
    n, k = 3000, 3
    found = Manifold(features(n, 8, 12), k).compare(features(n, 8, 13))
    assert found.density == pytest.approx(1, abs=0.06)
    assert found.coverage == pytest.approx(
        1 - math.comb(2 * n - 1 - k, n) / math.comb(2 * n - 1, n), abs=0.02
    )


def test_fakes_that_are_all_one_real_image_are_precise_and_cover_its_neighbourhood_only():
    real = features(200, 64, 14)
    found = Manifold(real).compare(real[5:6].repeat(50, 1))
    assert found.precision == 1
    assert found.recall == 1 / 200  # the image itself, at distance zero
    assert found.coverage < 0.2


def test_copies_among_the_real_images_contain_each_other():
    real = features(5, 512, 15).repeat(6, 1) + 3  # every ball of 3 neighbours has radius zero
    assert Manifold(real).compare(real.flip(0).clone())[:2] == (1, 1)


def test_no_more_samples_than_neighbours_is_an_error():
    with pytest.raises(ValueError, match="3 rows of real features: expected at least 4"):
        Manifold(features(3, 4, 16))
    with pytest.raises(ValueError, match="2 rows of fake features: expected at least 4"):
        Manifold(features(9, 4, 16)).compare(features(2, 4, 17))
    with pytest.raises(ValueError, match="neighbours=0"):
        Manifold(features(9, 4, 16), 0)


def test_N10_rows_that_are_not_finite_are_counted():
    real = features(20, 4, 18)
    real[1, 2] = torch.nan
    with pytest.raises(ValueError, match="1 of 20 rows of real features are not finite"):
        Manifold(real)
