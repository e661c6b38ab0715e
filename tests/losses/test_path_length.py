"""Path lengths of linear synthesis, where they are known."""

import pytest
import torch

from ganlab.losses.path_length import path_lengths
from ganlab.randomness import Draws


def test_of_a_linear_image_the_mean_square_is_the_matrix_s():
    """E|A^T y|^2 = |A|_F^2 / pixels; over layers, their mean."""
    torch.manual_seed(0)
    matrices = torch.randn(3, 5, 2 * 4 * 4)  # layers, size, pixels

    def synthesis(styles, draws):
        return torch.einsum("bls,lsp->bp", styles, matrices).view(-1, 2, 4, 4)

    styles = torch.randn(20_000, 3, 5, requires_grad=True)
    length = path_lengths(synthesis, styles, Draws(0))
    assert length.shape == (20_000,)
    expected = matrices.square().sum(dim=(1, 2)).mean() / 16
    assert float(length.square().mean()) == pytest.approx(float(expected), rel=0.02)


def test_it_is_differentiable_once_more_and_not_by_half_precision():
    weight = torch.nn.Parameter(torch.ones(1, 4, 4))

    def synthesis(styles, draws):
        return styles.sum(dim=(1, 2))[:, None, None, None] * weight

    styles = torch.ones(2, 1, 3, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        length = path_lengths(synthesis, styles.bfloat16(), Draws(0))
    assert length.dtype == torch.float32
    length.sum().backward()
    assert weight.grad.abs().max() > 0
