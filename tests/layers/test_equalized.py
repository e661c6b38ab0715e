"""Equalized layers: variance 1 at the start, and the same relative step of Adam in every layer."""

import math

import pytest
import torch
from torch import nn

from ganlab.layers.equalized import EqualizedConv2d, EqualizedLinear
from ganlab.layers.init import he_normal, init_normal


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("fan_in", [4, 64, 1024])
def test_outputs_start_with_the_squared_gain_as_variance(fan_in):
    features = torch.randn(200, fan_in)
    assert EqualizedLinear(fan_in, 300, gain=1.0)(features).var().item() == pytest.approx(1, rel=0.1)
    assert EqualizedLinear(fan_in, 300)(features).var().item() == pytest.approx(2, rel=0.1)
    maps = torch.randn(20, fan_in // 4, 8, 8)
    out = EqualizedConv2d(fan_in // 4, 100, 3, gain=1.0)(maps)
    assert out.shape == (20, 100, 6, 6)
    assert out.var().item() == pytest.approx(1, rel=0.1)


def relative_step(layer: nn.Module, effective) -> float:
    """How much of its deviation the effective weight moves in one step of Adam."""
    before = effective(layer).detach().clone()
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01, betas=(0.0, 0.99))
    layer(torch.randn(64, layer.weight.shape[1])).square().sum().backward()
    optimizer.step()
    return ((effective(layer) - before).abs().mean() / before.std()).item()


def test_a_step_of_adam_is_the_same_share_of_every_layer():
    for fan_in in (4, 64, 1024):
        share = relative_step(EqualizedLinear(fan_in, 256), lambda layer: layer.weight * layer.scale)
        assert share == pytest.approx(0.01, rel=0.05)
    plain = []
    for fan_in in (4, 64, 1024):
        layer = nn.Linear(fan_in, 256)
        he_normal(layer)
        plain.append(relative_step(layer, lambda layer: layer.weight))
    assert plain[2] > 10 * plain[0]  # what is equalized: sqrt(1024 / 4) = 16


def test_they_are_linear_layers_with_scaled_weights():
    linear = EqualizedLinear(6, 3)
    nn.init.normal_(linear.bias)
    features = torch.randn(5, 6)
    expected = features @ linear.weight.T * math.sqrt(2 / 6) + linear.bias
    torch.testing.assert_close(linear(features), expected)
    conv = EqualizedConv2d(3, 4, 3, stride=2, padding=1)
    plain = nn.Conv2d(3, 4, 3, stride=2, padding=1)
    plain.load_state_dict({"weight": conv.weight.detach() * math.sqrt(2 / 27), "bias": conv.bias.detach()})
    maps = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(conv(maps), plain(maps))
    assert EqualizedLinear(2, 2, bias=False).bias is None
    assert EqualizedConv2d(2, 2, 1, bias=False).bias is None


def test_initializers_of_plain_layers_leave_them_alone():
    network = nn.Sequential(EqualizedLinear(50, 50), EqualizedConv2d(10, 10, 3))
    before = [weight.clone() for weight in network.parameters()]
    network.apply(init_normal)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    assert network[0].weight.std().item() == pytest.approx(1, rel=0.05)
