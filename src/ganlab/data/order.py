"""The order of training samples as a function of the step: nothing to store, nothing to lose on resume."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import derive


def fixed_order(n: int, *name: str) -> Tensor:
    """A shuffle of 0 to n - 1 that is the same in every run, whatever its seed."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(derive(0, *name)))


def kept(length: int, limit: int | None) -> Tensor:
    """(n,) which of ``length`` samples are trained on: ``limit`` of them, the same ones in every run; None: all."""
    return torch.arange(length) if limit is None else fixed_order(length, "limit")[:limit]


class IndexStream:
    """Which samples make up the batch of a step, on one of ``world`` processes.

    The samples run through one endless row of positions: the one at position g is
    ``permutation(seed, g // length)[g % length]``, so that every ``length`` positions hold each sample once.
    The batch of step s, over all ranks, is positions [s * B * world, (s + 1) * B * world), and rank r takes
    the r-th slice of B: two ranks at batch B see what one process at batch 2B sees.

    parts: how often ``batch_size`` a step of a process is of: B is their product.
    batch_at: for batches of changing size, from a step to the positions before it over all ranks, in place of
        s * B * world, and to its B, at most ``batch_size``.
    side_at: for images that may be smaller, from a step to the pixels on a side that they need.
    limit: of all ``length`` samples, how many are drawn at all, the same ones in every run; None: all.

    Raises:
        UserError: no samples, or fewer than one global batch.
    """

    def __init__(
        self,
        *,
        length: int,
        batch_size: int,
        seed: int,
        parts: int = 1,
        rank: int = 0,
        world: int = 1,
        batch_at: Callable[[int], tuple[int, int]] | None = None,
        side_at: Callable[[int], float] | None = None,
        limit: int | None = None,
    ) -> None:
        self.kept = None if limit is None else kept(length, limit)
        length = length if limit is None else min(limit, length)
        if length == 0:
            raise UserError(
                "the training set holds 0 images: 0 batches per epoch; check the data set's settings"
            )
        if batch_size * parts * world > length:
            spread = f", {parts} times (trainer.accumulate)," if parts > 1 else ""
            spread += f" on each of {world} processes" if world > 1 else ""
            raise UserError(
                f"data.batch_size={batch_size}{spread} is more than the {length} training images: "
                f"0 batches per epoch; try data.batch_size={max(1, length // world // parts)} or less"
            )
        batch_size *= parts
        self.length, self.batch_size, self.seed = length, batch_size, seed
        self.rank, self.world = rank, world
        self.batch_at = batch_at or (lambda step: (step * batch_size * world, batch_size))
        self.side_at = side_at or (lambda step: math.inf)
        self._permutations: dict[int, Tensor] = {}

    def positions(self, step: int) -> range:
        """The global positions of this rank's samples at ``step``, counted from 0."""
        before, size = self.batch_at(step)
        return range(before + self.rank * size, before + (self.rank + 1) * size)

    def indices(self, step: int) -> Tensor:
        """(B,) int64: which samples this rank trains on at ``step``."""
        positions = self.positions(step)
        epoch, start = divmod(positions.start, self.length)
        own = self._permutation(epoch)[start : start + len(positions)]
        if len(own) < len(positions):  # the batch reaches into the next epoch
            own = torch.cat((own, self._permutation(epoch + 1)[: len(positions) - len(own)]))
        return own if self.kept is None else self.kept[own]

    def _permutation(self, epoch: int) -> Tensor:
        if epoch not in self._permutations:
            generator = torch.Generator().manual_seed(derive(self.seed, "perm", epoch))
            self._permutations = {e: p for e, p in self._permutations.items() if e == epoch - 1}
            self._permutations[epoch] = torch.randperm(self.length, generator=generator)
        return self._permutations[epoch]
