"""Distributed data parallel for several players: each update reduces only its own player's gradients."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from torch import Tensor, nn


class AdversarialDDP(DDPStrategy):
    """DDP without a wrapper around the module.

    ``torch.nn.parallel.DistributedDataParallel`` expects every parameter to receive a gradient in every backward pass,
    which no GAN does. Here the processes start from rank 0's weights, and after each backward pass they average the
    gradients of the parameters that require them: within ``GAN.update`` just the moving player's. Batch statistics
    follow rank 0 from step to step.

    run_dir: from where the processes that this one starts read their configuration.
    timeout: seconds that a process waits for its peers.
    """

    def __init__(self, *, run_dir: Path | None = None, timeout: float = 300.0, **options) -> None:
        super().__init__(timeout=timedelta(seconds=timeout), **options)
        self.run_dir = run_dir

    def _configure_launcher(self) -> None:
        self._launcher = _Launcher(self.cluster_environment, self.num_processes, self.num_nodes, self.run_dir)

    def _setup_model(self, model: nn.Module) -> nn.Module:
        broadcast_coalesced([*model.parameters(), *model.buffers()])
        return model

    def _register_ddp_hooks(self) -> None:
        """Nothing: there is no wrapper to hook into."""

    def post_backward(self, closure_loss: Tensor) -> None:
        gradients = [
            p.grad for p in self.lightning_module.parameters() if p.requires_grad and p.grad is not None
        ]
        average_coalesced(gradients)

    def training_step(self, *args, **kwargs):
        """The module's, and then rank 0's batch statistics for all, before any callback looks, samples or saves."""
        output = super().training_step(*args, **kwargs)
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


class _Launcher(_SubprocessScriptLauncher):
    """Starts the other processes from the run's saved configuration, whatever command started this one."""

    def __init__(self, cluster_environment, num_processes: int, num_nodes: int, run_dir: Path | None) -> None:
        super().__init__(cluster_environment, num_processes, num_nodes)
        self.run_dir = run_dir

    def _call_children_scripts(self) -> None:
        if self.run_dir is None:
            return super()._call_children_scripts()
        self._check_can_spawn_children()
        environment = self.cluster_environment
        os.environ |= {
            "MASTER_ADDR": environment.main_address,
            "MASTER_PORT": str(environment.main_port),
            "NODE_RANK": str(environment.node_rank()),
            "LOCAL_RANK": str(environment.local_rank()),
            "WORLD_SIZE": str(self.num_processes * self.num_nodes),
        }
        command = [sys.executable, "-m", "ganlab.training.worker", str(self.run_dir)]
        self.procs = [
            subprocess.Popen(command, env=os.environ | {"LOCAL_RANK": str(rank)})
            for rank in range(1, self.num_processes)
        ]
        return None


def leave_group(launcher: object) -> None:
    """Close the group, wait for the processes that were started, forget their addresses: the next run starts fresh."""
    if not (dist.is_available() and dist.is_initialized()):
        return
    dist.destroy_process_group()
    if isinstance(launcher, _Launcher) and launcher.procs:
        for process in launcher.procs:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # it waits for a peer that has failed
                process.kill()
        for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE"):
            os.environ.pop(name, None)
