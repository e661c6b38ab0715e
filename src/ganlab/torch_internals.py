"""The one place for names that PyTorch keeps to itself; tests/test_internals.py says when one is gone."""

import math
from collections.abc import Callable
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Adam, AdamW, Optimizer
from torch.optim import optimizer as of_all
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = [
    "PICKLED",
    "BatchNorm",
    "Movable",
    "TorchDispatchMode",
    "copy_all_",
    "lerp_all_",
    "norm_of_all",
    "require_dimensions",
    "step_of",
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


def norm_of_all(tensors: list[Tensor]) -> float:
    """The norm of all together, 0 of none; not finite if a value is not. It waits for the device."""
    return math.hypot(*(norm.item() for norm in torch._foreach_norm(tensors))) if tensors else 0.0


def step_of(optimizer: Optimizer) -> None:
    """``optimizer.step()``, to the same bits; of a fused Adam on a CPU without what PyTorch looks up each time.

    For a small network that is nearly half of the call. What is out of the ordinary is left to PyTorch.
    """
    groups = optimizer.param_groups
    if type(optimizer) not in (Adam, AdamW) or _is_watched(optimizer) or not all(map(_is_plain, groups)):
        optimizer.step()
        return
    moving = [[p for p in group["params"] if p.grad is not None] for group in groups]
    if not all(parameters and all(p in optimizer.state for p in parameters) for parameters in moving):
        optimizer.step()  # the first, which begins the averages
        return
    for group, parameters in zip(groups, moving, strict=True):
        _fused_adam_(group, parameters, [optimizer.state[p] for p in parameters])


def _is_watched(optimizer: Optimizer) -> bool:
    """Whether somebody wants to know of its steps: a schedule of PyTorch's, a hook, a loss scaler."""
    return bool(
        "step" in vars(optimizer)
        or optimizer._optimizer_step_pre_hooks
        or optimizer._optimizer_step_post_hooks
        or of_all._global_optimizer_pre_hooks
        or of_all._global_optimizer_post_hooks
        or "found_inf" in vars(optimizer)
    )


def _is_plain(group: dict[str, Any]) -> bool:
    """Whether the group is stepped by one kernel on the CPU."""
    return (
        group["fused"]
        and not group["amsgrad"]
        and isinstance(group["lr"], float)
        and all(p.is_cpu and p.dtype == torch.float32 for p in group["params"])
    )


@torch.no_grad()
def _fused_adam_(group: dict[str, Any], parameters: list[Tensor], states: list[dict[str, Tensor]]) -> None:
    steps = [state["step"] for state in states]
    beta1, beta2 = group["betas"]
    torch._foreach_add_(steps, 1)
    kernel = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
    kernel(
        parameters,
        [cast("Tensor", p.grad) for p in parameters],
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        [],
        steps,
        lr=group["lr"],
        beta1=beta1,
        beta2=beta2,
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        amsgrad=False,
        maximize=group["maximize"],
    )


class Movable(nn.Module):
    """A module that hears of it when its tensors become others."""

    def moved(self) -> None:
        """Called before a move to another device or type."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self.moved()
        return super()._apply(fn, recurse)
