"""Priors draw what they say, by position in the global batch, and refuse what cannot be drawn."""

import math

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.priors import Normal, Uniform
from ganlab.types import Prior

PRIORS = [Normal(size=3), Normal(size=3, std=0.1), Uniform(size=3), Uniform(size=3, low=0.0, high=5.0)]


def test_normal_has_mean_0_and_deviation_1():
    z = Normal(size=50)(Draws(0, "z"), 2000)
    assert z.shape == (2000, 50)
    assert z.dtype == torch.float32
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.std().item() == pytest.approx(1, abs=0.01)  # not the .1 of a well-known tutorial
    assert z.abs().max() > 3


def test_normal_takes_another_deviation():
    narrow, usual = Normal(size=50, std=0.1)(Draws(0, "z"), 200), Normal(size=50)(Draws(0, "z"), 200)
    assert torch.equal(narrow, 0.1 * usual)
    for std in (0.0, -1.0):
        with pytest.raises(UserError, match=r"std="):
            Normal(std=std)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 1.0), (2.0, 5.0)])
def test_uniform_fills_its_range_and_stays_within(low, high):
    z = Uniform(size=50, low=low, high=high)(Draws(0, "z"), 2000)
    assert z.shape == (2000, 50)
    assert low <= z.min() < low + 0.01
    assert high - 0.01 < z.max() <= high
    assert z.std().item() == pytest.approx((high - low) / math.sqrt(12), rel=0.02)


@pytest.mark.parametrize("prior", PRIORS)
def test_P3_two_ranks_draw_what_one_process_draws_at_twice_the_batch(prior):
    whole = prior(Draws(7, "z"), 8)
    halves = [prior(Draws(7, "z", rank=rank, world=2), 4) for rank in (0, 1)]
    assert torch.equal(torch.cat(halves), whole)
    assert not torch.equal(*halves)


@pytest.mark.parametrize("prior", PRIORS)
def test_a_prior_knows_its_size(prior):
    fulfils: Prior = prior
    assert fulfils.size == 3


@pytest.mark.parametrize("make", [Normal, Uniform])
def test_an_empty_prior_is_refused(make):
    with pytest.raises(UserError, match=r"^size=0: .* the default is 100$"):
        make(size=0)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (1.0, -1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_an_impossible_range_is_refused(low, high):
    with pytest.raises(UserError, match=r"needs finite low < high"):
        Uniform(low=low, high=high)
