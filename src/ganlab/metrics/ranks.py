"""The processes that describe images together, and one that is alone."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor


class Ranks(NamedTuple):
    """The processes that describe a set together; image i is the task of process i modulo ``world``.

    gather: stacks a tensor of the same shape from every process, (world, ...), on each of them.
    """

    rank: int = 0
    world: int = 1
    gather: Callable[[Tensor], Tensor] = lambda value: value.unsqueeze(0)

    def interleaved(self, rows: Tensor, n: int) -> Tensor:
        """Every process's rows as the n rows of one process, in the set's order."""
        maximum = -(-n // self.world)
        padded = rows.new_zeros(maximum, *rows.shape[1:])
        padded[: len(rows)] = rows
        return self.gather(padded).transpose(0, 1).flatten(0, 1)[:n]


ALONE = Ranks()
