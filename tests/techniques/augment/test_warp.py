"""Warps against flips, rotations and shifts whose result is known."""

import math

import pytest
import torch
import torch.nn.functional as F

from ganlab.techniques.augment.bgc import rotation, scaling, shift
from ganlab.techniques.augment.warp import CENTRE, SYM6, _doubled, _spread, blit, warp


def one(*values: float) -> list[torch.Tensor]:
    return [torch.tensor([value]) for value in values]


@pytest.fixture
def noise() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(1, 3, 16, 16) * 2 - 1


@pytest.fixture
def smooth() -> torch.Tensor:
    """A hill away from the centre, with nothing near the border: (1, 1, 24, 24)."""
    y, x = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
    return (-((x - 14).square() + (y - 9).square()) / 10).exp()[None, None]


def test_the_filter_is_orthonormal_with_its_shifts_and_flat_to_the_sixth_order():
    columns = _spread(20, torch.device("cpu"), torch.float64)
    torch.testing.assert_close(columns.T @ columns, torch.eye(20, dtype=torch.float64), atol=1e-11, rtol=0)
    taps, signs = (torch.tensor(row, dtype=torch.float64) for row in (SYM6, [1, -1] * 6))
    places = (torch.arange(12).double() - CENTRE) / 7
    for order in range(6):
        assert (signs * taps * places**order).sum().item() == pytest.approx(0, abs=1e-9)


def test_blits_copy_pixels_exactly(noise):
    assert torch.equal(blit(noise, scaling(*one(-1, 1))), noise.flip(3))
    turned = blit(noise, rotation(*one(math.pi / 2)))
    assert torch.equal(turned, noise.rot90(1, (2, 3))) or torch.equal(turned, noise.rot90(-1, (2, 3)))
    assert torch.equal(blit(noise, rotation(*one(math.pi))), noise.flip(2, 3))
    moved = blit(noise, shift(*one(2, -1)))  # taken from two to the right, one up
    assert torch.equal(moved[..., 1:, :-2], noise[..., :-1, 2:])
    assert torch.equal(moved[..., 0, :-2], noise[..., 0, 2:])  # above the image is its reflection
    assert torch.equal(moved[..., 1:, -2:], noise[..., :-1, -2:].flip(3))


def test_the_identity_is_exact(noise):
    assert torch.equal(blit(noise, torch.eye(3)[None]), noise)
    assert torch.equal(warp(noise, torch.eye(3)[None]), noise)


def test_doubling_and_halving_lose_nothing(noise):
    """Next to the identity, so that the filters do run."""
    almost = warp(noise, shift(*one(1e-6, 0)))
    torch.testing.assert_close(almost[..., 3:-3, 3:-3], noise[..., 3:-3, 3:-3], atol=1e-5, rtol=0)
    assert not torch.equal(almost, noise)
    assert _doubled(noise).shape == (1, 3, 34, 34)


@pytest.mark.parametrize(
    "matrix", [scaling(*one(1.3, 0.8)), rotation(*one(0.4)), shift(*one(2.3, -4.1)), scaling(*one(3, 3))]
)
def test_a_constant_image_stays_constant(matrix):
    flat = torch.full((1, 1, 16, 20), 0.7)
    torch.testing.assert_close(warp(flat, matrix), flat)


def test_a_half_turn_of_a_smooth_image_is_two_flips(smooth):
    torch.testing.assert_close(warp(smooth, rotation(*one(math.pi))), smooth.flip(2, 3), atol=0.02, rtol=0)
    quarter = warp(smooth, rotation(*one(math.pi / 2)))
    torch.testing.assert_close(quarter, blit(smooth, rotation(*one(math.pi / 2))), atol=0.02, rtol=0)


def test_whole_shifts_and_zoom_about_the_centre(smooth):
    moved = warp(smooth, shift(*one(3, 1)))
    torch.testing.assert_close(moved[..., :-2, :-4], smooth[..., 1:-1, 3:-1], atol=1e-4, rtol=0)
    assert (smooth[0, 0] == 1).nonzero().tolist() == [[9, 14]]  # 2.5 left and down of the centre at 11.5
    peak = warp(smooth, scaling(*one(0.5, 0.5)))[0, 0]
    y, x = divmod(peak.argmax().item(), 24)
    assert (abs(y - (11.5 - 5)), abs(x - (11.5 + 5))) == (0.5, 0.5)


def test_half_a_pixel_keeps_the_detail_that_plain_interpolation_loses(noise):
    """Noise moved by half a pixel: bilinear halves its power along that axis."""
    inner = (..., slice(3, -3), slice(3, -3))
    power = noise[inner].square().mean()
    kept = warp(noise, shift(*one(0.5, 0)))[inner].square().mean() / power
    grid = F.affine_grid(torch.tensor([[[1.0, 0, 1 / 16], [0, 1, 0]]]), [1, 3, 16, 16], align_corners=False)
    plain = F.grid_sample(noise, grid, align_corners=False)[inner].square().mean() / power
    assert plain < 0.6
    assert kept > 0.75


@pytest.mark.parametrize("move", [blit, warp])
def test_the_gradient_flows_and_twice(move):
    """R1 is taken with respect to the image before its augmentation."""
    images = torch.rand(1, 1, 5, 6, dtype=torch.float64, requires_grad=True)
    matrix = rotation(*one(0.3)) @ shift(*one(1.2, 0))

    def once(given):
        return move(given, matrix)

    assert torch.autograd.gradcheck(once, images)
    assert torch.autograd.gradgradcheck(once, images)


def test_each_sample_has_its_own_matrix(noise):
    both = torch.cat([noise, noise])
    matrices = torch.cat([torch.eye(3)[None], rotation(*one(0.5))])
    out = warp(both, matrices)
    assert torch.equal(out[0], noise[0])
    torch.testing.assert_close(out[1], warp(noise, matrices[1:])[0])
