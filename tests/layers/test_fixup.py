"""Blocks without norms: they start as the identity, with a spread of weights that depends on the whole depth."""

import math

import pytest
import torch
from torch import nn

from ganlab.layers.fixup import Basis, FixupBlock, scaled, scaled_conv, scaled_embedding


def maps() -> torch.Tensor:
    return torch.randn(2, 16, 4, 4, generator=torch.Generator().manual_seed(0))


def test_a_block_starts_as_the_identity_and_can_leave_it():
    block = FixupBlock(16, depth=8)
    assert torch.equal(block(maps()), maps())
    block(maps()).square().sum().backward()
    last = block.branch[-1].weight
    assert last.grad.abs().max() > 0  # the branch learns nevertheless, its last layer first
    last.data.sub_(0.01 * last.grad)
    assert (block(maps()) - maps()).abs().max() > 0


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_weights_spread_by_gain_fan_in_and_depth(depth):
    torch.manual_seed(0)
    block = FixupBlock(256, depth)
    gain = math.sqrt(2 / 1.04) * depth**-0.25
    first, _, grouped, _, _ = block.branch
    assert first.weight.std().item() == pytest.approx(gain / math.sqrt(256), rel=0.02)
    assert grouped.weight.std().item() == pytest.approx(gain / math.sqrt(16 * 9), rel=0.02)


def test_a_block_has_groups_of_16_of_twice_its_channels_and_two_layers_of_biases():
    block = FixupBlock(24, depth=1)
    first, _, grouped, _, last = block.branch
    assert (first.out_channels, grouped.groups, grouped.weight.shape) == (48, 3, (48, 16, 3, 3))
    assert first.bias.abs().max() == grouped.bias.abs().max() == 0
    assert last.bias is None


def test_the_basis_is_scaled_by_a_linear_function_of_z():
    basis = Basis(5, 8)
    z = torch.randn(3, 5)
    assert basis(z).shape == (3, 8, 4, 4)
    torch.testing.assert_close(basis(2 * z), 2 * basis(z))
    expected = basis.maps[6] * (basis.scale.weight[6] @ z[1])
    torch.testing.assert_close(basis(z)[1, 6], expected)


def test_scaled_layers_keep_the_mean_square():
    torch.manual_seed(0)
    x = torch.randn(64, 256)
    assert scaled(nn.Linear(256, 256))(x).square().mean().item() == pytest.approx(1, rel=0.05)
    assert scaled_conv(256, 256)(x[..., None, None]).square().mean().item() == pytest.approx(1, rel=0.05)
    embedding = scaled_embedding(16, 4096, gain=3)
    assert embedding.weight.std().item() == pytest.approx(3 / 4, rel=0.02)
