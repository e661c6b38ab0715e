"""Norms that are told a label map: the paper's claim, what they see, and label maps as numbers."""

from functools import partial

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.labels import OneHot
from ganlab.layers.norms import SpatiallyAdaptiveNorm
from ganlab.pixels import from_uint8

INSTANCE, BATCH = nn.InstanceNorm2d, partial(nn.BatchNorm2d, affine=False)


def uniform(label: int, side: int = 12) -> torch.Tensor:
    return from_uint8(torch.full((1, 1, side, side), label))


def test_a_norm_washes_uniform_label_maps_away_and_a_spatially_adaptive_one_tells_them_apart():
    """Park et al. 2019, section 3.1: after a convolution and instance norm, nothing is left of which label it was."""
    torch.manual_seed(0)
    code = OneHot(regions=7)
    plain = nn.Sequential(nn.Conv2d(8, 5, 3, padding=1, padding_mode="reflect"), nn.InstanceNorm2d(5))
    told, maps = SpatiallyAdaptiveNorm(5, 8, hidden=6, norm=INSTANCE), torch.randn(1, 5, 12, 12)
    washed = [plain(code(uniform(label))) for label in range(7)]
    assert max(made.abs().max().item() for made in washed) < 1e-4
    made = [told(maps, code(uniform(label))) for label in range(7)]
    assert all((made[i] - made[j]).abs().max() > 0.05 for i in range(7) for j in range(i))


@pytest.mark.parametrize("norm", [INSTANCE, BATCH])
def test_without_gain_and_offset_it_is_the_plain_norm(norm):
    layer, maps = SpatiallyAdaptiveNorm(4, 3, hidden=5, norm=norm), torch.randn(2, 4, 6, 6)
    for convolution in (layer.gamma, layer.beta):
        nn.init.zeros_(convolution.weight)
        nn.init.zeros_(convolution.bias)
    labels = torch.rand(2, 3, 12, 12)
    torch.testing.assert_close(layer(maps, labels), norm(4)(maps))
    nn.init.constant_(layer.gamma.bias, 1.0)
    nn.init.constant_(layer.beta.bias, 3.0)
    torch.testing.assert_close(layer(maps, labels), 2 * norm(4)(maps) + 3)


def test_a_label_reaches_two_pixels_around_itself_at_the_size_of_the_maps():
    torch.manual_seed(0)
    layer, maps = SpatiallyAdaptiveNorm(4, 3, hidden=5, norm=INSTANCE), torch.randn(1, 4, 16, 16)
    labels = torch.rand(1, 3, 16, 16)
    other = labels.clone()
    other[..., 8, 5] += 1
    rows, columns = (layer(maps, other) - layer(maps, labels)).abs().sum((0, 1)).nonzero().unbind(1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 10, 3, 7)


def test_labels_are_resized_to_the_nearest_and_never_mixed():
    layer, seen = SpatiallyAdaptiveNorm(2, 3, hidden=2, norm=INSTANCE), []
    layer.shared.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    layer(torch.randn(1, 2, 4, 4), OneHot(regions=2)(from_uint8(torch.randint(0, 2, (1, 1, 8, 8)))))
    assert seen[0].shape == (1, 3, 4, 4)
    assert set(seen[0].unique().tolist()) == {0.0, 1.0}


def test_ids_become_channels_and_what_nobody_knows_has_its_own_or_none():
    ids = torch.tensor([0, 1, 2, 3, 200, 255]).view(1, 1, 1, 6)
    code = OneHot(regions=3)
    assert code.channels == 4
    assert code(from_uint8(ids))[0, :, 0].argmax(0).tolist() == [0, 1, 2, 3, 3, 3]
    assert code(from_uint8(ids)).sum(1).unique().tolist() == [1]
    blind = OneHot(regions=3, unknown=False)
    assert blind(from_uint8(ids))[0, :, 0].sum(0).tolist() == [1, 1, 1, 0, 0, 0]
    every = OneHot(regions=255)(from_uint8(torch.arange(256).view(1, 1, 16, 16)))
    assert torch.equal(every.argmax(1).flatten(), torch.arange(256)), "no id is lost to rounding"
    with pytest.raises(UserError, match=r"^regions=0"):
        OneHot(regions=0)
