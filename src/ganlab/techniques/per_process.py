"""What each process of a distributed run has for itself."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn


class PerProcess(nn.Module):
    """A module whose state differs between the processes of a distributed run and is saved for each of them.

    The state is not in buffers, which follow rank 0, but in ``get_extra_state`` and ``set_extra_state``, as a dict of
    tensors and plain values.
    """


def per_process(module: nn.Module) -> Iterator[tuple[str, PerProcess]]:
    """The parts of ``module`` that each process has for itself, by name."""
    return ((name, part) for name, part in module.named_modules() if isinstance(part, PerProcess))


def states_of_all(module: nn.Module, world: int) -> list[dict[str, Any]]:
    """For each of ``world`` processes the state of its own parts, on the CPU; to be called on all of them."""
    own = {
        name: {
            key: value.cpu() if isinstance(value, Tensor) else value
            for key, value in part.get_extra_state().items()
        }
        for name, part in per_process(module)
    }
    if world == 1 or not own:
        return [own]
    states: list[dict[str, Any]] = [{}] * world
    torch.distributed.all_gather_object(states, own)
    return states
