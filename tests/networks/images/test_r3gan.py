"""R3GAN's networks: what they start as, how wide they are, and that a gradient penalty can train them."""

import pytest
import torch
from torch import Tensor, nn

from ganlab.layers.fixup import FixupBlock
from ganlab.networks.images.r3gan import R3GANDiscriminator, R3GANGenerator
from ganlab.networks.images.resnet import WGANGPResNetCritic

GRAY_32 = {"channels": 1, "image_size": 32, "width": 8}


def images() -> Tensor:
    return torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1


def blocks_of(network: nn.Module) -> list[FixupBlock]:
    return [module for module in network.modules() if isinstance(module, FixupBlock)]


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_every_residual_block_starts_as_the_identity(player):
    network = (
        R3GANGenerator(latent_size=5, **GRAY_32) if player == "generator" else R3GANDiscriminator(**GRAY_32)
    )
    seen = []
    for block in blocks_of(network):
        block.register_forward_hook(lambda _block, args, output: seen.append((args[0], output)))
    network(torch.randn(4, 5) if player == "generator" else images())
    assert len(seen) == 2 * 4  # two at each of 4, 8, 16 and 32 pixels
    assert all(torch.equal(before, after) for before, after in seen)


def test_weights_are_scaled_by_the_number_of_all_blocks():
    torch.manual_seed(0)
    for size, depth in ((8, 4), (32, 8)):
        first = blocks_of(R3GANGenerator(image_size=size, width=128))[0].branch[0]
        gain = (2 / 1.04) ** 0.5 * depth**-0.25
        assert first.weight.std().item() == pytest.approx(gain / 128**0.5, rel=0.03)


def test_width_halves_above_32_pixels():
    widths = [
        block.branch[0].in_channels for block in blocks_of(R3GANDiscriminator(image_size=128, width=64))
    ]
    assert widths == [16, 16, 32, 32, *[64] * 8]


@pytest.mark.parametrize("make", [R3GANDiscriminator, WGANGPResNetCritic])
def test_the_gradient_of_a_gradient_penalty_reaches_every_weight(make):
    torch.manual_seed(0)
    network = make(**GRAY_32)
    for parameter in network.parameters():  # blocks that start at zero have no second derivatives there
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    inputs = images().requires_grad_()
    (gradient,) = torch.autograd.grad(network(inputs).sum(), inputs, create_graph=True)
    gradient.square().sum().backward()
    for name, parameter in network.named_parameters():
        # an additive constant changes no gradient where all is piecewise linear
        if not name.endswith("bias"):
            assert parameter.grad.abs().max() > 0, name
