"""Projected GAN's networks: what is fixed, what is mixed with what, and whose gradient passes."""

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.metrics.extractors import efficientnet
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.extractors.efficientnet import EfficientNetLite, built
from ganlab.networks.images.projected.discriminator import ProjectedDiscriminator
from ganlab.networks.images.projected.generator import ProjectedGenerator
from ganlab.networks.images.projected.projections import RandomProjections
from ganlab.randomness import Draws
from ganlab.storage import digest


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A file in the form of the published one, with weights of its own."""
    path = tmp_path / "lite0.pth"
    torch.save(built().state_dict(), path)
    monkeypatch.setattr(efficientnet, "SHA256", digest(path)[:8])
    return path


def number(module: nn.Module, *, trained: bool = True) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad == trained)


def test_the_paper_s_size_is_exact(weights):
    features = EfficientNetLite(weights=weights)
    network = ProjectedDiscriminator(features=features, image_size=256)
    assert [number(one) for one in network.discriminators] == [2_829_120, 2_763_392, 2_631_936, 2_106_880]
    assert (number(network), number(network, trained=False)) == (10_331_328, 376_768)
    assert number(features.network(), trained=False) == 2_958_848
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 256, 256)).shape == (1, 100)


@pytest.mark.parametrize(
    ("image_size", "sides"), [(64, (112, 112)), (224, (112, 112)), ((64, 96), (112, 168))]
)
def test_small_images_are_enlarged_for_the_network_and_grey_ones_coloured(weights, image_size, sides):
    features = EfficientNetLite(weights=weights)
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    images = torch.rand(1, 1, height, width)
    maps = features.pyramid(images)
    assert features.sides(height, width) == sides == tuple(2 * side for side in maps[0].shape[2:])
    assert [part.shape[1] for part in maps] == features.widths(1) == features.widths(3)
    for grey, coloured in zip(maps, features.pyramid(images.expand(-1, 3, -1, -1)), strict=True):
        torch.testing.assert_close(grey, coloured, rtol=0.01, atol=1e-3)  # strides differ


def test_weights_that_are_none_are_told(tmp_path, monkeypatch):
    def told(**options):
        with pytest.raises(UserError) as error:
            EfficientNetLite(**options).prepare()
        return str(error.value)

    missing = tmp_path / "nothing.pth"
    assert f"{missing} cannot be read (No such file or directory): get it (18 MB) with curl" in told(
        weights=missing
    )
    missing.write_bytes(b"nothing")
    assert f"{missing} is damaged or another file" in told(weights=missing)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert "model.discriminator.features.weights=FILE" in told()
    with pytest.raises(UserError, match=r"data.channels=4: efficientnet_lite0 sees pictures of 1 or 3"):
        EfficientNetLite().widths(4)


def test_small_maps_reach_large_ones_and_not_the_reverse():
    torch.manual_seed(0)
    mix = RandomProjections([3, 5], width=4)
    large, small = torch.randn(2, 3, 8, 8, requires_grad=True), torch.randn(2, 5, 4, 4, requires_grad=True)
    mixed = mix([large, small])
    assert [part.shape for part in mixed] == [(2, 4, 16, 16), (2, 4, 8, 8)]
    from_large, from_small = torch.autograd.grad(mixed[0].sum(), [large, small], retain_graph=True)
    assert from_large.abs().min() > 0
    assert from_small.abs().min() > 0
    assert torch.autograd.grad(mixed[1].sum(), large, allow_unused=True) == (None,)
    assert not any(p.requires_grad for p in mix.parameters())


def test_over_scales_maps_are_added_before_they_are_enlarged():
    mix = RandomProjections([1, 1], width=1)
    for conv in (*mix.channels, *mix.scales):
        nn.init.ones_(conv.weight)
        nn.init.zeros_(conv.bias)
    large, small = torch.full((1, 1, 4, 4), 3.0), torch.full((1, 1, 2, 2), 5.0)
    first, second = mix([large, small])
    torch.testing.assert_close(second, torch.full_like(second, 2 * 5))  # two channels of it, mixed into one
    torch.testing.assert_close(first, torch.full_like(first, 3 + 2 * 5))


@pytest.mark.parametrize("image_size", [16, 28, 32, (24, 40)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_and_any_colours_are_scored_and_gradients_reach_the_images(image_size, channels):
    torch.manual_seed(0)
    features = EmbeddedFeatures(data="glyphs")
    network = ProjectedDiscriminator(features=features, channels=channels, image_size=image_size, width=2)
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    images = torch.rand(2, channels, height, width, requires_grad=True)
    scores = network(images)
    assert scores.shape[0] == 2
    assert scores.shape[1] >= 3  # a place or more at each size
    (gradient,) = torch.autograd.grad(scores.sum(), images)
    assert (gradient.flatten(1).abs().sum(1) > 0).all()


def test_what_is_saved_has_the_projections_and_not_the_network_behind_them():
    first, second = (
        ProjectedDiscriminator(
            features=EmbeddedFeatures(data="glyphs"), channels=1, image_size=16, width=2
        ).eval()
        for _ in range(2)
    )
    images = torch.rand(2, 1, 16, 16)
    assert not torch.allclose(first(images), second(images))
    assert {name.partition(".")[0] for name in first.state_dict()} == {"projections", "discriminators"}
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(images), second(images))


@pytest.mark.parametrize(("noisy", "parameters"), [(True, 105_684_175), (False, 79_354_307)])
def test_the_generator_s_size_is_exact(noisy, parameters):
    with torch.device("meta"):
        network = ProjectedGenerator(latent_size=256, image_size=256, width=128, widest=2048, noisy=noisy)
    assert number(network) == parameters


def test_the_generator_takes_the_direction_of_z_and_noise_by_the_sample():
    torch.manual_seed(0)
    network = ProjectedGenerator(width=2, widest=4).eval()
    z = torch.randn(2, 64)
    assert torch.allclose(network(z), network(3 * z), atol=1e-5)
    for up in network.up:
        for noise in up.noises:
            nn.init.ones_(noise.strength)
    assert torch.equal(network(z), network(z))
    assert not torch.allclose(network(z, Draws(0)), network(z, Draws(1)), atol=1e-3)
