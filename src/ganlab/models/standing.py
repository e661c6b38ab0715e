"""Batch norm's statistics of the very network that samples are drawn from, taken anew once training is over."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws
from ganlab.torch_internals import BatchNorm

BATCH = 64  # samples that each pass normalizes together, however many are drawn at once afterwards


@contextmanager
def standing_statistics(model: LatentGAN, batches: int | None) -> Iterator[None]:
    """The averaged generator's batch norms have standing statistics within (Brock et al. 2019, appendix C).

    It draws ``batches`` times 64 samples, of all classes and of the noise that it draws samples from (truncated noise
    where that is truncated), each batch norm normalizing by the batch as in training. Means and variances of
    the batches, averaged, are what samples are normalized by from then on; they depend on the run's seed and on
    ``batches`` alone. None: as they are.

    Raises:
        UserError: fewer than one batch, or a generator without batch norm.
    """
    if batches is None:
        yield
        return
    norms = norms_of(model.average.current())
    if batches < 1:
        raise UserError(
            f"standing_statistics={batches}: expected a number of batches, at least 1, such as 100"
        )
    if not norms:
        raise UserError(
            f"standing_statistics={batches}: this generator has no batch norm, whose statistics could be taken anew; "
            "leave standing_statistics out"
        )
    before = [{name: value.clone() for name, value in norm.named_buffers()} for norm in norms]
    momenta = [norm.momentum for norm in norms]
    model.average.noted = f", standing statistics of {batches} batches"
    try:
        _take(model, norms, batches)
        yield
    finally:
        model.average.noted = ""
        for norm, values, momentum in zip(norms, before, momenta, strict=True):
            norm.load_state_dict(values, strict=False)
            norm.momentum = momentum


def norms_of(network: nn.Module) -> list[BatchNorm]:
    """Its batch norms that normalize samples by statistics of earlier batches."""
    return [
        module
        for module in network.modules()
        if isinstance(module, BatchNorm) and module.running_mean is not None
    ]


@torch.no_grad()
def _take(model: LatentGAN, norms: list[BatchNorm], batches: int) -> None:
    network = model.average.current()
    inputs = model.inputs(batches * BATCH, Draws(model.seed, "standing"))
    with eval_mode(network):
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
            norm.train()
        for first in range(batches):  # every so many: labels come in order
            model.drawn(network, *(values[first::batches].to(model.device) for values in inputs))
