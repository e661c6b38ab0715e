"""ADA's pipe: what each transformation does, how often, and that it does nothing at p = 0."""

import math

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.losses.penalties import zero_centred
from ganlab.randomness import Draws
from ganlab.techniques.augment.bgc import (
    BGC,
    BGCWithCutout,
    blits,
    brightness,
    colours,
    geometry,
    kept,
    recolour,
)
from tests.support.draws import Middle

ALWAYS, NEVER = torch.tensor(1.0), torch.tensor(0.0)


@pytest.fixture(params=[1, 3])
def images(request) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(6, request.param, 16, 16) * 2 - 1


def many(n: int = 4000) -> torch.Tensor:
    return torch.zeros(1, 3, 16, 32).expand(n, 3, 16, 32)


def test_p_0_is_exactly_the_identity(images):
    assert torch.equal(BGC()(images, NEVER, Draws(0)), images)


def test_p_1_changes_every_sample_differently_at_each_call(images):
    same, draws = images[:1].repeat(6, 1, 1, 1), Draws(0)
    one, two = BGC()(same, ALWAYS, draws), BGC()(same, ALWAYS, draws)
    assert one.shape == same.shape
    assert one.isfinite().all()
    for i in range(6):
        assert not torch.equal(one[i], same[i])
        assert all(not torch.equal(one[i], other) for other in (*one[:i], *two))
    assert torch.equal(BGC()(same, ALWAYS, Draws(0)), one)


def test_untouched_samples_come_back_bit_for_bit():
    images = torch.rand(400, 3, 8, 8)
    p = 0.1
    kept = (BGC()(images, torch.tensor(p), Draws(0)) == images).flatten(1).all(1)
    # a flip and a luma flip are none half of the time, a quarter turn a quarter of it, a shift of 8 pixels rounds to
    # one of -1, 0 and 1
    nothing = (1 - p / 2) ** 2 * (1 - p / 4 * 3) * (1 - p * 0.75) * (1 - p) ** 8
    assert kept.float().mean().item() == pytest.approx(nothing, abs=0.07)


def test_blits_are_flips_quarter_turns_and_whole_shifts():
    found = blits(many(), ALWAYS, Draws(0))
    turns = found[:, :2, :2].round()
    torch.testing.assert_close(turns, found[:, :2, :2], atol=1e-6, rtol=0)
    kinds = {tuple(kind.flatten().int().tolist()) for kind in turns}
    assert len(kinds) == 8  # all symmetries of the square
    back = torch.linalg.inv(found[:, :2, :2]) @ found[:, :2, 2:]  # before turn and flip
    torch.testing.assert_close(back.round(), back, atol=1e-5, rtol=0)
    assert back[:, 0].abs().max().round() == 4  # an eighth of 32
    assert back[:, 1].abs().max().round() == 2  # an eighth of 16


def test_geometry_has_the_papers_spreads():
    found = geometry(many(), ALWAYS, Draws(0))
    scale = torch.linalg.det(found[:, :2, :2]).log2() / 2
    assert scale.std().item() == pytest.approx(0.2, rel=0.05)
    assert scale.mean().item() == pytest.approx(0, abs=0.01)
    singular = torch.linalg.svdvals(found[:, :2, :2])
    stretch = (singular[:, 0] / singular[:, 1]).log2() / 2  # |N(0, 0.2^2)|
    assert stretch.square().mean().sqrt().item() == pytest.approx(0.2, rel=0.05)
    moves = torch.linalg.solve(found[:, :2, :2], found[:, :2, 2])
    assert (moves.std(0) / torch.tensor([32.0, 16.0])).tolist() == pytest.approx([0.125] * 2, rel=0.05)


def test_one_of_the_two_turns_happens_with_probability_p():
    p = torch.tensor(0.5)
    turned = geometry(many(), p, Draws(0))[:, 0, 1] != 0
    assert turned.float().mean().item() == pytest.approx(0.5, abs=0.03)


def test_colours_keep_gray_gray_and_turn_hues_around_it():
    found = colours(many(), ALWAYS, Draws(0))
    gray = found @ torch.ones(3)  # contrast and luma flip alone
    torch.testing.assert_close(gray, gray.mean(1, keepdim=True).expand(-1, 3), atol=1e-5, rtol=1e-5)
    assert (gray[:, 0] < 0).float().mean().item() == pytest.approx(0.5, abs=0.03)
    contrast = gray[:, 0].abs().log2()
    assert contrast.std().item() == pytest.approx(0.5, rel=0.05)
    # in the plane across gray: contrast x saturation times a rotation
    across = torch.tensor([1.0, -1.0, 0.0]) / math.sqrt(2)
    image = found @ across
    assert image.sum(1).abs().max() < 1e-4
    saturation = image.norm(dim=1).log2() - contrast
    assert saturation.std().item() == pytest.approx(1, rel=0.05)
    other = torch.tensor([1.0, 1.0, -2.0]) / math.sqrt(6)
    hue = torch.atan2(image @ other, image @ across)
    assert hue.abs().max() > 3
    assert hue.cos().mean().item() == pytest.approx(0, abs=0.05)


def test_colours_of_one_channel_are_those_of_three_equal_ones():
    gray, draws = torch.rand(6, 1, 8, 8), Draws(1)
    bright, matrix = brightness(gray, ALWAYS, draws), colours(gray, ALWAYS, draws)
    three = recolour(gray.expand(-1, 3, -1, -1), bright, matrix)
    torch.testing.assert_close(recolour(gray, bright, matrix), three[:, :1], atol=1e-5, rtol=1e-5)


def test_brightness_is_added_before_the_rest():
    images, bright = torch.rand(2, 3, 4, 4), torch.tensor([0.3, 0.0]).reshape(2, 1, 1, 1)
    doubled = recolour(images, bright, 2 * torch.eye(3).expand(2, 3, 3))
    torch.testing.assert_close(doubled, 2 * (images + bright))
    assert brightness(many(), ALWAYS, Draws(0)).std().item() == pytest.approx(0.2, rel=0.05)


def test_neutral_amounts_change_nothing():
    """At the middle of each range all that is left is a quarter turn twice and both flips, drawn as 1 of 0 and 1."""
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(geometry(images, ALWAYS, Middle(0)), torch.eye(3).expand(2, 3, 3))
    same = recolour(images, brightness(images, ALWAYS, Middle(0)), torch.eye(3).expand(2, 3, 3))
    assert torch.equal(same, images)


def test_a_penalty_on_the_image_before_its_augmentation_can_be_learned_from():
    images = torch.rand(4, 3, 8, 8)
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 1), nn.Flatten(0))
    zero_centred(lambda x: critic(BGC()(x, ALWAYS, Draws(0))), images).backward()
    assert critic[0].weight.grad.isfinite().all()
    assert critic[0].weight.grad.abs().sum() > 0


def test_every_pixel_of_a_fake_gets_a_gradient():
    fake = torch.rand(8, 3, 8, 8, requires_grad=True)
    BGC()(fake, torch.tensor(0.3), Draws(0)).square().sum().backward()
    assert fake.grad.isfinite().all()
    assert (fake.grad != 0).float().mean() > 0.9


def test_low_precision_images_are_computed_in_float32(images):
    with torch.autocast("cpu", torch.bfloat16):
        out = BGC()(images, ALWAYS, Draws(0))
        assert BGC()(images.bfloat16(), ALWAYS, Draws(0)).dtype == torch.float32
    assert torch.equal(out, BGC()(images, ALWAYS, Draws(0)))


def test_ranks_share_the_draws_of_the_whole_batch(images):
    p = torch.tensor(0.7)
    whole = BGC()(images, p, Draws(2))
    parts = [BGC()(part, p, Draws(2, rank=rank, world=2)) for rank, part in enumerate(images.split(3))]
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-6, rtol=0)


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(UserError, match=r"images of 2 channels: .*1, 3 or 4; try model/augment=diffaugment"):
        BGC()(torch.zeros(2, 2, 8, 8), NEVER, Draws(0))


def test_alpha_moves_with_the_colours_and_keeps_its_values():
    image = torch.rand(8, 3, 8, 12)
    with_alpha = torch.cat([image, image[:, :1]], dim=1)
    moved = BGC(colour_share=0.0)(with_alpha, ALWAYS, Draws(1))
    torch.testing.assert_close(moved[:, :1], moved[:, 3:])
    amounts = brightness(image, ALWAYS, Draws(2)), colours(image, ALWAYS, Draws(3))
    torch.testing.assert_close(
        recolour(with_alpha, *amounts), torch.cat([recolour(image, *amounts), image[:, :1]], dim=1)
    )


def test_cutout_zeroes_half_of_each_side_around_a_centre_anywhere():
    (middle,) = kept(torch.zeros(1, 3, 16, 32), 0.5, ALWAYS, Middle(0))
    assert (middle == 0).sum() == 8 * 16
    assert not middle[0, 4:12, 8:24].any()
    found = kept(many(), 0.5, ALWAYS, Draws(0))
    # of a side 1/2 is cut where the centre is 1/4 or more from the edge, 1/4 at the edge: 7/16 on average
    assert (found == 0).float().mean().item() == pytest.approx((7 / 16) ** 2, abs=0.005)
    assert (found[:, 0, 0, 0] == 0).float().mean().item() == pytest.approx((0.25 + 1 / 48) ** 2, abs=0.02)
    rows, columns = (found == 0).any(3).sum(2), (found == 0).any(2).sum(2)
    assert (rows.max(), columns.max()) == (8, 16)
    assert (rows.min(), columns.min()) == (4, 8)


def test_cutout_happens_with_probability_p():
    found = kept(many(), 0.5, torch.tensor(0.3), Draws(0))
    assert (found == 0).flatten(1).any(1).float().mean().item() == pytest.approx(0.3, abs=0.03)


def test_r3gan_s_pipe_recolours_half_as_often_and_cuts_out_last():
    colour = torch.tensor([0.6, 0.1, -0.3]).reshape(1, 3, 1, 1)
    images, p = colour.expand(4000, 3, 8, 8), 0.8
    out = BGCWithCutout()(images, torch.tensor(p), Draws(0))
    cut = (out == 0).all(1)  # exactly 0 although brightness is added: it comes after the colours
    assert cut.flatten(1).any(1).float().mean().item() == pytest.approx(p, abs=0.03)
    assert cut.float().mean().item() == pytest.approx(p * (7 / 16) ** 2, abs=0.01)
    same = ((out - colour).abs().amax(1) < 1e-4) | cut
    # a flat picture shows colours alone: brightness, contrast, hue and saturation, and a luma flip every other time
    half = p / 2
    assert same.flatten(1).all(1).float().mean().item() == pytest.approx(
        (1 - half) ** 4 * (1 - half / 2), abs=0.03
    )


def test_r3gan_s_pipe_at_p_0_is_exactly_the_identity_and_its_geometry_is_that_of_bgc(images):
    assert torch.equal(BGCWithCutout()(images, NEVER, Draws(0)), images)
    plain = BGC(colour_share=0.0)(images, ALWAYS, Draws(3))
    torch.testing.assert_close(
        BGCWithCutout(colour_share=0.0, cutout_size=0.0)(images, ALWAYS, Draws(3)), plain, atol=0, rtol=0
    )


def test_the_recipe_of_r3gan_has_its_pipe_and_ada_has_all_colours():
    from ganlab.config import compose, instantiate

    recipe = instantiate(compose(["experiment=r3gan_cifar10"]).model.augment)
    assert isinstance(recipe.pipe, BGCWithCutout)
    assert (recipe.pipe.colour_share, recipe.pipe.cutout_size) == (0.5, 0.5)
    assert [recipe.probability(images) for images in (0, 20_000_000)] == pytest.approx([0, 0.55])
    ada = instantiate(compose(["model/augment=ada"]).model.augment)
    assert (type(ada.pipe), ada.pipe.colour_share) == (BGC, 1.0)
