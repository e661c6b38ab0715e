"""Distributed data parallel for several players: each update reduces only its own player's gradients."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from lightning.pytorch.utilities.types import STEP_OUTPUT
from torch import Tensor

from ganlab.lightning_internals import LaunchedDDP
from ganlab.training.processes import Launcher, meet

if TYPE_CHECKING:
    from ganlab.models.base import GAN


class AdversarialDDP(LaunchedDDP):
    """DDP without a wrapper around the module.

    ``torch.nn.parallel.DistributedDataParallel`` expects every parameter to receive a gradient in every backward pass,
    which no GAN does. Here the processes start from rank 0's weights, and after each backward pass they average the
    gradients of the parameters that require them: within ``GAN.update`` just the moving player's. Batch statistics
    follow rank 0 from step to step.

    run_dir: from where the processes that this one starts read their configuration.
    timeout: seconds that a process waits for its peers.
    """

    lightning_module: "GAN"  # whenever one of its steps is taken

    def __init__(self, *, run_dir: Path | None = None, timeout: float = 300.0, **options: Any) -> None:
        super().__init__(timeout=timedelta(seconds=timeout), **options)
        self.run_dir = run_dir

    def make_launcher(self) -> Launcher:
        self.processes = Launcher(self.cluster_environment, self.num_processes, self.num_nodes, self.run_dir)
        return self.processes

    def setup_distributed(self) -> None:
        meet(super().setup_distributed, self.processes.absent)

    def configure_ddp(self) -> None:
        """All start from rank 0's weights; the module stays without a wrapper."""
        broadcast_coalesced([*self.lightning_module.parameters(), *self.lightning_module.buffers()])

    def post_backward(self, closure_loss: Tensor) -> None:
        gradients = [
            p.grad for p in self.lightning_module.parameters() if p.requires_grad and p.grad is not None
        ]
        average_coalesced(gradients)

    def training_step(self, *args: Any, **kwargs: Any) -> STEP_OUTPUT:
        """The module's, and then rank 0's batch statistics for all, before any callback looks, samples or saves."""
        output = super().training_step(*args, **kwargs)
        if self.lightning_module.last_part:
            broadcast_coalesced([b for b in self.lightning_module.buffers() if b.is_floating_point()])
        return output


@torch.no_grad()
def average_coalesced(tensors: list[Tensor]) -> None:
    """Replace each tensor by its mean over all processes, with one message for all."""
    if not tensors:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    _scatter(flat, tensors)


@torch.no_grad()
def broadcast_coalesced(tensors: list[Tensor]) -> None:
    """Give every process rank 0's values, with one message for each data type."""
    for dtype in sorted({tensor.dtype for tensor in tensors}, key=str):
        group = [tensor for tensor in tensors if tensor.dtype == dtype]
        flat = torch.cat([tensor.detach().reshape(-1) for tensor in group])
        dist.broadcast(flat, src=0)
        _scatter(flat, group)


def _scatter(flat: Tensor, tensors: list[Tensor]) -> None:
    for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))
