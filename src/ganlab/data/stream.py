"""The order of training samples as a function of the step: nothing to store, nothing to lose on resume."""

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import derive


class IndexStream:
    """Which samples make up the batch of a step, on one of ``world`` processes.

    The samples run through one endless row of positions: the one at position g is
    ``permutation(seed, g // length)[g % length]``, so that every ``length`` positions hold each sample once.
    The batch of step s, over all ranks, is positions [s * B * world, (s + 1) * B * world), and rank r takes
    the r-th slice of B: two ranks at batch B see what one process at batch 2B sees.

    Raises:
        UserError: no samples, or fewer than one global batch.
    """

    def __init__(self, *, length: int, batch_size: int, seed: int, rank: int = 0, world: int = 1) -> None:
        if length == 0:
            raise UserError(
                "the training set holds 0 images: 0 batches per epoch; check the data set's settings"
            )
        if batch_size * world > length:
            spread = f" on each of {world} processes" if world > 1 else ""
            raise UserError(
                f"data.batch_size={batch_size}{spread} is more than the {length} training images: "
                f"0 batches per epoch; try data.batch_size={max(1, length // world)} or less"
            )
        self.length, self.batch_size, self.seed = length, batch_size, seed
        self.rank, self.world = rank, world
        self._permutations: dict[int, Tensor] = {}

    def positions(self, step: int) -> range:
        """The global positions of this rank's samples at ``step``, counted from 0."""
        first = (step * self.world + self.rank) * self.batch_size
        return range(first, first + self.batch_size)

    def indices(self, step: int) -> Tensor:
        """(batch_size,) int64: which samples this rank trains on at ``step``."""
        epoch, start = divmod(self.positions(step).start, self.length)
        own = self._permutation(epoch)[start : start + self.batch_size]
        if len(own) < self.batch_size:  # the batch reaches into the next epoch
            own = torch.cat((own, self._permutation(epoch + 1)[: self.batch_size - len(own)]))
        return own

    def _permutation(self, epoch: int) -> Tensor:
        if epoch not in self._permutations:
            generator = torch.Generator().manual_seed(derive(self.seed, "perm", epoch))
            self._permutations = {e: p for e, p in self._permutations.items() if e == epoch - 1}
            self._permutations[epoch] = torch.randperm(self.length, generator=generator)
        return self._permutations[epoch]
