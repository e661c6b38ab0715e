"""Self-attention by what is known of it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ganlab.layers.attention import SelfAttention


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return SelfAttention(16)


def test_it_begins_as_the_identity_and_only_gamma_learns_then(layer):
    maps = torch.randn(2, 16, 4, 4)
    assert torch.equal(layer(maps), maps)
    layer(maps).square().sum().backward()
    moved = {name for name, parameter in layer.named_parameters() if parameter.grad.abs().max() > 0}
    assert moved == {"gamma"}
    assert sum(parameter.numel() for parameter in layer.parameters()) == 1.25 * 16**2 + 1


def test_without_a_question_all_places_are_told_the_mean(layer):
    nn.init.zeros_(layer.theta.weight)
    nn.init.ones_(layer.gamma)
    maps = torch.randn(2, 16, 4, 6)
    mean = F.max_pool2d(layer.g(maps), 2).mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(layer(maps), maps + layer.o(mean))


def test_a_place_is_told_of_those_that_answer_its_question(layer):
    """Of two halves of the image, each asks for the other: theta and phi look at opposite signs of one channel."""
    for weight in (layer.theta.weight, layer.phi.weight, layer.g.weight):
        nn.init.zeros_(weight)
    nn.init.ones_(layer.gamma)
    with torch.no_grad():
        layer.theta.weight[0, 0], layer.phi.weight[0, 0] = 20.0, -20.0
        layer.g.weight[0, 1] = 1.0
    maps = torch.zeros(1, 16, 4, 8)
    maps[:, 0] = torch.tensor([1.0] * 4 + [-1.0] * 4)
    maps[:, 1] = torch.tensor([3.0] * 4 + [5.0] * 4)
    told = (layer(maps) - maps)[0, :, 0]  # (16, 8)
    o = layer.o.weight[:, 0, 0, 0]
    torch.testing.assert_close(told[:, 0], 5.0 * o)
    torch.testing.assert_close(told[:, -1], 3.0 * o)
