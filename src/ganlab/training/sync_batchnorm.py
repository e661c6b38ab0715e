"""Batch normalization over the batches of all processes, on CPUs and GPUs alike."""

from types import MethodType

import torch
import torch.distributed as dist
from lightning.pytorch.plugins.layer_sync import LayerSync
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from ganlab.errors import UserError
from ganlab.torch_internals import BatchNorm, require_dimensions


class SyncBatchNorm(LayerSync):
    """Lets every batch norm of a model normalize by the batch of all processes, for as long as training lasts.

    The layers stay what they are: their kind, weights, statistics and names in a checkpoint. Only what they do with a
    batch in training is exchanged, so that the run is resumed, sampled and scored with or without this.

    ``torch.nn.SyncBatchNorm`` refuses a CPU and cannot be differentiated twice, which gradient penalties need.
    """

    def apply(self, model: nn.Module) -> nn.Module:
        """Raises UserError for a layer that does something of its own with a batch."""
        if dist.get_world_size() == 1:
            return model
        for name, layer in _batch_norms(model):
            if type(layer).forward is not BatchNorm.forward:
                raise UserError(
                    f"trainer.sync_batchnorm=true: {name} is a {type(layer).__name__}, whose forward is its own and "
                    "would be passed over; use torch.nn.BatchNorm2d there, or trainer.sync_batchnorm=false"
                )
            vars(layer)["forward"] = MethodType(normalize, layer)
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        for _, layer in _batch_norms(model):
            vars(layer).pop("forward", None)
        return model


def _batch_norms(model: nn.Module) -> list[tuple[str, BatchNorm]]:
    return [(name, layer) for name, layer in model.named_modules() if isinstance(layer, BatchNorm)]


def normalize(layer: BatchNorm, x: Tensor) -> Tensor:
    """What ``layer`` makes of (B, C, ...) in training, B being the samples of all processes; in eval mode its own."""
    if not layer.training:
        return BatchNorm.forward(layer, x)
    require_dimensions(layer, x)
    mean, variance, count = statistics(x)
    if layer.track_running_stats:
        _remember(layer, mean.detach(), variance.detach() * (count / (count - 1)))
    scale = (variance + layer.eps).rsqrt()
    scale = scale if layer.weight is None else scale * layer.weight
    offset = -mean * scale if layer.bias is None else layer.bias - mean * scale
    shape = (1, -1, *[1] * (x.dim() - 2))
    return torch.addcmul(offset.view(shape), x.to(scale.dtype), scale.view(shape)).to(x.dtype)


class SumOverProcesses(torch.autograd.Function):
    """The sum of a tensor over all processes. So is its gradient: each process's losses depend on every summand."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        x = x.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        return SumOverProcesses.apply(gradient)


def statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance (C,) of (B, C, ...) over the samples of all processes, and how many numbers they are of.

    Differentiable, also twice: a gradient here holds what the losses of all processes owe to this one's samples. Each
    process writes its own row of a table, of which one message makes the sum: means of squares would cancel.
    """
    axes = [0, *range(2, x.dim())]
    variance, mean = torch.var_mean(x if x.dtype == torch.float64 else x.float(), axes, correction=0)
    own = torch.cat([mean, variance, mean.new_tensor([x.numel() / x.shape[1]])])
    rows = [
        own if rank == dist.get_rank() else torch.zeros_like(own) for rank in range(dist.get_world_size())
    ]
    means, variances, counts = SumOverProcesses.apply(torch.stack(rows)).split(
        [len(mean), len(mean), 1], dim=1
    )
    share = counts / counts.sum()
    mean = (share * means).sum(dim=0)
    variance = (share * (variances + (means - mean).square())).sum(dim=0)
    return mean, variance, counts.detach().sum()


@torch.no_grad()
def _remember(layer: BatchNorm, mean: Tensor, variance: Tensor) -> None:
    batches, running_mean, running_var = layer.num_batches_tracked, layer.running_mean, layer.running_var
    if batches is None or running_mean is None or running_var is None:
        return
    batches += 1
    momentum = 1 / batches.item() if layer.momentum is None else layer.momentum
    running_mean.lerp_(mean.to(running_mean.dtype), momentum)
    running_var.lerp_(variance.to(running_var.dtype), momentum)
