"""Initial weights have the variances of their papers, transposed convolutions too."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from ganlab.layers.init import (
    he_normal,
    init_normal,
    keep_default,
    orthogonal,
    wgan_gp_uniform,
    xavier_normal,
    xavier_uniform,
)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


CUT = partial(xavier_normal, gain=0.02)
LAYERS = {
    "linear": lambda: nn.Linear(300, 100),
    "conv": lambda: nn.Conv2d(60, 20, 5, stride=2),
    "transposed": lambda: nn.ConvTranspose2d(60, 20, 5, stride=2),
}
# the standard deviation of each layer's weights, by its fan in and fan out
EXPECTED = {
    (init_normal, "linear"): 0.02,
    (init_normal, "conv"): 0.02,
    (init_normal, "transposed"): 0.02,
    (xavier_uniform, "linear"): math.sqrt(2 / 400),
    (xavier_uniform, "conv"): math.sqrt(2 / (80 * 25)),
    (xavier_uniform, "transposed"): math.sqrt(2 / (80 * 25)),
    (CUT, "linear"): 0.02 * math.sqrt(2 / 400),
    (CUT, "conv"): 0.02 * math.sqrt(2 / (80 * 25)),
    (CUT, "transposed"): 0.02 * math.sqrt(2 / (80 * 25)),
    (he_normal, "linear"): math.sqrt(2 / 300),
    (he_normal, "conv"): math.sqrt(2 / (60 * 25)),
    (he_normal, "transposed"): math.sqrt(2 / (60 * 25)),
    (wgan_gp_uniform, "linear"): math.sqrt(2 / 400),
    (wgan_gp_uniform, "conv"): math.sqrt(4 / (60 * 25 + 20 * 25 / 4)),
    (wgan_gp_uniform, "transposed"): math.sqrt(4 / (60 * 25 / 4 + 20 * 25)),
}


@pytest.mark.parametrize(("init", "kind"), EXPECTED)
def test_weights_have_the_papers_deviation_and_biases_are_zero(init, kind):
    layer = LAYERS[kind]()
    init(layer)
    assert layer.weight.std().item() == pytest.approx(EXPECTED[init, kind], rel=0.03)
    assert abs(layer.weight.mean().item()) < 0.03 * layer.weight.std().item()
    assert (layer.bias == 0).all()


@pytest.mark.parametrize("layer", [nn.Linear(30, 8), nn.Conv2d(4, 8, 3), nn.Embedding(8, 30)])
def test_orthogonal_weights_have_orthonormal_rows(layer):
    orthogonal(layer)
    rows = layer.weight.detach().flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(8))
    assert getattr(layer, "bias", None) is None or (layer.bias == 0).all()


@pytest.mark.parametrize("init", [xavier_uniform, wgan_gp_uniform])
def test_uniform_weights_are_bounded_by_sqrt_3_deviations(init):
    layer = LAYERS["conv"]()
    init(layer)
    bound = math.sqrt(3) * EXPECTED[init, "conv"]
    assert 0.99 * bound < layer.weight.abs().max() <= bound


def test_normal_sets_batch_norm_gains_around_one():
    norm = nn.BatchNorm2d(4000)
    init_normal(norm)
    assert norm.weight.mean().item() == pytest.approx(1, abs=0.002)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert (norm.bias == 0).all()


@pytest.mark.parametrize("init", [init_normal, he_normal, xavier_uniform, wgan_gp_uniform])
def test_layers_without_bias_or_weights_are_accepted(init):
    nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2, affine=False), nn.ReLU()).apply(init)


def test_keep_default_changes_nothing():
    layer = nn.Linear(3, 4)
    before = layer.weight.clone(), layer.bias.clone()
    keep_default(layer)
    assert torch.equal(layer.weight, before[0])
    assert torch.equal(layer.bias, before[1])
