"""FastGAN's networks: gates, two towers, and what is rebuilt."""

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.excitation import SkipLayerExcitation
from ganlab.models.images.fastgan import soft_hinge
from ganlab.networks.images.fast.discriminator import FastGANDiscriminator, quarter_of
from ganlab.networks.images.fast.generator import FastGANGenerator
from ganlab.randomness import Draws


def test_a_gate_of_zeros_lets_half_through_and_any_gate_less_than_all():
    excitation = SkipLayerExcitation(3, 2)
    small, large = torch.randn(4, 3, 8, 8), torch.rand(4, 2, 16, 16) + 0.1
    share = excitation(small, large) / large
    assert 0 < share.min() <= share.max() < 1
    torch.testing.assert_close(share, share[:, :, :1, :1].expand_as(share))  # the same in all places
    nn.init.zeros_(excitation.gate[3].weight)
    torch.testing.assert_close(excitation(small, large), large / 2)


def test_the_hinge_of_scores_without_opinion_is_the_mean_margin():
    scores = torch.zeros(200, 50)
    assert soft_hinge(scores, Draws(0), 0.2).item() == pytest.approx(0.9, abs=0.005)  # 1.8 of both sides
    assert soft_hinge(scores + 0.9, Draws(0), 0.2).item() == pytest.approx(0.025, abs=0.001)
    assert soft_hinge(scores + 1, Draws(0), 0.2) == 0


def test_quarters_are_numbered_by_rows_and_what_is_rebuilt_of_one_is_that_of_the_image():
    image = torch.tensor([[0.1, 0.2], [0.3, 0.4]]).repeat_interleave(32, 0).repeat_interleave(32, 1)
    images = image.expand(2, 1, 64, 64)
    discriminator = FastGANDiscriminator(channels=1, width=4)
    for quarter, value in enumerate((0.1, 0.2, 0.3, 0.4)):
        assert (quarter_of(images, quarter) == value).all()
        scores, pairs = discriminator.rebuilt(images, quarter)
        assert (pairs["quarter"][0] - value).abs().max() < 1e-6
        assert list(pairs) == ["whole", "quarter", "small"]
        assert {part.shape for pair in pairs.values() for part in pair} == {(2, 1, 32, 32)}
    assert scores.shape == (2, 50)
    torch.testing.assert_close(pairs["whole"][0][0, 0, :16, :16], torch.full((16, 16), 0.1))


def test_both_images_are_drawn_of_one_z_and_heads_are_their_own():
    torch.manual_seed(0)
    generator = FastGANGenerator(width=4, widest=8).eval()
    z = torch.randn(2, 64)
    image, small = generator.both(z)
    assert (image.shape, small.shape) == ((2, 3, 64, 64), (2, 3, 32, 32))
    assert torch.equal(generator(z), image)
    nn.init.normal_(generator.to_image.parametrizations.weight.original)
    assert not torch.allclose(generator(z), image, atol=1e-3)
    assert torch.equal(generator.both(z)[1], small)


def test_noise_within_is_by_the_sample_or_always_the_same():
    generator = FastGANGenerator(width=4, widest=8).eval()
    for up in generator.up:
        for noise in up.noises:
            nn.init.ones_(noise.strength)
    z = torch.randn(1, 64).expand(2, 64)
    still, drawn = generator(z), generator.both(z, Draws(0))[0]
    assert torch.allclose(still[0], still[1], atol=1e-6)
    assert not torch.allclose(drawn[0], drawn[1], atol=1e-3)


@pytest.mark.parametrize("make", [FastGANGenerator, FastGANDiscriminator])
def test_sizes_without_maps_to_steer_are_refused(make):
    with pytest.raises(UserError, match=r"image_size=32: .*needs 64, 128, 256, .*try data\.image_size=64"):
        make(image_size=32)


def test_128_and_512_pixels():
    z = torch.randn(1, 8)
    for size, small_size in ((128, 64), (512, 128)):
        image, small = FastGANGenerator(latent_size=8, image_size=size, width=4, widest=8).both(
            z.expand(2, 8)
        )
        assert (image.shape[2], small.shape[2]) == (size, small_size)
        assert FastGANDiscriminator(image_size=size, width=8)(image, small).shape == (2, 50)
