"""Residual blocks against their definition, layer by layer, and their initial weights."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganlab.layers.resblocks import UpBlock, down_block, first_down_block, plain_block


def maps(channels: int = 4) -> torch.Tensor:
    return torch.randn(2, channels, 6, 6, generator=torch.Generator().manual_seed(0))


def larger(maps: torch.Tensor) -> torch.Tensor:
    return F.interpolate(maps, scale_factor=2, mode="nearest")


def with_biases(block: nn.Module) -> nn.Module:
    for name, parameter in block.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter)
    return block


def test_up_block_is_norm_relu_double_conv_twice_beside_a_doubled_1x1():
    block = with_biases(UpBlock(4))
    branch = block.conv_1(larger(block.norm_1(maps()).relu()))
    branch = block.conv_2(block.norm_2(branch).relu())
    expected = branch + block.shortcut(larger(maps()))  # in the papers' order: doubled, then 1 x 1
    torch.testing.assert_close(block(maps()), expected)
    assert expected.shape == (2, 4, 12, 12)


def test_up_block_passes_a_condition_to_its_norms():
    seen = []

    class Norm(nn.Identity):
        def forward(self, maps, label):
            seen.append(label)
            return maps

    label = torch.tensor([1, 2])
    UpBlock(4, norm=lambda width: Norm())(maps(), label)
    assert [other is label for other in seen] == [True, True]


def test_down_blocks_pool_after_the_branch_and_beside_it():
    block = with_biases(down_block(4))
    convs = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    branch = convs[1](convs[0](maps().relu()).relu())
    torch.testing.assert_close(block(maps()), F.avg_pool2d(branch + convs[2](maps()), 2))


def test_the_first_block_reads_images_without_a_relu():
    block = with_biases(first_down_block(3, 4))
    convs = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    branch = convs[1](convs[0](maps(3)).relu())
    torch.testing.assert_close(block(maps(3)), F.avg_pool2d(branch + convs[2](maps(3)), 2))


def test_blocks_may_change_the_width_and_a_plain_one_has_a_1x1_beside_it_then():
    assert UpBlock(4, out=6)(maps()).shape == (2, 6, 12, 12)
    assert down_block(4, 6)(maps()).shape == (2, 6, 3, 3)
    block = with_biases(plain_block(4, 6))
    convs = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    branch = convs[1](convs[0](maps().relu()).relu())
    torch.testing.assert_close(block(maps()), branch + convs[2](maps()))


def test_plain_block_keeps_size_and_adds_its_input():
    block = plain_block(4)
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(block(maps()), maps())


@pytest.mark.parametrize("make", [UpBlock, down_block])
def test_weights_are_xavier_with_gain_sqrt_2_on_3x3_and_1_on_1x1(make):
    torch.manual_seed(0)
    for module in make(64).modules():
        if isinstance(module, nn.Conv2d):
            fans = 2 * 64 * module.kernel_size[0] ** 2
            bound = math.sqrt(6 / fans) * (math.sqrt(2) if module.kernel_size == (3, 3) else 1)
            assert 0.98 * bound < module.weight.abs().max() <= bound
            assert module.bias.abs().max() == 0
