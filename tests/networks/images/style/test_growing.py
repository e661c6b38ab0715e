"""The first StyleGAN's generator: its sizes, what a fade is at its ends, and what each style decides."""

import pytest
import torch
import torch.nn.functional as F

from ganlab.networks.images.style.growing import StyleGANGenerator
from ganlab.randomness import Draws

SIZES = {1024: 26_219_627, 256: 26_086_229, 128: 25_843_858, 32: 22_841_356}
TINY = {"latent_size": 5, "style_size": 6, "channels": 2, "image_size": 16, "width": 8, "narrows_after": 8}


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return StyleGANGenerator(**TINY, mapping_layers=2)


def test_parameter_counts_are_the_papers():
    with torch.device("meta"):
        wide = {"latent_size": 512, "style_size": 512, "width": 512, "narrows_after": 32}
        found = {size: StyleGANGenerator(image_size=size, **wide) for size in SIZES}
        small = StyleGANGenerator(channels=1, width=64, narrows_after=16)
    assert {size: sum(p.numel() for p in network.parameters()) for size, network in found.items()} == SIZES
    assert sum(p.numel() for p in small.parameters()) == 305_636
    assert sum(p.numel() for p in small.mapping.parameters()) == 33_280


def test_a_fade_begins_as_the_previous_level_and_ends_without_it(generator):
    z = torch.randn(3, 5)
    for level in (1, 2):
        old, new = generator(z, level - 1), generator(z, level)
        doubled = F.interpolate(old, scale_factor=2)
        assert torch.equal(generator(z, level, 0.0), doubled)
        torch.testing.assert_close(generator(z, level, 0.25), 0.75 * doubled + 0.25 * new)
    assert torch.equal(generator(z), generator(z, 2, 1.0)), "the last level unless told otherwise"


def test_a_level_is_drawn_by_two_styles_for_each_size_and_no_more(generator):
    styles = torch.randn(2, 6, 6)
    for level in range(3):
        image = generator.synthesis(styles, None, level)
        for layer in range(6):
            other = styles.clone()
            other[:, layer] += 1
            same = torch.equal(generator.synthesis(other, None, level), image)
            assert same == (layer >= 2 * level + 2)


def test_noise_says_nothing_at_first_and_is_each_sample_s_own_later(generator):
    styles = torch.randn(1, 6, 6).expand(2, -1, -1)
    one, other = (generator.synthesis(styles, Draws(seed, "noise")) for seed in (1, 2))
    assert torch.equal(one, other)
    for finish in generator.synthesis.finishes:
        torch.nn.init.ones_(finish.strength)
    one, other = (generator.synthesis(styles, Draws(seed, "noise")) for seed in (1, 2))
    assert not torch.allclose(one, other)
    assert not torch.allclose(one[0], one[1])
    kept = generator.synthesis(styles)
    assert torch.equal(kept, generator.synthesis(styles))
    torch.testing.assert_close(kept[0], kept[1])


def test_truncated_to_nothing_every_sample_is_the_mean_style_s(generator):
    generator.w_mean.normal_()
    z = torch.randn(2, 5)
    mean = generator.synthesis(generator.w_mean.expand(1, 6, -1))
    torch.testing.assert_close(generator(z, truncation=0.0), mean.expand(2, -1, -1, -1))
    assert torch.equal(generator(z, truncation=1.0), generator(z))
