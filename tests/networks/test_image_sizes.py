"""Every network refuses, at construction, a size that it cannot make, and names one that it can."""

from functools import partial

import pytest
import torch

from ganlab.errors import UserError
from ganlab.networks.images import ebgan, gan_2014, infogan, lsgan, r3gan
from ganlab.networks.images.began import BEGANDiscriminator, BEGANGenerator
from ganlab.networks.images.dcgan import DCGANDiscriminator, DCGANGenerator
from ganlab.networks.images.dcgan_paper import DCGANPaperDiscriminator, DCGANPaperGenerator
from ganlab.networks.images.keras import (
    KerasBlogDiscriminator,
    KerasBlogGenerator,
    KerasConvDiscriminator,
    KerasConvGenerator,
)
from ganlab.networks.images.mlp import MLPDiscriminator, MLPGenerator
from ganlab.networks.images.resnet import ResNetGenerator, WGANGPResNetCritic
from ganlab.networks.images.slim import SlimDCGANDiscriminator, SlimDCGANGenerator
from ganlab.networks.images.sngan import SNGANCNNDiscriminator, SNGANCNNGenerator, SNGANResNetDiscriminator
from ganlab.networks.images.style.discriminator import (
    ConditionalStyleGAN2Discriminator,
    StyleGAN2Discriminator,
)
from ganlab.networks.images.style.generator import ConditionalStyleGAN2Generator, StyleGAN2Generator
from ganlab.networks.images.wgan_gp import WGANGPCritic, WGANGPGenerator
from ganlab.networks.labels import acgan, cgan_2014, one_hot, projection
from ganlab.networks.labels.attentive import AttentiveDiscriminator, SAGANGenerator
from ganlab.networks.sizes import doubled, doublings

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
    "mlp_2014": (
        partial(MLPGenerator, latent_size=7, channels=3, widths=[9, 9]),
        partial(gan_2014.MaxoutDiscriminator, channels=3),
        (1, 30),
        {0: 1},
    ),
    "mlp_ebgan": (
        partial(MLPGenerator, latent_size=7, channels=3, widths=[9]),
        partial(ebgan.EBGANPerceptron, channels=3),
        (1, 30),
        {0: 1},
    ),
    "ebgan": (
        partial(ebgan.EBGANGenerator, latent_size=7, width=4),
        partial(ebgan.EBGANDiscriminator, width=4),
        (8, 32, 64),
        {30: 32, 48: 32, 4: 8},
    ),
    "lsgan": (
        partial(lsgan.LSGANGenerator, latent_size=7, width=4),
        partial(lsgan.LSGANDiscriminator, width=4),
        (16, 32, 48, 112),
        {30: 32, 28: 32, 1: 16, 8: 16},
    ),
    "wgan_gp_resnet": (
        partial(ResNetGenerator, latent_size=7, width=4),
        partial(WGANGPResNetCritic, width=4),
        (16, 32, 64),
        {30: 32, 28: 32, 8: 16, 48: 32},
    ),
    "sngan_resnet": (
        partial(ResNetGenerator, latent_size=7, width=4),
        partial(SNGANResNetDiscriminator, width=4),
        (16, 32, 64),
        {30: 32, 8: 16},
    ),
    "sngan_cnn": (
        partial(SNGANCNNGenerator, latent_size=7, width=4),
        partial(SNGANCNNDiscriminator, width=4),
        (8, 16, 32, 64),
        {30: 32, 28: 32, 4: 8, 48: 32},
    ),
    "infogan": (
        partial(infogan.InfoGANGenerator, latent_size=7, channels=3, width=4, hidden=9),
        partial(infogan.InfoGANDiscriminator, channels=3, width=4, hidden=9),
        (4, 28, 32, 48),
        {30: 28, 31: 32, 1: 4},
    ),
    "r3gan": (
        partial(r3gan.R3GANGenerator, latent_size=7, width=16),
        partial(r3gan.R3GANDiscriminator, width=16),
        (8, 16, 32, 64),
        {30: 32, 28: 32, 48: 32, 4: 8},
    ),
    "r3gan_conditional": (
        partial(r3gan.ConditionalR3GANGenerator, latent_size=7, width=16),
        partial(r3gan.ConditionalR3GANDiscriminator, width=16),
        (8, 32, 64),
        {30: 32},
    ),
    "projection": (
        partial(projection.ProjectionGenerator, latent_size=7, width=4),
        partial(projection.ProjectionDiscriminator, width=4),
        (16, 32, 64),
        {30: 32, 8: 16},
    ),
    "acgan": (
        partial(acgan.ACGANGenerator, latent_size=7, width=4),
        partial(acgan.ACGANDiscriminator, width=4),
        (8, 32, 64),
        {30: 32, 28: 32, 4: 8},
    ),
    "cgan_2014": (
        partial(cgan_2014.CGANGenerator, latent_size=7, channels=3, width=9),
        partial(cgan_2014.CGANDiscriminator, channels=3),
        (1, 30),
        {0: 1},
    ),
    "cgan_mlp": (
        partial(one_hot.OneHotMLPGenerator, latent_size=7, classes=10, channels=3, widths=[9]),
        partial(one_hot.OneHotMLPDiscriminator, classes=10, channels=3, widths=[9]),
        (1, 30),
        {0: 1},
    ),
    "cgan_dcgan": (
        partial(one_hot.ConditionalDCGANGenerator, latent_size=7, width=4),
        partial(one_hot.ConditionalDCGANDiscriminator, width=4),
        (8, 32, 64),
        {30: 32, 28: 32, 4: 8},
    ),
    "stylegan2": (
        partial(StyleGAN2Generator, latent_size=7, width=4),
        partial(StyleGAN2Discriminator, width=4),
        (8, 32, 64),
        {30: 32, 28: 32, 4: 8},
    ),
    "stylegan2_conditional": (
        partial(ConditionalStyleGAN2Generator, latent_size=7, width=4),
        partial(ConditionalStyleGAN2Discriminator, width=4),
        (8, 32, 64),
        {30: 32, 28: 32, 4: 8},
    ),
    "sagan": (
        partial(SAGANGenerator, latent_size=7, width=4),
        partial(AttentiveDiscriminator, width=4),
        (16, 32, 64),
        {30: 32, 28: 32},
    ),
}
SQUARE = {"conv_keras", "sagan"}
AUTOENCODERS = {"began", "ebgan", "mlp_ebgan"}
CONDITIONAL = {
    "stylegan2_conditional",
    "sagan",
    "r3gan_conditional",
    "projection",
    "acgan",
    "cgan_2014",
    "cgan_mlp",
    "cgan_dcgan",
}
LEGAL = [(name, size) for name, (_, _, legal, _) in PAIRS.items() for size in legal]
ILLEGAL = [(name, size, near) for name, pair in PAIRS.items() for size, near in pair[3].items()]


@pytest.mark.parametrize(("name", "size"), LEGAL)
def test_D9_what_the_generator_makes_is_what_the_discriminator_reads(name, size):
    make_generator, make_discriminator, *_ = PAIRS[name]
    label = (torch.tensor([0, 9]),) if name in CONDITIONAL else ()
    images = make_generator(image_size=size)(torch.randn(2, 7), *label)
    assert images.shape == (2, 3, size, size)
    discriminator = make_discriminator(image_size=size)
    if name == "acgan":
        answer, logits = discriminator(images)
        assert logits.shape == (2, 10)
    else:
        answer = discriminator(images, *label)
    assert answer.shape == (images.shape if name in AUTOENCODERS else (2,))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("name", sorted(PAIRS.keys() - SQUARE))
def test_an_image_need_not_be_square(name, wide):
    make_generator, make_discriminator, *_ = PAIRS[name]
    size = (16, 48) if wide else (80, 16)
    label = (torch.tensor([0, 9]),) if name in CONDITIONAL else ()
    images = make_generator(image_size=size)(torch.randn(2, 7), *label)
    assert images.shape == (2, 3, *size)
    discriminator = make_discriminator(image_size=[*size])
    answer = discriminator(images)[0] if name == "acgan" else discriminator(images, *label)
    assert answer.shape == (images.shape if name in AUTOENCODERS else (2,))


@pytest.mark.parametrize("name", ["dcgan", "stylegan2", "wgan_gp", "began", "r3gan", "sngan_resnet"])
def test_two_equal_sides_are_one_number(name):
    for make in PAIRS[name][:2]:
        sizes = [
            {key: value.shape for key, value in make(image_size=size).state_dict().items()}
            for size in (32, (32, 32))
        ]
        assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("size", "first", "times"),
    [
        (64, (4, 4), 4),
        ((64, 96), (4, 6), 4),
        ((96, 128), (6, 8), 4),
        ((8, 10), (4, 5), 1),
        ((24, 8), (12, 4), 1),
    ],
)
def test_a_rectangle_doubles_as_often_as_the_largest_square_in_it(size, first, times):
    found = doubled("DCGAN", size)
    assert found == (first, times)
    assert found.pixels == first[0] * first[1]


@pytest.mark.parametrize(
    ("size", "near"),
    [
        ((44, 64), "[40,64]"),
        ((63, 100), "[64,96]"),
        ((64, 97), "[64,96]"),
        ((1, 3), "8"),
        ((4, 100), "[8,100]"),
        ((130, 250), "[128,256]"),
        ([30, 48], "[32,48]"),
    ],
)
def test_the_nearest_size_that_comes_out_is_named(size, near):
    with pytest.raises(UserError) as error:
        DCGANGenerator(image_size=size)
    assert str(error.value).endswith(f"; try data.image_size={near}")
    sides_named = [int(side) for side in near.strip("[]").split(",")]
    DCGANGenerator(image_size=sides_named if len(sides_named) == 2 else sides_named[0], width=4)


def test_sides_are_judged_one_by_one_where_each_is_divided_by_itself():
    with pytest.raises(UserError, match=r"^image_size=\[30,48\]: LSGAN .*; try data\.image_size=\[32,48\]$"):
        lsgan.LSGANGenerator(image_size=(30, 48))


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


@pytest.mark.parametrize(("size", "width", "remedy"), [(32, 13, 16), (32, 4, 8), (64, 8, 16), (64, 25, 32)])
def test_r3gan_needs_whole_groups_at_every_size(size, width, remedy):
    for make in (r3gan.R3GANGenerator, r3gan.R3GANDiscriminator):
        with pytest.raises(UserError, match=rf"^width={width}: .* {size} pixels .*; try width={remedy}$"):
            make(image_size=size, width=width)
        make(image_size=size, width=remedy)


def test_doublings_is_the_logarithm():
    assert [doublings("a net", 4 * 2**power) for power in range(1, 8)] == list(range(1, 8))
    assert doublings("a net", 8, start=8, minimum=0) == 0
    assert doublings("a net", 28, also=(28,)) == 3
