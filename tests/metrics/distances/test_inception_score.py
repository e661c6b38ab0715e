"""The Inception score: its bounds, and the numbers of the two libraries."""

import pytest
import torch
from torch_fidelity.metric_isc import isc_features_to_metric
from torchmetrics.image.inception import InceptionScore

from ganlab.metrics.distances.inception_score import inception_score
from tests.support.references import Given


def logits(n: int, classes: int, scale: float = 3.0) -> torch.Tensor:
    return scale * torch.randn(n, classes, generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize(("n", "classes"), [(1000, 10), (503, 1008), (10, 3)])
@pytest.mark.parametrize("splits", [1, 10])
def test_score_is_that_of_torch_fidelity(n, classes, splits):
    given = logits(n, classes)
    reference = isc_features_to_metric(given, splits=splits)
    expected = reference["inception_score_mean"], reference["inception_score_std"]
    assert inception_score(given, splits=splits) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.filterwarnings("ignore:Metric", "ignore:std")
def test_score_is_that_of_torchmetrics_where_nothing_is_random():
    given = logits(400, 10)
    reference = InceptionScore(feature=Given(10), splits=1)
    reference.update(given)
    assert inception_score(given, splits=1)[0] == pytest.approx(float(reference.compute()[0]), rel=1e-5)


@pytest.mark.parametrize("certainty", [50.0, 1e4])  # at 1e4 every other probability is exactly zero
def test_certain_and_even_is_the_number_of_classes(certainty):
    mean, spread = inception_score(certainty * torch.eye(7).repeat(300, 1), splits=1)
    assert mean == pytest.approx(7, rel=1e-9)
    assert spread == 0


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_all_alike_is_one(scale):
    mean, spread = inception_score(scale * torch.randn(7).repeat(100, 1))
    assert mean == pytest.approx(1, rel=1e-9)
    assert spread == pytest.approx(0, abs=1e-9)


def test_fewer_images_than_splits_is_an_error():
    with pytest.raises(ValueError, match="9 rows of logits: expected at least 10"):
        inception_score(logits(9, 10))
    with pytest.raises(ValueError, match="splits=0"):
        inception_score(logits(9, 10), splits=0)


def test_N10_rows_that_are_not_finite_are_counted():
    given = logits(20, 5)
    given[4, 1] = torch.inf
    with pytest.raises(ValueError, match="1 of 20 rows of logits are not finite"):
        inception_score(given)
