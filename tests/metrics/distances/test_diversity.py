"""The mean distance between samples, relative to real ones."""

import pytest
import torch

from ganlab.metrics.distances import diversity
from ganlab.metrics.distances.diversity import diversity_ratio, diversity_within, mean_distance
from tests.support.references import features


def test_mean_distance_is_over_all_pairs():
    assert mean_distance(torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])) == pytest.approx(
        (5 + 5 + 10) / 3
    )
    samples = features(300, 16, 1).double()
    assert mean_distance(samples) == pytest.approx(
        float(torch.nn.functional.pdist(samples).mean()), rel=1e-12
    )


def test_blocks_change_nothing(monkeypatch):
    samples = features(100, 8, 2)
    whole = mean_distance(samples)
    monkeypatch.setattr(diversity, "blocks", lambda samples, width: iter(samples.split(7)))
    assert mean_distance(samples) == pytest.approx(whole, rel=1e-12)


def test_a_set_is_as_diverse_as_itself():
    real = features(100, 8, 3)
    assert diversity_ratio(real.clone(), real) == 1
    assert diversity_ratio(real / 4, real) == pytest.approx(0.25, rel=1e-6)
    assert diversity_ratio(features(150, 8, 4), real) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_a_collapse_has_no_diversity(far):
    real = features(100, 64, 5) + far
    assert diversity_ratio(real[:1].repeat(80, 1), real) == 0


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="1 rows of features: expected at least 2"):
        diversity_ratio(features(1, 4, 6), features(5, 4, 6))
    with pytest.raises(ValueError, match="all 5 real samples are the same"):
        diversity_ratio(features(5, 4, 6), torch.ones(5, 4))
    with pytest.raises(ValueError, match="real features of size 5, fake ones of size 4"):
        diversity_ratio(features(5, 4, 6), features(5, 5, 6))


def test_N10_rows_that_are_not_finite_are_counted():
    fake = features(10, 4, 7)
    fake[7:, 0] = torch.nan
    with pytest.raises(ValueError, match="3 of 10 rows of features are not finite"):
        diversity_ratio(fake, features(10, 4, 8))


def test_within_classes_noise_counts_and_the_class_does_not():
    kinds = torch.arange(4).repeat_interleave(25)
    real = features(100, 8, 6) + 100 * kinds[:, None]
    assert diversity_within(real.clone(), real, kinds, kinds) == pytest.approx(1)
    centres = torch.stack([real[kinds == kind].mean(0) for kind in range(4)])
    ignored = centres[kinds] + (real - centres[kinds]) / 10
    assert diversity_ratio(ignored, real) == pytest.approx(1, abs=0.05), "which the whole does not show"
    assert diversity_within(ignored, real, kinds, kinds) == pytest.approx(0.1, rel=1e-4)
    assert diversity_within(real[:50], real, kinds[:50], kinds) == pytest.approx(0.5, abs=0.1), (
        "two classes are gone"
    )
    with pytest.raises(ValueError, match="no two of a class differ"):
        diversity_within(real, centres, kinds, torch.arange(4))
