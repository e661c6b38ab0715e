"""StyleGAN3's generator: what it draws moves with its input, if its filters are right."""

import math

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.filtered import downsampled, low_pass, upsampled
from ganlab.networks.images.alias_free.alias_free import StyleGAN3Generator
from ganlab.networks.images.alias_free.bands import bands


def settled(seed: int = 0, **options) -> StyleGAN3Generator:
    """Untrained, at 32 pixels and a margin of 10, with magnitudes as they are."""
    torch.manual_seed(seed)
    generator = StyleGAN3Generator(channels=1, image_size=32, layers=8, margin=10, width=16, **options)
    with generator.synthesis.measured(0.0, lambda value: value):
        draw(generator)
    return generator


@torch.no_grad()
def draw(generator, right: int = 0, down: int = 0):
    """(4, 1, 32, 32), the picture moved by so many pixels."""
    z = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    generator.synthesis.input.transform[:2, 2] = -torch.tensor([right, down]) / 32
    return generator(z)


def equivariance(generator) -> float:
    """EQ-T in decibels: of pictures whose input was moved against pictures that were moved themselves."""
    still, errors = draw(generator), []
    for right, down in ((3, 0), (0, 2), (-2, 3)):
        moved, expected = draw(generator, right, down), still.roll((down, right), dims=(2, 3))
        inside = [slice(max(0, n), 32 + min(0, n)) for n in (down, right)]
        errors.append((moved - expected)[:, :, *inside].square().mean())
    return 10 * math.log10(4 / torch.stack(errors).mean().item())


def test_an_untrained_network_is_equivariant_and_a_broken_one_is_not():
    generator = settled()
    assert 0.05 < draw(generator).std() < 1
    assert equivariance(generator) > 70
    for layer in generator.synthesis.body:
        taps = layer.activation.down_taps
        taps.zero_()[len(taps) // 2] = 1.0  # each second sample, without a filter before
    assert equivariance(generator) < 60


def test_a_turned_input_and_one_that_is_not_moved():
    generator = settled(kernel=1, radial=True)
    still = draw(generator)
    assert torch.equal(draw(generator), still)
    assert equivariance(generator) > 60
    quarter = torch.tensor([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    generator.synthesis.input.transform.copy_(quarter)
    with torch.no_grad():
        turned = generator(torch.randn(4, 64, generator=torch.Generator().manual_seed(1)))
    errors = [(turned - still.rot90(k, (2, 3))).square().mean().item() for k in range(4)]
    assert min(errors[1], errors[3]) < 1e-4 < min(errors[0], errors[2])


def test_filters_sum_to_one_are_symmetric_and_do_not_move_a_wave():
    taps = low_pass(12, cutoff=2.0, width=12.0, rate=32.0)
    radial = low_pass(12, cutoff=2.0, width=12.0, rate=32.0, radial=True)
    for filter_ in (taps, radial):
        assert filter_.sum() == pytest.approx(1, abs=1e-5)
        assert torch.allclose(filter_, filter_.flip(0), atol=1e-6)
    assert torch.allclose(radial, radial.t(), atol=1e-6)
    place = (torch.arange(64) + 0.5) / 16  # 16 samples per unit
    for waves, share in ((1, 0.878), (2, 0.590)):
        wave = (2 * math.pi * waves * place).sin().expand(1, 1, 64, 64)
        up = upsampled(wave, taps, 2, 11, 10)
        back = downsampled(up, taps, 2)
        big = wave[0, 0, 30, 20:44].abs() > 0.3
        found = (back / wave)[0, 0, 20:44, 20:44][:, big]  # far from the border
        assert found.mean().item() == pytest.approx(share, abs=0.01)
        assert found.std() < 0.02


def test_bands_are_those_of_the_paper_at_1024_pixels():
    found = bands(1024, 14, 2, 10)
    assert [band.size for band in found] == [
        36,
        36,
        52,
        52,
        84,
        148,
        148,
        276,
        276,
        532,
        1044,
        1044,
        1044,
        1024,
        1024,
    ]
    cutoffs = [2, 3.17, 5.04, 8, 12.7, 20.2, 32, 50.8, 80.6, 128, 203, 322.5, 512, 512, 512]
    assert [band.cutoff for band in found] == pytest.approx(cutoffs, rel=5e-3)
    with pytest.raises(UserError, match=r"image_size=30: .*try data\.image_size=32"):
        bands(30, 6, 2, 6)
    with pytest.raises(UserError, match="layers=2: more are needed"):
        bands(32, 2, 2, 6)


def test_waves_fade_out_of_the_band_and_begin_unmoved():
    generator = settled()
    waves = generator.synthesis.input
    w = torch.randn(3, 64)
    first = waves(w)
    assert torch.allclose(first[0], first[2], atol=1e-5)  # no style moves them yet
    nn.init.normal_(waves.motion.weight)
    assert not torch.allclose(waves(w)[0], waves(w)[2], atol=1e-2)
    assert waves.frequencies.norm(dim=1).max() <= 2
