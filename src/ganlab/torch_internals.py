"""The one place for names that PyTorch keeps to itself; tests/test_internals.py says when one is gone."""

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = [
    "PICKLED",
    "BatchNorm",
    "Movable",
    "TorchDispatchMode",
    "copy_all_",
    "lerp_all_",
    "require_dimensions",
    "tree_leaves",
]

PICKLED = {  # what pickles of others call for where they hold tensors; as names, nothing of it is called
    "tensor": ("torch._utils", "_rebuild_tensor_v2"),
    "parameter": ("torch._utils", "_rebuild_parameter"),
    "storage": ("torch.storage", "_load_from_bytes"),
}
BatchNorm = _BatchNorm  # what BatchNorm1d, 2d and 3d share, their forward included


def require_dimensions(layer: BatchNorm, x: Tensor) -> None:
    """Raises ValueError if ``x`` has other dimensions than the layer normalizes, (B, C, H, W) for BatchNorm2d."""
    layer._check_input_dim(x)


def lerp_all_(tensors: list[Tensor], ends: list[Tensor], weight: float) -> None:
    """Move each tensor towards its end, all in one call: one by one costs a small network more than its update."""
    torch._foreach_lerp_(tensors, ends, weight)


def copy_all_(tensors: list[Tensor], sources: list[Tensor]) -> None:
    """Overwrite each tensor by its source, all in one call."""
    torch._foreach_copy_(tensors, sources)


class Movable(nn.Module):
    """A module that hears of it when its tensors become others."""

    def moved(self) -> None:
        """Called before a move to another device or type."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self.moved()
        return super()._apply(fn, recurse)
