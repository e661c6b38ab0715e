"""Every network refuses, at construction, a size that it cannot make, and names one that it can."""

from functools import partial

import pytest
import torch

from ganlab.errors import UserError
from ganlab.networks.began import BEGANDiscriminator, BEGANGenerator
from ganlab.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from ganlab.networks.dcgan_paper import DCGANPaperDiscriminator, DCGANPaperGenerator
from ganlab.networks.keras import (
    KerasBlogDiscriminator,
    KerasBlogGenerator,
    KerasConvDiscriminator,
    KerasConvGenerator,
)
from ganlab.networks.mlp import MLPDiscriminator, MLPGenerator
from ganlab.networks.sizes import doublings
from ganlab.networks.slim import SlimDCGANDiscriminator, SlimDCGANGenerator
from ganlab.networks.wgan_gp import WGANGPCritic, WGANGPGenerator

# generator, discriminator, sizes that they can make, sizes that they cannot with the size to suggest
PAIRS = {
    "mlp": (
        partial(MLPGenerator, latent_size=7, channels=3, widths=[9]),
        partial(MLPDiscriminator, channels=3, widths=[9]),
        (1, 8, 30, 31),
        {0: 1, -4: 1},
    ),
    "dcgan": (
        partial(DCGANGenerator, latent_size=7, width=4),
        partial(DCGANDiscriminator, width=4),
        (8, 16, 32, 64, 128),
        {30: 32, 31: 32, 48: 32, 1: 8, 28: 32, 4: 8, 0: 8},
    ),
    "dcgan_paper": (
        partial(DCGANPaperGenerator, latent_size=7, width=4),
        partial(DCGANPaperDiscriminator, width=4),
        (8, 32, 64),
        {30: 32, 31: 32, 48: 32, 1: 8},
    ),
    "conv_keras": (
        partial(KerasConvGenerator, latent_size=7, channels=3),
        partial(KerasConvDiscriminator, channels=3),
        (28,),
        {30: 28, 31: 28, 48: 28, 1: 28},
    ),
    "dcgan_keras_blog": (
        partial(KerasBlogGenerator, latent_size=7, channels=3),
        partial(KerasBlogDiscriminator, channels=3),
        (4, 28, 32, 48),
        {30: 28, 31: 32, 1: 4, 0: 4},
    ),
    "dcgan_slim": (
        partial(SlimDCGANGenerator, latent_size=7, channels=3),
        partial(SlimDCGANDiscriminator, channels=3),
        (1, 28, 30, 31),
        {0: 1},
    ),
    "wgan_gp": (
        partial(WGANGPGenerator, latent_size=7, channels=3, width=4),
        partial(WGANGPCritic, channels=3, width=4),
        (8, 16, 28, 32, 64),
        {30: 28, 31: 32, 48: 32, 1: 8, 7: 8},
    ),
    "began": (
        partial(BEGANGenerator, latent_size=7, width=4),
        partial(BEGANDiscriminator, code_size=7, width=4),
        (8, 16, 32, 64, 128),
        {30: 32, 31: 32, 48: 32, 1: 8, 28: 32},
    ),
}
LEGAL = [(name, size) for name, (_, _, legal, _) in PAIRS.items() for size in legal]
ILLEGAL = [(name, size, near) for name, pair in PAIRS.items() for size, near in pair[3].items()]


@pytest.mark.parametrize(("name", "size"), LEGAL)
def test_D9_what_the_generator_makes_is_what_the_discriminator_reads(name, size):
    make_generator, make_discriminator, *_ = PAIRS[name]
    images = make_generator(image_size=size)(torch.randn(2, 7))
    assert images.shape == (2, 3, size, size)
    answer = make_discriminator(image_size=size)(images)
    assert answer.shape == (images.shape if name == "began" else (2,))


@pytest.mark.parametrize(("name", "size", "nearest"), ILLEGAL)
def test_D9_an_impossible_size_is_refused_with_the_nearest_possible_one(name, size, nearest):
    for make in PAIRS[name][:2]:
        with pytest.raises(UserError, match=rf"^image_size={size}: .*; try data\.image_size={nearest}$"):
            make(image_size=size)


def test_D9_the_message_says_value_rule_and_remedy():
    with pytest.raises(UserError) as error:
        DCGANGenerator(image_size=30)
    assert str(error.value) == (
        "image_size=30: DCGAN doubles from 4, so it needs 8, 16, 32, 64, ...; try data.image_size=32"
    )


def test_D9_a_discriminator_does_not_score_images_of_another_size():
    discriminator = DCGANDiscriminator(image_size=32, width=4)
    with pytest.raises(RuntimeError):
        discriminator(torch.zeros(2, 3, 64, 64))


def test_doublings_is_the_logarithm():
    assert [doublings("a net", 4 * 2**power) for power in range(1, 8)] == list(range(1, 8))
    assert doublings("a net", 8, start=8, least=0) == 0
    assert doublings("a net", 28, also=(28,)) == 3
