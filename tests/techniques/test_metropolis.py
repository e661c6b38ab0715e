"""Metropolis-Hastings: detailed balance on a chain whose stationary distribution is known, moments of a Gaussian."""

import math

import pytest
import torch

from ganlab.randomness import Draws
from ganlab.techniques.metropolis import accepts, metropolis


def test_a_proposal_is_taken_as_often_as_it_is_likelier():
    n = 20_000
    assert accepts(torch.zeros(n), Draws(0)).all()
    assert accepts(torch.full((n,), math.inf), Draws(0)).all()
    assert not accepts(torch.full((n,), -math.inf), Draws(0)).any()
    share = accepts(torch.full((n,), math.log(0.3)), Draws(1)).double().mean()
    assert float(share) == pytest.approx(0.3, abs=3 * math.sqrt(0.21 / n))


def test_detailed_balance_on_a_ring_of_five_states():
    weights = torch.tensor([1.0, 2.0, 4.0, 2.0, 1.0])

    def step(states, draws):
        return (states + 2 * draws.integers(len(states), 2) - 1) % 5

    n, draws = 4_000, Draws(2)
    start = torch.multinomial(weights, n, replacement=True, generator=torch.Generator().manual_seed(3))
    flows, states = torch.zeros(5, 5), start
    for new, _ in metropolis(lambda s: weights[s].log(), start, step, steps=50, draws=draws):
        flows.index_put_((states, new), torch.ones(n), accumulate=True)
        states = new
    share = torch.bincount(states, minlength=5) / n
    assert torch.allclose(share, weights / weights.sum(), atol=0.03)
    assert torch.allclose(flows, flows.T, atol=5 * float(flows.max()) ** 0.5)  # as many there as back
    assert float((flows - flows.T).abs().sum() / flows.sum()) < 0.01


def test_the_moments_of_a_gaussian_are_exact_and_not_those_of_the_proposals():
    mean, deviation = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 2.0])

    def log_density(x):
        return -(((x - mean) / deviation) ** 2).sum(1) / 2

    def walk(x, draws):
        return x + draws.normal(len(x), 2)

    *_, (states, moved) = metropolis(log_density, torch.zeros(4_000, 2), walk, steps=200, draws=Draws(4))
    assert torch.allclose(states.mean(0), mean, atol=0.12)
    assert torch.allclose(states.std(0), deviation, rtol=0.06)
    assert 0.2 < float(moved.double().mean()) < 0.8


def test_where_there_is_no_density_no_chain_goes():
    def log_density(x):
        return torch.where(x[:, 0] > 0, -x[:, 0], -torch.inf)  # an exponential distribution

    def walk(x, draws):
        return x + draws.normal(len(x), 1)

    chain = metropolis(log_density, torch.ones(3_000, 1), walk, steps=150, draws=Draws(5))
    states = torch.stack([states for states, _ in chain])
    assert states.min() > 0
    assert float(states[-1].mean()) == pytest.approx(1.0, abs=0.08)
