"""Realism, authenticity and two-sample accuracy of points whose neighbours are plain to see."""

import pytest
import torch

from ganlab.metrics.distances.neighbours import authentic, nearest_distances, realism, two_sample_accuracy
from tests.support.references import features

LINE = torch.tensor([[0.0], [1.0], [2.0], [10.0]])


def test_the_nearest_of_a_line():
    assert nearest_distances(torch.tensor([[0.25], [7.0]]), LINE).tolist() == pytest.approx([0.25, 3])


def test_realism_is_radius_over_distance_of_the_dense_half():
    # radii to the nearest other: 1, 1, 1, 8; the median is 1, so that the last is left out
    found = realism(LINE, torch.tensor([[0.25], [4.0], [10.0], [1.0]]), neighbours=1)
    assert found.tolist() == pytest.approx([4, 0.5, 0.125, torch.inf])


def test_a_fake_nearer_than_any_other_training_image_is_no_copy_of_its_own():
    # nearest 0, whose neighbour lies 1 away; nearest 2, 1.5 away; a copy
    assert authentic(LINE, torch.tensor([[-0.5], [3.5], [10.0]])).tolist() == [False, True, False]


def test_two_sets_that_lie_apart_are_told_apart_and_copies_are_not():
    real = features(60, 8, 1)
    assert two_sample_accuracy(real, real + 100) == (1, 1)
    assert two_sample_accuracy(real, real.clone()) == (0, 0)


def test_two_draws_of_one_distribution_cannot_be_told_apart():
    one, other = torch.randn(2, 2000, 4, generator=torch.Generator().manual_seed(0))
    assert sum(two_sample_accuracy(one, other)) / 2 == pytest.approx(0.5, abs=0.03)


def test_as_many_of_either_are_compared():
    real = features(60, 8, 1)
    assert two_sample_accuracy(real, torch.cat([real + 100, real])) == (1, 1)


def test_a_realism_without_neighbours_is_refused():
    with pytest.raises(ValueError, match="2 rows of real features: expected at least 4"):
        realism(LINE[:2], LINE)
