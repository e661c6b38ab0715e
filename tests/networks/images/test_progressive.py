"""ProGAN's networks: their sizes, what a fade is at its ends, and what each level is made of."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F

from ganlab.errors import UserError
from ganlab.networks.images.progressive import (
    ConditionalProgressiveGenerator,
    ProgressiveClassifier,
    ProgressiveDiscriminator,
    ProgressiveGenerator,
)

SMALL = {"channels": 1, "width": 64, "narrows_after": 16}
TINY = {"channels": 2, "image_size": 16, "width": 8, "narrows_after": 8}
SIZES = {  # generator and discriminator, with all layers between images and maps
    "1024": ({"image_size": 1024}, 23_079_115, 23_087_249),
    "256": ({"image_size": 256}, 23_044_309, 23_052_353),
    "128": ({"image_size": 128}, 22_933_394, 22_941_313),
    "64": ({"image_size": 64}, 22_490_383, 22_498_049),
    "32": ({"image_size": 32}, 20_719_628, 20_726_785),
    "32 small": ({"image_size": 32, **SMALL}, 278_180, 279_073),
    "16 small": ({"image_size": 16, **SMALL}, 250_435, 251_265),
    "8 small": ({"image_size": 8, **SMALL}, 176_514, 177_281),
}
FINAL = {"1024": (23_071_507, 23_077_137), "32": (20_715_011, 20_720_641)}  # what the last level uses


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def count(parameters) -> int:
    return sum(parameter.numel() for parameter in parameters)


@pytest.mark.parametrize("name", SIZES)
def test_parameter_counts_are_the_papers(name):
    options, generator_size, discriminator_size = SIZES[name]
    options = {"width": 512, "narrows_after": 32} | options
    with torch.device("meta"):
        generator = ProgressiveGenerator(latent_size=options["width"], **options)
        discriminator = ProgressiveDiscriminator(**options)
    assert count(generator.parameters()) == generator_size
    assert count(discriminator.parameters()) == discriminator_size
    if name in FINAL:
        final = [*generator.blocks.parameters(), *generator.to_image[-1].parameters()]
        assert count(final) == FINAL[name][0]
        final = [*discriminator.blocks.parameters(), *discriminator.from_image[-1].parameters()]
        assert count(final) == FINAL[name][1]


def test_a_fade_begins_as_the_previous_level_and_ends_without_it():
    generator, discriminator = ProgressiveGenerator(latent_size=5, **TINY), ProgressiveDiscriminator(**TINY)
    z = torch.randn(4, 5)
    for level in (1, 2):
        old, new = generator(z, level - 1, 1.0), generator(z, level, 1.0)
        doubled = F.interpolate(old, scale_factor=2)
        assert torch.equal(generator(z, level, 0.0), doubled)
        torch.testing.assert_close(generator(z, level, 0.25), 0.75 * doubled + 0.25 * new)
        image = torch.randn(4, 2, 4 * 2**level, 4 * 2**level)
        before = discriminator(F.avg_pool2d(image, 2), level - 1, 1.0)
        assert torch.equal(discriminator(image, level, 0.0), before)
        torch.testing.assert_close(
            discriminator(image, level, 1 - 1e-7), discriminator(image, level, 1.0), atol=1e-5, rtol=0
        )
    assert torch.equal(generator(z), generator(z, 2, 1.0)), "the last level unless told otherwise"
    assert torch.equal(discriminator(image), discriminator(image, 2, 1.0))


@pytest.mark.parametrize(
    ("level", "alpha", "heads"), [(0, 1.0, {0}), (1, 0.5, {0, 1}), (1, 1.0, {1}), (2, 0.5, {1, 2})]
)
def test_only_the_layers_of_a_stage_learn(level, alpha, heads):
    generator, discriminator = ProgressiveGenerator(latent_size=5, **TINY), ProgressiveDiscriminator(**TINY)
    discriminator(generator(torch.randn(4, 5), level, alpha), level, alpha).square().sum().backward()

    def learning(layers) -> set[int]:
        return {i for i, layer in enumerate(layers) if next(layer.parameters()).grad is not None}

    assert learning(generator.to_image) == learning(discriminator.from_image) == heads
    assert learning(generator.blocks) == learning(discriminator.blocks) == set(range(level + 1))


def test_the_first_layers_are_the_papers():
    """z on a sphere; an equalized 4 x 4 layer with one bias per channel; leaky ReLU; pixel norm."""
    generator = ProgressiveGenerator(latent_size=5, **TINY)
    seed, z = generator.blocks[0][0], torch.randn(3, 5)
    torch.nn.init.normal_(seed.bias)
    unit = z * math.sqrt(5) / z.norm(dim=1, keepdim=True)
    kernels = seed.dense.weight.view(8, 4, 4, 5)
    maps = torch.einsum("nz,chwz->nchw", unit, kernels) * math.sqrt(2 / (5 * 16)) + seed.bias
    maps = F.leaky_relu(maps, 0.2)
    torch.testing.assert_close(
        seed(z), maps / maps.square().mean(1, keepdim=True).sqrt(), atol=1e-4, rtol=1e-4
    )
    assert torch.equal(seed(z), seed(z)), "nothing is drawn"
    torch.testing.assert_close(generator(3 * z), generator(z), atol=1e-5, rtol=1e-5)


def test_outputs_are_linear():
    generator, discriminator = ProgressiveGenerator(latent_size=5, **TINY), ProgressiveDiscriminator(**TINY)
    z = torch.randn(4, 5)
    with torch.no_grad():
        for head in generator.to_image:
            head.bias.fill_(3.0)
    assert generator(z).mean() > 2, "no tanh"
    assert discriminator(100 * torch.randn(4, 2, 16, 16)).abs().max() > 1, "no sigmoid"


def test_samples_meet_in_their_group_alone():
    discriminator = ProgressiveDiscriminator(**TINY, group=2)
    image = torch.randn(4, 2, 16, 16)
    scores, changed = discriminator(image), image.clone()
    changed[3] += 1
    moved = (discriminator(changed) != scores).tolist()
    assert moved == [False, True, False, True], "of four in groups of two, the second meets the fourth"


def test_labels_stand_beside_z_and_are_read_again():
    generator = ConditionalProgressiveGenerator(latent_size=5, classes=3, **TINY)
    judge = ProgressiveClassifier(classes=3, **TINY)
    z, label = torch.randn(1, 5).repeat(4, 1), torch.tensor([0, 1, 2, 0])
    image = generator(z, label, 1, 0.5)
    assert torch.equal(image[0], image[3])
    assert not torch.equal(image[0], image[1])
    scores, logits = judge(image, 1, 0.5)
    assert (scores.shape, logits.shape) == ((4,), (4, 3))
    assert torch.equal(scores, judge.outputs(image, 1, 0.5)[:, 0])
    plain = ProgressiveGenerator(latent_size=5, **TINY)
    assert count(generator.parameters()) == count(plain.parameters()) + 3 * 16 * 8
    assert count(judge.parameters()) == count(ProgressiveDiscriminator(**TINY).parameters()) + 3 * 9


@pytest.mark.parametrize("network", [partial(ProgressiveGenerator, latent_size=5), ProgressiveDiscriminator])
@pytest.mark.parametrize(("size", "nearest"), [(30, 32), (48, 32), (28, 32), (4, 8), (0, 8)])
def test_D9_a_resolution_that_is_no_power_of_two_is_refused(network, size, nearest):
    with pytest.raises(
        UserError, match=rf"image_size={size}: ProGAN doubles from 4.*try data.image_size={nearest}"
    ):
        network(image_size=size, width=8)


def test_a_width_that_leaves_no_channel_is_refused():
    with pytest.raises(UserError, match=r"width=8: .* no channel at 1024; try width=32"):
        ProgressiveGenerator(image_size=1024, width=8, narrows_after=32)
