"""Pixel norm, and batch norm that knows the class."""

import pytest
import torch
from torch import nn

from ganlab.layers.norms import AdaptiveInstanceNorm, ConditionalBatchNorm2d, PixelNorm, VectorBatchNorm2d


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("shape", [(4, 16, 5, 3), (4, 16)])
def test_pixel_norm_gives_unit_mean_square_over_channels(shape):
    out = PixelNorm()(7 * torch.randn(shape) + 1)
    torch.testing.assert_close(out.square().mean(1), torch.ones(shape[:1] + shape[2:]))


def test_pixel_norm_keeps_directions_and_zeros():
    maps = torch.randn(2, 4, 3, 3)
    maps[0, :, 0, 0] = 0
    out = PixelNorm()(maps)
    torch.testing.assert_close(PixelNorm()(3 * maps), out, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(torch.cosine_similarity(out[1], maps[1], dim=0), torch.ones(3, 3))
    assert (out[0, :, 0, 0] == 0).all()
    assert PixelNorm()(maps.bfloat16()).dtype == torch.bfloat16


def test_conditional_norm_starts_as_batch_norm_and_then_follows_the_label():
    layer, plain = ConditionalBatchNorm2d(3, 5), nn.BatchNorm2d(3)
    maps, label = 4 * torch.randn(6, 3, 4, 4) + 2, torch.tensor([0, 1, 4, 4, 2, 0])
    torch.testing.assert_close(layer(maps, label), plain(maps))
    torch.testing.assert_close(layer.norm.running_mean, plain.running_mean)
    nn.init.normal_(layer.gain.weight)
    nn.init.normal_(layer.offset.weight)
    normed = nn.functional.batch_norm(maps, None, None, training=True)
    for i, k in enumerate(label):
        gain, offset = layer.gain.weight[k], layer.offset.weight[k]
        expected = gain[:, None, None] * normed[i] + offset[:, None, None]
        torch.testing.assert_close(layer(maps, label)[i], expected)


def test_a_norm_that_reads_a_vector_is_batch_norm_of_gain_1_for_the_vector_0():
    layer, plain = VectorBatchNorm2d(3, 2), nn.BatchNorm2d(3, affine=False)
    maps, vector = torch.randn(4, 3, 5, 5), torch.randn(4, 2)
    torch.testing.assert_close(layer(maps, torch.zeros(4, 2)), plain(maps))
    gain, offset = 1 + vector @ layer.gain.weight.T, vector @ layer.offset.weight.T
    expected = gain[..., None, None] * plain(maps) + offset[..., None, None]
    torch.testing.assert_close(layer(maps, vector), expected)


def test_only_the_classes_that_were_there_learn():
    layer = ConditionalBatchNorm2d(3, 5)
    layer(torch.randn(4, 3, 4, 4), torch.tensor([1, 1, 3, 3])).square().sum().backward()
    learned = layer.gain.weight.grad.abs().sum(1) > 0
    assert learned.tolist() == [False, True, False, True, False]
    assert sum(p.numel() for p in layer.parameters()) == 2 * 5 * 3


def test_a_style_sets_mean_and_deviation_of_each_map():
    torch.manual_seed(0)
    norm = AdaptiveInstanceNorm(3, 5)
    torch.nn.init.normal_(norm.style.bias)
    w = torch.randn(2, 5)
    maps = norm(7 + 4 * torch.randn(2, 3, 8, 8), w)
    scale, offset = norm.style(w).chunk(2, dim=1)
    torch.testing.assert_close(maps.mean(dim=(2, 3)), offset)
    torch.testing.assert_close(maps.std(dim=(2, 3), correction=0), (1 + scale).abs())
