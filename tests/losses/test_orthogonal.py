"""The penalty on weights in closed form."""

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.spectral import spectrally_normalized
from ganlab.losses.orthogonal import NoWeightPenalty, Orthogonal


def penalty(*layers: nn.Module) -> torch.Tensor:
    return Orthogonal(weight=1.0)(nn.Sequential(*layers))["orthogonal"]


def test_orthogonal_rows_cost_nothing_however_long_and_equal_ones_do():
    layer = nn.Linear(8, 8)
    nn.init.orthogonal_(layer.weight, gain=3.0)
    assert penalty(layer).item() == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[:2, 0] = 1.0
    assert penalty(layer).item() == pytest.approx(2)
    assert NoWeightPenalty()(layer) == {}
    with pytest.raises(UserError, match="Sequential has no plain linear"):
        penalty(nn.ReLU())


def test_its_gradient_is_4_of_the_gram_matrix_without_diagonal_times_w():
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, 3)
    penalty(layer).backward()
    w = layer.weight.detach().flatten(1)
    gram = w @ w.T
    expected = 4 * (gram - torch.diag(gram.diagonal())) @ w
    torch.testing.assert_close(layer.weight.grad.flatten(1), expected)


def test_of_a_normalized_layer_the_raw_weight_counts_and_embeddings_do_not():
    torch.manual_seed(0)
    layer = nn.Linear(4, 4)
    before = penalty(layer)
    assert penalty(spectrally_normalized(layer), nn.Embedding(3, 4)).item() == pytest.approx(before.item())
