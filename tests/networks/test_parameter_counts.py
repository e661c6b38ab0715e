"""The sizes of every network, exactly: a wrong bias, norm or padding shows here first."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import BatchNorm1d, Identity, LeakyReLU

from ganlab.networks.images import r3gan
from ganlab.networks.images.alias_free.alias_free import StyleGAN3Generator
from ganlab.networks.images.began import BEGANDiscriminator, BEGANGenerator
from ganlab.networks.images.dcgan import DCGANDiscriminator, DCGANGenerator
from ganlab.networks.images.dcgan_minibatch import MinibatchDCGANDiscriminator, StdDevDCGANDiscriminator
from ganlab.networks.images.dcgan_paper import DCGANPaperDiscriminator, DCGANPaperGenerator
from ganlab.networks.images.ebgan import EBGANDiscriminator, EBGANGenerator, EBGANPerceptron
from ganlab.networks.images.fast import discriminator as fast_discriminator
from ganlab.networks.images.fast import generator as fast_generator
from ganlab.networks.images.gan_2014 import MaxoutDiscriminator
from ganlab.networks.images.infogan import InfoGANDiscriminator, InfoGANGenerator, InfoGANRecognition
from ganlab.networks.images.keras import (
    KerasBlogDiscriminator,
    KerasBlogGenerator,
    KerasConvDiscriminator,
    KerasConvGenerator,
)
from ganlab.networks.images.lsgan import LSGANDiscriminator, LSGANGenerator
from ganlab.networks.images.mlp import MLPDiscriminator, MLPGenerator
from ganlab.networks.images.resnet import ResNetGenerator, WGANGPResNetCritic
from ganlab.networks.images.slim import SlimDCGANDiscriminator, SlimDCGANGenerator
from ganlab.networks.images.sngan import SNGANCNNDiscriminator, SNGANCNNGenerator, SNGANResNetDiscriminator
from ganlab.networks.images.style.discriminator import (
    ConditionalStyleGAN2Discriminator,
    StyleGAN2Discriminator,
    plain_down,
)
from ganlab.networks.images.style.generator import ConditionalStyleGAN2Generator, StyleGAN2Generator
from ganlab.networks.images.wgan_gp import WGANGPCritic, WGANGPGenerator
from ganlab.networks.labels import attentive
from ganlab.networks.labels.acgan import ACGANDiscriminator, ACGANGenerator
from ganlab.networks.labels.attentive import AttentiveDiscriminator, BigGANGenerator, SAGANGenerator
from ganlab.networks.labels.cgan_2014 import CGANDiscriminator, CGANGenerator
from ganlab.networks.labels.one_hot import (
    ConditionalDCGANDiscriminator,
    ConditionalDCGANGenerator,
    OneHotMLPDiscriminator,
    OneHotMLPGenerator,
)
from ganlab.networks.labels.projection import ProjectionDiscriminator, ProjectionGenerator

GRAY_28 = {"channels": 1, "image_size": 28}
MLP_G, MLP_D = (
    partial(network, activation=LeakyReLU, **GRAY_28) for network in (MLPGenerator, MLPDiscriminator)
)

BIG_G = partial(BigGANGenerator, classes=1000, embedding_size=128)
IMAGENET_128 = {"classes": 1000, "image_size": 128}
UP_128, DOWN_128 = [16, 16, 8, 4, 2, 1], [1, 2, 4, 8, 16, 16]
BIG_D = partial(AttentiveDiscriminator, smallest=4, attention=[64], multipliers=DOWN_128, **IMAGENET_128)
STYLE_G = partial(
    StyleGAN2Generator, latent_size=512, style_size=512, width=512, narrows_after=64, mapping_layers=8
)
STYLE_D = partial(StyleGAN2Discriminator, width=512, narrows_after=64)
STYLE3_G = partial(
    StyleGAN3Generator, latent_size=512, style_size=512, width=512, narrows_after=64, layers=14, margin=10
)
ROTATED = {"width": 1024, "kernel": 1, "radial": True}
STYLE_CIFAR = {"image_size": 32, "width": 512, "narrows_after": 64}
DIGITS_16 = {"channels": 1, "image_size": 16}

# network, parameters, running means and variances of its batch norms
NETWORKS = {
    "mlp_slim G": (partial(MLP_G, latent_size=100, widths=[100]), 89_284, 0),
    "mlp_slim D": (partial(MLP_D, widths=[100]), 78_601, 0),
    "mlp_keras_blog G": (partial(MLP_G, latent_size=30, widths=[100, 150]), 136_634, 0),
    "mlp_keras_blog D": (partial(MLP_D, widths=[150, 100]), 132_951, 0),
    "mlp_keras G": (
        partial(MLP_G, latent_size=32, widths=[128, 256, 512], norm=BatchNorm1d),
        572_816,
        1_792,
    ),
    "mlp_keras D": (partial(MLP_D, widths=[512, 256, 128]), 566_273, 0),
    "mlp_lsgan G": (partial(MLP_G, latent_size=100, widths=[256], norm=BatchNorm1d), 227_856, 512),
    "mlp_lsgan D": (partial(MLP_D, widths=[256]), 201_217, 0),
    "dcgan 32 rgb G": (partial(DCGANGenerator, image_size=32), 1_068_928, 896),
    "dcgan 32 rgb D": (partial(DCGANDiscriminator, image_size=32), 663_296, 768),
    "dcgan 32 gray G": (partial(DCGANGenerator, image_size=32, channels=1), 1_066_880, 896),
    "dcgan 32 gray D": (partial(DCGANDiscriminator, image_size=32, channels=1), 661_248, 768),
    "dcgan 64 G": (DCGANGenerator, 3_576_704, 1_920),
    "dcgan 64 D": (DCGANDiscriminator, 2_765_568, 1_792),
    "dcgan 64 D without norm": (partial(DCGANDiscriminator, norm=Identity), 2_763_776, 0),
    "dcgan paper G": (DCGANPaperGenerator, 18_872_323, 3_840),
    # not published: convolutions 9,728 + 819,456 + 3,277,312 + 13,108,224, linear 16,385, norms 3,584
    "dcgan paper D": (DCGANPaperDiscriminator, 17_234_689, 3_584),
    "conv_keras G": (KerasConvGenerator, 260_353, 384),
    "conv_keras D": (KerasConvDiscriminator, 93_825, 0),
    "dcgan_keras_blog G": (KerasBlogGenerator, 840_321, 384),
    "dcgan_keras_blog D": (KerasBlogDiscriminator, 212_865, 0),
    "dcgan_slim G": (SlimDCGANGenerator, 317_473, 0),
    "dcgan_slim D": (SlimDCGANDiscriminator, 68_993, 0),
    "wgan_gp G": (WGANGPGenerator, 1_554_177, 0),
    "wgan_gp D": (WGANGPCritic, 1_030_145, 0),
    "began 32 G": (partial(BEGANGenerator, image_size=32, width=64), 489_539, 0),
    "began 32 D": (partial(BEGANDiscriminator, image_size=32, width=64), 2_310_979, 0),
    "began 64 G": (partial(BEGANGenerator, width=64), 563_395, 0),
    "began 64 D": (partial(BEGANDiscriminator, width=64), 4_011_651, 0),
    "began 64 n128 G": (partial(BEGANGenerator, width=128), 1_716_611, 0),
    "began 64 n128 D": (partial(BEGANDiscriminator, width=128), 13_405_379, 0),
    "began 64 n128 h128 G": (partial(BEGANGenerator, width=128, latent_size=128), 2_240_899, 0),
    "began 64 n128 h128 D": (partial(BEGANDiscriminator, width=128, code_size=128), 16_026_883, 0),
    "began 128 G": (partial(BEGANGenerator, image_size=128, width=128, latent_size=128), 2_536_067, 0),
    "began 128 D": (partial(BEGANDiscriminator, image_size=128, width=128, code_size=128), 26_367_235, 0),
    "mlp_2014 G": (partial(MLP_G, latent_size=100, widths=[1200, 1200]), 2_503_984, 0),
    "mlp_2014 D": (MaxoutDiscriminator, 1_231_441, 0),
    "mlp_ebgan G": (partial(MLP_G, latent_size=64, widths=[32]), 27_952, 0),
    "mlp_ebgan D": (EBGANPerceptron, 50_992, 0),
    "ebgan 64 G": (partial(EBGANGenerator, width=128), 12_660_355, 3_840),
    "ebgan 64 D": (partial(EBGANDiscriminator, width=64), 1_318_659, 1_152),
    "lsgan 112 G": (partial(LSGANGenerator, width=64), 20_444_163, 2_944),
    "lsgan 112 D": (partial(LSGANDiscriminator, width=64), 4_333_441, 1_792),
    "wgan_gp resnet G": (partial(ResNetGenerator, width=128), 1_204_483, 1_792),
    "wgan_gp resnet D": (partial(WGANGPResNetCritic, width=128), 1_053_825, 0),
    "sngan resnet G": (partial(ResNetGenerator, width=256), 4_276_739, 3_584),
    "sngan resnet D": (partial(SNGANResNetDiscriminator, width=128), 1_053_824, 0),
    "sngan cnn G": (partial(SNGANCNNGenerator, width=64), 3_812_355, 896),
    "sngan cnn D": (partial(SNGANCNNDiscriminator, width=64), 2_935_873, 0),
    # not published: in each of six norms 512 numbers become 2 * 256 for each of ten classes
    "projection G": (partial(ProjectionGenerator, width=256), 4_276_739 + 6 * 9 * 512, 3_584),
    "projection D": (partial(ProjectionDiscriminator, width=128), 1_053_824 + 10 * 128, 0),
    "infogan G": (InfoGANGenerator, 6_652_481, 14_720),
    "infogan D": (InfoGANDiscriminator, 6_559_169, 2_304),
    "infogan Q 14": (partial(InfoGANRecognition, outputs=14), 133_262, 256),
    "infogan Q 12": (partial(InfoGANRecognition, outputs=12), 133_004, 256),
    "acgan G": (partial(ACGANGenerator, width=96), 2_994_051, 576),
    "acgan D": (ACGANDiscriminator, 1_664_875, 1_984),
    "cgan_2014 G": (CGANGenerator, 2_413_984, 0),
    "cgan_2014 D": (CGANDiscriminator, 1_224_351, 0),
    # mlp_slim with ten more inputs of 100 weights
    "cgan_mlp G": (
        partial(OneHotMLPGenerator, latent_size=100, widths=[100], classes=10, **GRAY_28),
        89_284 + 1_000,
        0,
    ),
    "cgan_mlp D": (partial(OneHotMLPDiscriminator, widths=[100], classes=10, **GRAY_28), 78_601 + 1_000, 0),
    # DCGAN 32 gray with 50 more inputs to its first 4 x 4 kernels, or ten more channels
    "cgan_dcgan G": (
        partial(ConditionalDCGANGenerator, image_size=32, channels=1),
        1_066_880 + 50 * 256 * 16 + 10 * 50,
        896,
    ),
    "cgan_dcgan D": (
        partial(ConditionalDCGANDiscriminator, image_size=32, channels=1),
        661_248 + 10 * 64 * 16,
        768,
    ),
    # DCGAN 32 gray: the kernel T, and for each of its 100 numbers, and for a bias, a weight in the last layer
    "dcgan_minibatch D": (
        partial(MinibatchDCGANDiscriminator, image_size=32, channels=1),
        661_248 + 4096 * 500 + 100 + 1,
        768,
    ),
    "dcgan_stddev D": (partial(StdDevDCGANDiscriminator, image_size=32, channels=1), 661_248 + 16, 768),
    "biggan 128 G": (
        partial(BIG_G, latent_size=120, image_size=128, width=96, multipliers=UP_128, attention=[64]),
        70_433_988,
        14_976,
    ),
    "biggan 128 D": (partial(BIG_D, width=96), 87_982_370, 0),
    "biggan 64 G": (
        partial(BIG_G, latent_size=100, image_size=64, width=64, multipliers=UP_128[:-1], attention=[32]),
        31_866_116,
        9_728,
    ),
    "biggan 64 D": (
        partial(BIG_D, image_size=64, width=64, multipliers=DOWN_128[:-1], attention=[32]),
        20_571_842,
        0,
    ),
    "biggan 32 G": (
        partial(BIG_G, latent_size=80, classes=10, embedding_size=32, width=64, attention=[16]),
        302_788,
        896,
    ),
    "sagan 128 G": (
        partial(SAGANGenerator, width=64, multipliers=UP_128, attention=[64], **IMAGENET_128),
        42_017_412,
        9_984,
    ),
    "sagan 128 D": (partial(BIG_D, width=64), 39_448_258, 0),
    "sagan cifar G": (partial(SAGANGenerator, width=256, attention=[16]), 4_386_308, 3_584),
    "sagan cifar D": (partial(AttentiveDiscriminator, width=128, attention=[16]), 1_075_586, 0),
    **{
        f"stylegan2 {size} {player}": (partial(network, image_size=size), parameters, 0)
        for size, *both in [
            (32, 21_523_475, 21_507_073),
            (64, 27_032_600, 26_488_833),
            (256, 30_034_338, 28_864_129),
            (1024, 30_370_060, 29_012_513),
        ]
        for player, network, parameters in zip("GD", (STYLE_G, STYLE_D), both, strict=True)
    },
    "stylegan2 ada 256 G": (
        partial(STYLE_G, image_size=256, narrows_after=32, mapping_layers=2),
        23_191_522,
        0,
    ),
    "stylegan2 ada 256 D": (partial(STYLE_D, image_size=256, narrows_after=32), 24_001_089, 0),
    "stylegan2 cifar G": (partial(STYLE_G, image_size=32, mapping_layers=2), 19_947_539, 0),
    "stylegan2 cifar D": (partial(STYLE_D, image_size=32, block=plain_down), 20_720_641, 0),
    "stylegan2 cifar conditional G": (
        partial(
            ConditionalStyleGAN2Generator, latent_size=512, style_size=512, mapping_layers=2, **STYLE_CIFAR
        ),
        20_215_315,
        0,
    ),
    "stylegan2 cifar conditional D": (
        partial(ConditionalStyleGAN2Discriminator, block=plain_down, **STYLE_CIFAR),
        23_089_664,
        0,
    ),
    "stylegan2 digits G": (partial(StyleGAN2Generator, **DIGITS_16), 80_136, 0),
    "stylegan2 digits D": (partial(StyleGAN2Discriminator, **DIGITS_16), 65_089, 0),
    **{
        f"fastgan {size} {player}": (
            partial(network, image_size=size, width=64, **more),
            *counts,
        )
        for size, *both in [
            (256, (29_127_846, 11_392), 11_526_160),
            (512, (29_174_392, 11_520), 11_526_496),
            (1024, (29_176_512, 11_552), 11_528_192),
        ]
        for player, network, more, counts in [
            ("G", fast_generator.FastGANGenerator, {"latent_size": 256, "widest": 1024}, both[0]),
            ("D", fast_discriminator.FastGANDiscriminator, {}, (both[1], None)),
        ]
    },
    **{
        f"stylegan3 {size} {kind}": (partial(STYLE3_G, image_size=size, **more), parameters, 0)
        for size, *both in [(256, 28_472_133, 18_816_387), (512, 24_873_519, 16_665_594)]
        for kind, more, parameters in zip("TR", ({}, ROTATED), both, strict=True)
    },
    "stylegan3 digits G": (partial(StyleGAN3Generator, **DIGITS_16), 79_685, 0),
    "r3gan cifar G": (partial(r3gan.R3GANGenerator, width=768), 20_732_160, 0),
    "r3gan cifar D": (partial(r3gan.R3GANDiscriminator, width=768), 20_683_776, 0),
    "r3gan cifar conditional G": (partial(r3gan.ConditionalR3GANGenerator, width=768), 20_781_952, 0),
    "r3gan cifar conditional D": (partial(r3gan.ConditionalR3GANDiscriminator, width=768), 21_280_512, 0),
    "r3gan ffhq 64 G": (partial(r3gan.R3GANGenerator, width=768, image_size=64), 22_429_824, 0),
    "r3gan ffhq 64 D": (partial(r3gan.R3GANDiscriminator, width=768, image_size=64), 22_381_440, 0),
    "r3gan ffhq 256 G": (partial(r3gan.R3GANGenerator, width=768, image_size=256), 23_057_952, 0),
    "r3gan ffhq 256 D": (partial(r3gan.R3GANDiscriminator, width=768, image_size=256), 23_009_568, 0),
}


def running_statistics(network: nn.Module) -> int:
    """Without num_batches_tracked, which Keras does not have."""
    return sum(buffer.numel() for name, buffer in network.named_buffers() if "running" in name)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_count_is_exact(name, monkeypatch):
    make, parameters, statistics = NETWORKS[name]
    for networks in (attentive, fast_generator, fast_discriminator):
        # slow, and adds no parameters
        monkeypatch.setattr(networks, "spectrally_normalized", lambda layer: layer)
    # spectral normalization is quicker on real weights
    with torch.device("cpu" if name in {"sngan resnet D", "sngan cnn D", "projection D"} else "meta"):
        network = make()
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert statistics is None or running_statistics(network) == statistics
