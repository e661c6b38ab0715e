"""DiffAugment: each operation does what the paper's code does, and the gradient flows through it."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.diffaugment import POLICIES, DiffAugment, color, cutout, translation
from tests.support.draws import Fixed, Middle


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(6, 3, 16, 24) * 2 - 1


def test_color_changes_nothing_at_neutral_draws(images):
    torch.testing.assert_close(color(images, Middle(0)), images)


def test_color_is_brightness_then_saturation_then_contrast(images):
    changed, draws = color(images, Draws(3)), Draws(3)
    for i, (b, s, c) in enumerate(zip(*(draws.uniform(6).tolist() for _ in range(3)), strict=True)):
        x = images[i] + (b - 0.5)
        x = x.mean(0) + 2 * s * (x - x.mean(0))
        x = x.mean() + (c + 0.5) * (x - x.mean())
        torch.testing.assert_close(changed[i], x)


def test_color_of_one_channel_has_no_saturation():
    gray = torch.rand(4, 1, 8, 8)
    changed = color(gray, Draws(0))
    ratio = changed.std((1, 2, 3)) / gray.std((1, 2, 3))
    assert ((ratio > 0.5) & (ratio < 1.5)).all()


def test_color_leaves_alpha_alone_and_out_of_its_means():
    image = torch.rand(4, 4, 8, 12)
    torch.testing.assert_close(color(image, Draws(0))[:, :3], color(image[:, :3], Draws(0)))
    assert torch.equal(color(image, Draws(0))[:, 3:], image[:, 3:])


def test_translation_moves_by_whole_pixels_and_fills_with_zeros(images):
    down, right = 2, -3  # of at most 2 and 3
    moved = translation(images, Fixed(down + 2, right + 3))
    assert torch.equal(moved[:, :, down:, :right], images[:, :, :-down, -right:])
    assert (moved[:, :, :down] == 0).all()
    assert (moved[:, :, :, right:] == 0).all()
    assert torch.equal(translation(images, Middle(0)), images)


def test_translation_reaches_an_eighth_of_each_side_both_ways():
    corner = torch.zeros(2000, 1, 16, 24)
    corner[:, :, 8, 12] = 1
    moved = translation(corner, Draws(0))
    assert moved.sum((1, 2, 3)).eq(1).all()
    for found, centre, maximum in ((moved.sum((1, 3)), 8, 2), (moved.sum((1, 2)), 12, 3)):
        at = found.argmax(1) - centre
        assert sorted(at.unique().tolist()) == list(range(-maximum, maximum + 1))
        shares = torch.bincount(at + maximum) / len(at)
        assert shares.tolist() == pytest.approx([1 / (2 * maximum + 1)] * (2 * maximum + 1), abs=0.04)


def test_cutout_removes_half_of_each_side_where_it_lies_inside(images):
    cut = cutout(images, Fixed(8, 12))  # at the centre
    assert torch.equal(cut == 0, torch.zeros_like(cut).bool() | _box(4, 12, 6, 18))
    assert torch.equal(cut[:, :, :4], images[:, :, :4])
    corner = cutout(images, Fixed(0, 24))
    assert torch.equal(corner == 0, torch.zeros_like(cut).bool() | _box(0, 4, 18, 24))


def _box(top: int, bottom: int, left: int, right: int) -> torch.Tensor:
    inside = torch.zeros(16, 24, dtype=torch.bool)
    inside[top:bottom, left:right] = True
    return inside


@pytest.mark.parametrize("size", [8, 9, 10, 11, 28])
def test_cutout_size_is_half_rounded_up_and_hits_every_pixel(size):
    length = int(size / 2 + 0.5)
    hidden = cutout(torch.ones(4000, 1, size, size), Draws(0)) == 0
    heights = hidden.any(3).sum(2)
    assert heights.max() == length
    for edge in (0, -1):  # its centre is inside or on the edge, at both ends alike
        assert heights[hidden.any(3)[:, 0, edge]].min() == length - length // 2
    assert hidden.any(0).all()


@pytest.mark.parametrize("name", [*POLICIES, "all"])
def test_samples_and_calls_are_independent_and_draws_repeatable(images, name):
    augment = DiffAugment() if name == "all" else DiffAugment(policy=[name])
    same = images[:1].repeat(8, 1, 1, 1)
    draws = Draws(0)
    one, two = augment(same, draws), augment(same, draws)
    assert len({tuple(image.flatten().tolist()) for image in one}) > 4
    assert not torch.equal(one, two)
    assert torch.equal(augment(same, Draws(0)), one)


@pytest.mark.parametrize("name", POLICIES)
def test_the_gradient_flows_and_twice(name):
    images = torch.rand(2, 2, 5, 6, dtype=torch.float64, requires_grad=True)

    def once(given):
        return POLICIES[name](given, Draws(1))

    assert torch.autograd.gradcheck(once, images)
    assert torch.autograd.gradgradcheck(once, images)


def test_ranks_share_the_draws_of_the_whole_batch(images):
    whole = DiffAugment()(images, Draws(2))
    parts = [DiffAugment()(part, Draws(2, rank=rank, world=2)) for rank, part in enumerate(images.split(3))]
    assert torch.equal(torch.cat(parts), whole)


def test_an_unknown_operation_is_refused():
    with pytest.raises(UserError, match=r"no 'colour'; choose from color, translation, cutout"):
        DiffAugment(policy=["translation", "colour"])
    images = torch.rand(2, 3, 8, 8)
    assert DiffAugment(policy=[])(images, Draws(0)) is images
