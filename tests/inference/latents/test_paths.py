"""Straight lines and great circles, against their closed forms."""

import math

import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.latents.paths import curve_of, lerp, slerp, way
from ganlab.techniques.priors import Normal, Uniform

A, B = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0])


def noise(seed, size=100):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


def test_between_two_axes_the_great_circle_is_an_arc_of_90_degrees():
    third = slerp(A, B, torch.tensor([1 / 3]))[0]
    assert torch.allclose(third, torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6), 0.0]))
    assert torch.allclose(lerp(A, B, torch.tensor([1 / 3]))[0], torch.tensor([2 / 3, 1 / 3, 0.0]))


@pytest.mark.parametrize("curve", [lerp, slerp])
def test_both_ends_are_reached_bit_for_bit(curve):
    for seed in range(50):
        one, other = noise(seed), 3 * noise(1000 + seed)
        reached = curve(one, other, torch.tensor([0.0, 1.0], dtype=torch.float64))
        assert torch.equal(reached, torch.stack([one, other]))


def test_the_great_circle_keeps_the_length_and_its_speed_and_the_line_does_not():
    one, other = noise(1), noise(2)
    other = other * one.norm() / other.norm()
    time = torch.linspace(0, 1, 9, dtype=torch.float64)
    arc = slerp(one, other, time)
    assert torch.allclose(arc.norm(dim=1), one.norm().expand(9), rtol=1e-5)
    steps = (arc[1:] - arc[:-1]).norm(dim=1)
    assert torch.allclose(steps, steps[0].expand(8), rtol=1e-4)
    assert lerp(one, other, time).norm(dim=1)[4] < 0.8 * one.norm()


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_along_one_line_there_is_no_great_circle_and_the_line_is_taken(factor):
    one = noise(3)
    time = torch.tensor([0.0, 0.25, 1.0])
    reached = slerp(one, factor * one, time)
    assert reached.isfinite().all()
    assert torch.equal(reached, lerp(one, factor * one, time))


def test_from_nothing_the_line_is_taken():
    assert torch.equal(slerp(torch.zeros(3), A, torch.tensor([0.5])), A[None] / 2)


def test_a_way_passes_every_point_once_and_a_loop_never_stands_still():
    points = torch.stack([A, B, -A])
    path = way(points, 4, lerp)
    assert path.shape == (7, 3)
    assert torch.equal(path[[0, 3, 6]], points)
    loop = way(points, 4, lerp, loop=True)
    assert loop.shape == (9, 3)
    assert torch.equal(loop[[0, 3, 6]], points)
    assert not torch.equal(loop[-1], loop[0])
    assert torch.allclose(loop[-1], torch.lerp(-A, A, 2 / 3))


def test_a_way_needs_two_ends_and_two_frames():
    with pytest.raises(UserError, match="two ends, and this is 1"):
        way(A[None], 4, lerp)
    with pytest.raises(UserError, match="frames=1"):
        way(torch.stack([A, B]), 1, lerp)


def test_the_curve_follows_the_prior():
    assert curve_of("auto", Normal(size=2)) is slerp
    assert curve_of("auto", Uniform(size=2)) is lerp
    assert curve_of("lerp", Normal(size=2)) is lerp
    with pytest.raises(UserError, match="curve=line: expected auto, lerp or slerp"):
        curve_of("line", Normal(size=2))
