"""Modulated convolutions: scaling maps before and after is what weights for each sample would give."""

import pytest
import torch
import torch.nn.functional as F

from ganlab.layers.modulated import ModulatedConv2d, ToImage


def layer_and_inputs(up: bool = False):
    torch.manual_seed(0)
    layer = ModulatedConv2d(5, 7, 3, up=up).double()
    if up:
        layer.smooth = torch.nn.Identity()
    return layer, torch.randn(4, 5, 6, 6, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)


def weights_of(layer, w):
    """(B, out, in, 3, 3) for each sample, as the paper's equations 1 and 3 say."""
    modulated = layer.weight[None] * layer.style(w)[:, None, :, None, None]
    return modulated * (modulated.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()


def test_three_forms_agree():
    layer, maps, w = layer_and_inputs()
    weights = weights_of(layer, w)
    one_by_one = torch.cat([F.conv2d(m[None], k, padding=1) for m, k in zip(maps, weights, strict=True)])
    grouped = F.conv2d(maps.flatten(0, 1)[None], weights.flatten(0, 1), padding=1, groups=4).view(4, 7, 6, 6)
    assert torch.allclose(one_by_one, grouped, atol=1e-12)
    assert torch.allclose(layer(maps, w), one_by_one, atol=1e-12)


def test_doubling_is_the_transposed_convolution_with_those_weights():
    layer, maps, w = layer_and_inputs(up=True)
    expected = [
        F.conv_transpose2d(m[None], k.transpose(0, 1), stride=2)
        for m, k in zip(maps, weights_of(layer, w), strict=True)
    ]
    assert torch.allclose(layer(maps, w), torch.cat(expected), atol=1e-12)
    doubled = ModulatedConv2d(5, 7, 3, up=True)(maps.float(), w.float())
    assert doubled.shape == (4, 7, 12, 12)


def test_variance_is_kept_whatever_the_style_and_a_louder_style_changes_nothing():
    torch.manual_seed(0)
    layer = ModulatedConv2d(16, 8, 3).requires_grad_(False)
    maps, w = torch.randn(8, 16, 32, 32), torch.randn(8, 3)
    out = layer(maps, w)
    assert float(out[:, :, 1:-1, 1:-1].var()) == pytest.approx(1, abs=0.05)
    layer.style.weight *= 10
    layer.style.bias *= 10
    assert torch.allclose(layer(maps, w), out, atol=1e-5)
    to_image = ToImage(16, 3, 3).requires_grad_(False)
    before = to_image(maps, w)
    to_image.style.weight *= 10
    to_image.style.bias *= 10
    assert torch.allclose(to_image(maps, w), 10 * before, atol=1e-4)
