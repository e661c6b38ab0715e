"""StyleGAN2's networks, by what is known of them in closed form."""

import math

import pytest
import torch

from ganlab.errors import UserError
from ganlab.layers.equalized import EqualizedLinear
from ganlab.networks.images.style.discriminator import (
    ConditionalStyleGAN2Discriminator,
    StyleGAN2Discriminator,
    plain_down,
)
from ganlab.networks.images.style.generator import ConditionalStyleGAN2Generator, StyleGAN2Generator
from ganlab.randomness import Draws

SMALL = {"channels": 1, "image_size": 16, "width": 8, "narrows_after": 16}


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return StyleGAN2Generator(latent_size=4, style_size=6, mapping_layers=2, **SMALL)


def loud(generator):
    """Noise that is seen."""
    for part in generator.modules():
        if hasattr(part, "strength"):
            torch.nn.init.constant_(part.strength, 0.5)
    return generator


def test_noise_without_strength_changes_nothing_and_with_it_follows_the_sample(generator):
    styles = generator.styles(torch.randn(4, 4))
    assert torch.equal(generator.synthesis(styles, Draws(0)), generator.synthesis(styles, Draws(1)))
    loud(generator)
    whole = generator.synthesis(styles, Draws(0))
    assert not torch.equal(whole, generator.synthesis(styles, Draws(1)))
    halves = [
        generator.synthesis(half, Draws(0, rank=rank, world=2)) for rank, half in enumerate(styles.split(2))
    ]
    assert torch.allclose(torch.cat(halves), whole, atol=1e-5)  # two processes draw what one draws
    fixed = generator.synthesis(styles)
    assert torch.allclose(generator.synthesis(styles[2:3]), fixed[2:3], atol=1e-5)  # at any batch size


def test_truncation_of_1_is_the_identity_and_of_0_one_image(generator):
    z = torch.randn(3, 4)
    generator.w_mean.normal_()
    loud(generator)
    assert torch.equal(generator(z, truncation=1.0), generator(z))
    same = generator(z, truncation=0.0)
    of_mean = generator.synthesis(generator.w_mean.expand(1, generator.layers, -1))
    assert torch.allclose(same, of_mean.expand(3, -1, -1, -1), atol=1e-5)
    w, w_mean = generator.mapping(z), generator.w_mean
    assert torch.allclose(generator.styles(z, truncation=0.3)[:, 2], w_mean + 0.3 * (w - w_mean), atol=1e-6)


def test_layers_draw_by_their_own_styles(generator):
    """14 styles at 256 pixels, 2 log2(r) - 2; a size's image shares the style of the next size's first layer."""
    assert generator.layers == 2 * math.log2(16) - 2
    styles = torch.randn(1, 6, 6)
    image = generator.synthesis(styles)
    for layer in range(6):
        changed = styles.clone()
        changed[:, layer] += 1
        assert not torch.equal(generator.synthesis(changed), image)
    last = styles.clone()
    last[:, 5] += 1  # the last image's: a 1 x 1 convolution of the same maps
    assert torch.equal(generator.synthesis(last) - image == 0, torch.zeros_like(image, dtype=torch.bool))


def test_the_mean_square_of_w_is_near_1():
    torch.manual_seed(0)
    mapping = StyleGAN2Generator(latent_size=512, style_size=512, mapping_layers=2, **SMALL).mapping
    z = torch.randn(1000, 512)
    assert float(mapping(z).detach().square().mean()) == pytest.approx(1.085, abs=0.05)
    assert torch.allclose(mapping(3 * z), mapping(z), atol=1e-5)  # z counts by its direction alone


def test_a_slow_layer_starts_as_another_and_learns_a_hundredth():
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        layer = EqualizedLinear(16, 64, gain=1.0, rate=rate, initial_bias=1.0)
        x = torch.randn(500, 16)
        before = layer(x).detach()
        assert float(before.mean()) == pytest.approx(1, abs=0.1)
        assert float(before.var()) == pytest.approx(1, abs=0.2)
        optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, betas=(0.0, 0.99))
        weight = layer.weight.detach() * layer.scale
        layer(x).sum().backward()
        optimizer.step()
        step = (layer.weight.detach() * layer.scale - weight).abs().max()
        assert float(step) == pytest.approx(0.1 * rate / 4, rel=1e-3)  # lr * rate / sqrt(fan in)


def test_scores_with_labels_differ_by_their_projections():
    torch.manual_seed(0)
    discriminator = ConditionalStyleGAN2Discriminator(classes=3, group=2, **SMALL)
    images = torch.randn(2, 1, 16, 16)
    label, other = torch.tensor([0, 1]), torch.tensor([2, 1])
    features = discriminator.head(discriminator.trunk(images))
    difference = (features * (discriminator.label(label) - discriminator.label(other))).sum(1) / math.sqrt(8)
    assert torch.allclose(discriminator(images, label) - discriminator(images, other), difference, atol=1e-5)


def test_a_mixture_of_labels_is_read_between_them():
    torch.manual_seed(0)
    generator = ConditionalStyleGAN2Generator(
        latent_size=4, style_size=6, classes=3, mapping_layers=1, **SMALL
    )
    z, one_hot = torch.randn(1, 4), torch.eye(3)
    assert torch.equal(generator(z, torch.tensor([1])), generator(z, one_hot[1:2]))
    assert generator(z, (one_hot[:1] + one_hot[1:2]) / 2).isfinite().all()


def test_blocks_without_shortcuts_halve_as_well_and_a_size_without_channels_is_refused():
    plain = StyleGAN2Discriminator(block=plain_down, group=2, **SMALL)
    assert plain(torch.randn(2, 1, 16, 16)).shape == (2,)
    with pytest.raises(UserError, match="narrows_after=2 or more"):
        StyleGAN2Discriminator(image_size=16, width=8, narrows_after=1)
