"""The sizes of every network, exactly: a wrong bias, norm or padding shows here first."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import BatchNorm1d, Identity, LeakyReLU

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
from ganlab.networks.slim import SlimDCGANDiscriminator, SlimDCGANGenerator
from ganlab.networks.wgan_gp import WGANGPCritic, WGANGPGenerator

MLP_G, MLP_D = (
    partial(network, channels=1, image_size=28, activation=LeakyReLU)
    for network in (MLPGenerator, MLPDiscriminator)
)

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
    "began 32 G": (partial(BEGANGenerator, image_size=32), 489_539, 0),
    "began 32 D": (partial(BEGANDiscriminator, image_size=32), 2_310_979, 0),
    "began 64 G": (BEGANGenerator, 563_395, 0),
    "began 64 D": (BEGANDiscriminator, 4_011_651, 0),
    "began 64 n128 G": (partial(BEGANGenerator, width=128), 1_716_611, 0),
    "began 64 n128 D": (partial(BEGANDiscriminator, width=128), 13_405_379, 0),
    "began 64 n128 h128 G": (partial(BEGANGenerator, width=128, latent_size=128), 2_240_899, 0),
    "began 64 n128 h128 D": (partial(BEGANDiscriminator, width=128, code_size=128), 16_026_883, 0),
    "began 128 G": (partial(BEGANGenerator, image_size=128, width=128, latent_size=128), 2_536_067, 0),
    "began 128 D": (partial(BEGANDiscriminator, image_size=128, width=128, code_size=128), 26_367_235, 0),
}


def running_statistics(network: nn.Module) -> int:
    """Without num_batches_tracked, which Keras does not have."""
    return sum(buffer.numel() for name, buffer in network.named_buffers() if "running" in name)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_count_is_exact(name):
    make, parameters, statistics = NETWORKS[name]
    with torch.device("meta"):
        network = make()
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert running_statistics(network) == statistics
