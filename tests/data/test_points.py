"""Points of the plane: the distributions themselves, and batches that depend on (seed, step, rank) alone."""

import math

import pytest
import torch
from torch.testing import assert_close

from ganlab.data.points import Grid, Moons, Ring, Spirals
from ganlab.errors import UserError
from ganlab.randomness import Draws
from tests.support.data import attach, first

DATA = [Ring, Grid, Spirals, Moons]


def batches(data, n: int, **place) -> list[torch.Tensor]:
    return [batch["point"] for batch in first(attach(data, **place), n)]


def many(data, n: int = 40_000) -> torch.Tensor:
    return data.draw(Draws(0, "test"), n)


@pytest.mark.parametrize("make", DATA)
def test_batches_are_a_function_of_seed_step_and_rank(make):
    one, two, three = batches(make(batch_size=6, seed=1), 3)
    assert one.shape == (6, 2)
    assert one.dtype == torch.float32
    assert not torch.equal(one, two)
    (resumed,) = batches(make(batch_size=6, seed=1), 1, steps=2)
    assert torch.equal(resumed, three)
    (other,) = batches(make(batch_size=6, seed=2), 1)
    assert not torch.equal(one, other)
    halves = [batches(make(batch_size=3, seed=1), 1, rank=rank, world=2)[0] for rank in (0, 1)]
    assert torch.equal(torch.cat(halves), one), "two processes at batch 3 are one at batch 6"


@pytest.mark.parametrize("make", DATA)
def test_fixed_sets_depend_on_the_split_alone(make):
    train, test = make(seed=1).dataset("train"), make(seed=1).dataset("test")
    assert len(train) == len(test.points) == 2500
    assert train.fingerprint() != test.fingerprint()
    assert make(seed=2, batch_size=7).dataset("train").fingerprint() == train.fingerprint()
    assert make(sigma=0.5).dataset("train").fingerprint() != train.fingerprint()
    assert (make().kind, make().shape, make().classes) == ("points", (2,), ())


def test_the_ring_of_the_published_protocol():
    data = Ring()
    assert data.means.shape == (8, 2)
    assert_close(data.means.norm(dim=1), torch.ones(8))
    assert_close(data.means[1], torch.tensor([0.5, 0.5]).sqrt())
    assert_close(data.means.sum(0), torch.zeros(2), atol=1e-6, rtol=0)
    assert data.sigma == 0.01
    assert_close(Ring(modes=3, radius=2.0).means[0], torch.tensor([2.0, 0.0]))


def test_the_grid_of_the_published_protocol():
    data = Grid()
    assert sorted(map(tuple, data.means.tolist())) == [
        (x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)
    ]
    assert data.sigma == 0.05
    assert sorted(set(Grid(side=2, spacing=3.0).means.flatten().tolist())) == [-1.5, 1.5]


@pytest.mark.parametrize("data", [Ring(), Grid()])
def test_a_mixture_has_equal_shares_and_its_sigma(data):
    points = many(data)
    distance, nearest = torch.cdist(points, data.means).min(1)
    shares = nearest.bincount() / len(points)
    k = len(data.means)
    assert_close(shares, torch.full((k,), 1 / k), atol=5 * math.sqrt(1 / k / len(points)), rtol=0)
    within = (distance <= 3 * data.sigma).float().mean().item()
    assert within == pytest.approx(1 - math.exp(-4.5), abs=0.003), (
        "Rayleigh: what three sigma hold in the plane"
    )


def test_moons_are_those_of_scikit_learn_around_the_origin():
    from sklearn.datasets import make_moons

    theirs = torch.from_numpy(make_moons(4000, noise=None)[0]).float() - torch.tensor([0.5, 0.25])
    ours = many(Moons(sigma=1e-6), 4000)
    assert torch.cdist(ours, theirs).min(1).values.max() < 2e-3
    assert torch.cdist(theirs, ours).min(1).values.max() < 2e-2


def test_spirals_turn_from_the_origin_to_the_unit_circle():
    points = many(Spirals(arms=3, turns=2.0, sigma=1e-6))
    radius, angle = points.norm(dim=1), torch.atan2(points[:, 1], points[:, 0]) / (2 * math.pi)
    arm = (angle - 2 * radius) * 3  # a whole number for each of three arms, two turns long
    far = radius > 0.01
    assert (arm - arm.round())[far].abs().max() < 2e-3
    shares = torch.bincount(arm.round().long() % 3) / len(arm)
    assert_close(shares, torch.full((3,), 1 / 3), atol=0.02, rtol=0)
    assert radius.max() == pytest.approx(1, abs=1e-3)
    assert (radius < 0.5).float().mean().item() == pytest.approx(0.25, abs=0.02), "as dense along the arm"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Ring(modes=0), "data.modes=0: expected a number above 0"),
        (lambda: Ring(radius=-1.0), "data.radius=-1.0"),
        (lambda: Grid(sigma=0.0), "data.sigma=0.0"),
        (lambda: Grid(side=-2), "data.side=-2"),
        (lambda: Spirals(turns=0.0), "data.turns=0.0"),
        (lambda: Moons(batch_size=0), "data.batch_size=0"),
    ],
)
def test_values_that_make_no_distribution(make, said):
    with pytest.raises(UserError, match=said):
        make()
