"""The z-score of copying, against scipy's Mann-Whitney statistic and on data whose answer is known."""

import math

import pytest
import torch
from scipy.stats import mannwhitneyu, norm

from ganlab.metrics.distances.copying import data_copying


def draws(n, seed, low=0.0):
    return low + torch.rand(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("rounding", [None, 1])
def test_it_is_the_standardised_mann_whitney_statistic(rounding):
    fake, held_out = draws(40, 1), draws(60, 2, low=0.2)
    if rounding:
        fake, held_out = fake.mul(10).round(), held_out.mul(10).round()  # with ties
    p = mannwhitneyu(fake, held_out, use_continuity=False, method="asymptotic", alternative="less").pvalue
    assert data_copying(fake, held_out) == pytest.approx(norm.ppf(p), abs=1e-9)


def test_copies_lie_at_nothing_and_are_found_out():
    held_out = draws(100, 3)
    assert data_copying(torch.zeros(100, dtype=torch.float64), held_out) < -10
    assert data_copying(draws(100, 4, low=1.0), held_out) > 10
    assert abs(data_copying(draws(1000, 5), draws(1000, 6))) < 3
    assert data_copying(torch.ones(5), torch.ones(7)) == 0


def test_too_few_or_broken_distances_are_refused():
    with pytest.raises(ValueError, match="1 distances of generated images: expected at least 2"):
        data_copying(torch.ones(1), torch.ones(5))
    with pytest.raises(ValueError, match="held-out images are not finite"):
        data_copying(torch.ones(3), torch.tensor([1.0, math.nan]))
