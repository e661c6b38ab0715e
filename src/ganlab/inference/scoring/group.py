"""The processes that torchrun or srun started to score together: all of them look, and the first one keeps account."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist

from ganlab.training.environment import started_together

T = TypeVar("T")
PATIENCE = timedelta(hours=6)  # the others wait while the first one computes scores


class Group(NamedTuple):
    """This process and how many there are. What is sent between them is pickled: it comes from one command."""

    rank: int = 0
    world: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def of_first(self, value: T) -> T:
        """The first process's value, on all of them."""
        if self.world == 1:
            return value
        held = [value]
        dist.broadcast_object_list(held, src=0)
        return held[0]

    def of_each(self, value: T) -> list[T]:
        """Every process's value, on all of them: for little."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        dist.all_gather_object(found, value)
        return found

    def to_first(self, value: T) -> list[T]:
        """Every process's value, on the first one; nothing on the others."""
        if self.world == 1:
            return [value]
        found: list[Any] | None = [None] * self.world if self.is_first else None
        dist.gather_object(value, found)
        return found or []

    def device(self, device: torch.device) -> torch.device:
        """Of several GPUs, this process's own."""
        if device.type != "cuda" or self.world == 1:
            return device
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


ALONE = Group()


@contextmanager
def joined() -> Iterator[Group]:
    """Within, the processes that were started together are one group; without torchrun it is this one alone."""
    if started_together() == 1 or "RANK" not in os.environ:
        yield ALONE
        return
    dist.init_process_group("gloo", timeout=PATIENCE)
    try:
        yield Group(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
