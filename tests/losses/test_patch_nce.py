"""The contrast between patches in closed form."""

import math

import pytest
import torch
from torch.nn import functional as F

from ganlab.losses.patch_nce import patch_nce

TEMPERATURE = 0.07


def unit(*shape: int) -> torch.Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)).double(), dim=2)


def test_it_is_the_cross_entropy_of_each_query_s_own_key_among_those_of_its_image():
    queries, keys = unit(3, 8, 5), unit(4, 8, 5)[1:]
    logits = torch.stack([q @ k.T for q, k in zip(queries, keys, strict=True)]) / TEMPERATURE
    expected = F.cross_entropy(logits.flatten(0, 1), torch.arange(8).repeat(3))
    assert patch_nce(queries, keys).item() == pytest.approx(expected.item(), rel=1e-12)
    order = torch.tensor([3, 1, 7, 0, 2, 6, 4, 5])
    moved = patch_nce(queries[:, order], keys[:, order])
    assert moved.item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize(("places", "value"), [(64, 4.158883), (256, 5.545177)])
def test_where_all_are_alike_it_is_log_s(places, value):
    alike = unit(1, 1, 6).expand(2, places, 6)
    assert patch_nce(alike, alike).item() == pytest.approx(value, abs=1e-6)


def test_where_all_are_orthogonal_it_is_nearly_0():
    apart = torch.eye(256, dtype=torch.float64).expand(2, 256, 256)
    expected = math.log1p(255 * math.exp(-1 / TEMPERATURE))
    assert patch_nce(apart, apart).item() == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx(1.593e-4, rel=1e-3)
    other = patch_nce(apart, apart.flip(1))  # each finds another's key
    assert other.item() == pytest.approx(1 / TEMPERATURE + expected, rel=1e-9)


def test_other_images_are_no_negatives():
    queries, keys = unit(2, 4, 6), unit(3, 4, 6)[1:]
    parts = [patch_nce(queries[i : i + 1], keys[i : i + 1]).item() for i in (0, 1)]
    assert patch_nce(queries, keys).item() == pytest.approx(sum(parts) / 2, rel=1e-12)


def test_half_precision_is_no_less_exact():
    keys = unit(1, 64, 16)
    exact = patch_nce(keys, keys).item()
    half = patch_nce(keys.bfloat16(), keys.bfloat16())
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(exact, rel=0.05)
