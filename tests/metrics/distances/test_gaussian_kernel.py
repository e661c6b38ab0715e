"""CMMD of two points in closed form, and of many against the plain sum."""

import math

import pytest
import torch

from ganlab.metrics.distances.gaussian_kernel import cmmd
from tests.support.references import features


def test_two_points_in_closed_form():
    # both become of length 1 and lie √2 apart
    found = cmmd(torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 0.5]]))
    assert found == pytest.approx(1000 * (2 - 2 * math.exp(-2 / 200)))


def test_many_points_against_the_plain_sum():
    one, other = features(30, 12, 1), features(20, 12, 2, scale=1.3)
    unit = [torch.nn.functional.normalize(x.double()) for x in (one, other)]

    def mean(x, y):
        return torch.exp(-torch.cdist(x, y).square() / 200).mean()

    expected = mean(unit[0], unit[0]) + mean(unit[1], unit[1]) - 2 * mean(*unit)
    assert cmmd(one, other) == pytest.approx(1000 * float(expected), rel=1e-6)


def test_a_set_is_0_from_itself():
    assert cmmd(features(30, 12, 1), features(30, 12, 1)) == pytest.approx(0, abs=1e-9)
