"""Moments and the Fréchet distance: closed forms, and the numbers of the two libraries."""

import math

import pytest
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from ganlab.metrics.distances.frechet import ROWS, Gaussian, Moments, frechet_distance
from tests.support.references import Given, features


def moments(samples, batch: int = 100) -> Moments:
    seen = Moments(samples.shape[1])
    for part in samples.split(batch):
        seen.update(part)
    return seen


def same(one: Gaussian, other: Gaussian, tolerance: float = 1e-12) -> None:
    assert one.n == other.n
    torch.testing.assert_close(one.mean, other.mean, rtol=tolerance, atol=0)
    scale = float(other.covariance.abs().max())
    torch.testing.assert_close(one.covariance, other.covariance, rtol=0, atol=tolerance * scale)


def torch_fidelity(real, fake) -> float:
    statistics = [fid_features_to_statistics(samples) for samples in (fake, real)]
    return fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]


@pytest.mark.parametrize("n", [2, ROWS - 1, ROWS, 2 * ROWS + 7])
@pytest.mark.parametrize("batch", [1, 50, 10_000])
def test_moments_are_mean_and_covariance_however_far_from_zero(n, batch):
    samples = features(n, 20, 1).double() + 1e6
    seen = moments(samples, batch).gaussian()
    assert seen.n == n
    centred = samples - 1e6  # exact, and what the sums of squares of 1e12 would lose is in it
    torch.testing.assert_close(seen.mean - 1e6, centred.mean(0), rtol=0, atol=1e-9)
    torch.testing.assert_close(seen.covariance, torch.cov(centred.T), rtol=0, atol=1e-9)


def test_moments_go_on_after_they_were_asked():
    samples = features(300, 8, 2)
    seen = moments(samples[:150], 40)
    seen.gaussian()
    seen.state()
    seen.update(samples[150:])
    same(seen.gaussian(), moments(samples).gaussian())


def test_panels_of_columns_cover_every_pair():
    samples = features(50, 600, 3).double()
    covariance = moments(samples).gaussian().covariance
    torch.testing.assert_close(covariance, torch.cov(samples.T))
    assert torch.equal(covariance, covariance.T)


@pytest.mark.parametrize("shares", [(1500, 1500), (2990, 10), (0, 3000), (1, 0, 2999)])
def test_P4_ranks_that_merge_are_one_pass(shares):
    samples = features(3000, 30, 4, offset=5.0)
    merged = Moments(30)
    for part in samples.split(list(shares)):
        rank = moments(part) if len(part) else Moments(30)
        merged.merge(Moments.from_state(rank.state()))
    same(merged.gaussian(), moments(samples).gaussian())


def test_a_merge_leaves_the_other_as_it_is():
    one, other = moments(features(120, 5, 5)), moments(features(70, 5, 6))
    before = other.state().clone()
    one.merge(other)
    assert torch.equal(other.state(), before)
    assert one.n == 190


def test_moments_made_in_inference_mode_can_go_on_outside():
    samples = features(200, 6, 7)
    with torch.inference_mode():
        seen = moments(samples[:100])
    seen.update(samples[100:])
    seen.merge(Moments.from_state(seen.state()))
    assert seen.gaussian().n == 400


def test_no_rows_change_nothing():
    seen = moments(features(10, 4, 8))
    before = seen.state().clone()
    seen.update(torch.zeros(0, 4))
    assert torch.equal(seen.state(), before)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_N10_rows_that_are_not_finite_are_counted_and_not_taken_in(bad):
    samples = features(20, 4, 9)
    samples[[2, 5, 11], [0, 3, 1]] = bad
    seen = Moments(4)
    with pytest.raises(ValueError, match=r"^3 of 20 rows of features are not finite"):
        seen.update(samples)
    assert seen.n == 0


def test_N10_large_features_are_finite():
    seen = Moments(4)
    seen.update(torch.full((3, 4), 3e38))  # their float32 sum is not
    assert seen.n == 3


def test_N10_one_sample_has_no_covariance():
    with pytest.raises(ValueError, match="at least 2 samples"):
        moments(features(1, 4, 10)).gaussian()


def test_N10_a_gaussian_must_be_finite():
    covariance = torch.eye(3, dtype=torch.float64)
    covariance[1, 1] = math.nan
    with pytest.raises(ValueError, match="1 of 3 rows of the covariance"):
        Gaussian(10, torch.zeros(3, dtype=torch.float64), covariance)


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="size 5: expected 4"):
        Moments(4).update(torch.zeros(2, 5))
    with pytest.raises(ValueError, match="size 5 cannot join moments of size 4"):
        Moments(4).merge(Moments(5))
    gaussians = [moments(features(10, size, 11)).gaussian() for size in (4, 5)]
    with pytest.raises(ValueError, match="real features of size 4, fake ones of size 5"):
        frechet_distance(*gaussians)


def test_distance_of_known_gaussians():
    means = torch.tensor([[0.0, 1.0, -2.0], [3.0, 1.0, 0.5]], dtype=torch.float64)
    spreads = torch.tensor([[1.0, 0.5, 2.0], [0.25, 0.5, 3.0]], dtype=torch.float64)
    expected = float((means[0] - means[1]).square().sum() + (spreads[0] - spreads[1]).square().sum())
    rotation = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    for turn in (torch.eye(3, dtype=torch.float64), rotation):  # distances do not change when both are turned
        real, fake = (
            Gaussian(1000, turn @ mean, turn @ spread.square().diag() @ turn.T)
            for mean, spread in zip(means, spreads, strict=True)
        )
        assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-12)
        assert frechet_distance(fake, real) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "size"), [(1000, 16), (20, 64)])
def test_distance_to_itself_is_zero_and_never_negative(n, size):
    gaussian = moments(features(n, size, 12)).gaussian()
    distance = frechet_distance(gaussian, gaussian)
    assert 0 <= distance < 1e-10 * float(gaussian.covariance.trace())


def test_root_times_its_transpose_is_the_covariance():
    for n in (500, 30):
        gaussian = moments(features(n, 48, 13)).gaussian()
        assert gaussian.root.shape == (48, min(48, n - 1))
        torch.testing.assert_close(gaussian.root @ gaussian.root.T, gaussian.covariance, rtol=0, atol=1e-12)
        assert gaussian.root is gaussian.root


@pytest.mark.parametrize(("n", "m", "size"), [(40, 40, 64), (300, 40, 64), (40, 300, 64), (7, 2, 64)])
def test_N10_few_samples_give_the_exact_distance_of_their_gaussians(n, m, size):
    """tr (S₁ S₂)^½ is the nuclear norm of the n × m product of the centred samples."""
    real, fake = features(n, size, 14).double(), features(m, size, 15, scale=1.2).double()
    centred = [(samples - samples.mean(0)) / (len(samples) - 1) ** 0.5 for samples in (real, fake)]
    overlap = torch.linalg.svdvals(centred[0] @ centred[1].T).sum()
    spreads = sum(samples.square().sum() for samples in centred)
    expected = float((real.mean(0) - fake.mean(0)).square().sum() + spreads - 2 * overlap)
    distance = frechet_distance(moments(real).gaussian(), moments(fake).gaussian())
    assert distance == pytest.approx(expected, rel=1e-12)


SHAPES = [(500, 400, 64), (1500, 1200, 256), (900, 700, 512), (40, 40, 64), (300, 40, 64), (40, 300, 64)]


@pytest.mark.parametrize(("n", "m", "size"), SHAPES)
def test_distance_is_that_of_torch_fidelity(n, m, size):
    real, fake = features(n, size, 16).double(), features(m, size, 17, scale=1.1, offset=0.1).double()
    distance = frechet_distance(moments(real).gaussian(), moments(fake).gaussian())
    assert distance == pytest.approx(torch_fidelity(real, fake), rel=1e-5)


def test_distance_is_that_of_torch_fidelity_with_its_float32_means():
    real, fake = features(1000, 64, 18), features(800, 64, 19, scale=1.1, offset=0.1)
    distance = frechet_distance(moments(real).gaussian(), moments(fake).gaussian())
    assert distance == pytest.approx(torch_fidelity(real, fake), rel=1e-5)


@pytest.mark.parametrize(("n", "m", "size"), SHAPES)
def test_distance_is_that_of_torchmetrics(n, m, size):
    real, fake = features(n, size, 20), features(m, size, 21, scale=1.1, offset=0.1)
    reference = FrechetInceptionDistance(feature=Given(size))
    for part in real.split(100):
        reference.update(part, real=True)
    for part in fake.split(100):
        reference.update(part, real=False)
    distance = frechet_distance(moments(real).gaussian(), moments(fake).gaussian())
    assert distance == pytest.approx(float(reference.compute()), rel=1e-5)
