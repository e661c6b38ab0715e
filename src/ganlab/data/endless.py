"""Batches without end, in an order that is a function of the step: what every data module gives to training."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypedDict

import torch
from lightning.pytorch import LightningDataModule

from ganlab.bounds import Count
from ganlab.data.identity import Identity, changes, identity_of
from ganlab.errors import UserError
from ganlab.lightning_internals import accumulation_of
from ganlab.types import Batch, Growing


class BatchOptions(TypedDict, total=False):
    """The constructor arguments of every data module.

    batch_size: samples per step and process, or of a part of these (``trainer.accumulate``).
    seed: of the order, and of what is done to the samples at random.
    """

    batch_size: Count
    seed: int


class StoredOptions(BatchOptions, total=False):
    """Those of data whose samples are stored.

    limit: how many training samples, of each side where there are two, are trained on, the same ones for every seed;
        null: all. Scores compare with all that there are.
    """

    limit: Count | None


class EndlessData(LightningDataModule):
    """Batches without end, made of stored images in an order that depends on (seed, step, rank) alone.

    Args: see ``StoredOptions``.
    """

    kind: str

    def __init__(self, *, batch_size: Count = 64, seed: int = 0, limit: Count | None = None) -> None:
        super().__init__()
        if batch_size < 1:
            raise UserError(f"data.batch_size={batch_size}: a batch needs at least 1 image")
        self.batch_size, self.seed, self.limit = batch_size, seed, limit
        self._splits: Any = None
        self._identity: Identity | None = None

    def load(self) -> Any:
        """Read, download or list the images; raises UserError for what cannot be trained on."""
        raise NotImplementedError

    def _batches(self) -> Iterator[Batch]:
        """The training batches from where the training stands."""
        raise NotImplementedError

    def _order(self, rank: int, world: int) -> Any:
        """The order of the training images; raises UserError where they are less than one batch."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Load and check everything that can be checked before training; a second call does nothing.

        Raises:
            UserError: the data is missing, damaged or less than one batch.
        """
        if self._splits is None:
            self._splits = self.load()
            self._order(0, 1)

    def identity(self) -> Identity:
        """See :func:`~ganlab.data.identity.identity_of`; found out once."""
        if self._identity is None:
            self.prepare()
            self._identity = identity_of(self._splits)
        return self._identity

    def changes(self, before: Identity, *, same_settings: bool) -> str:
        """See :func:`~ganlab.data.identity.changes`."""
        return changes(before, self.identity(), same_settings=same_settings)

    def prepare_data(self) -> None:
        self.prepare()

    def setup(self, stage: str) -> None:
        self.prepare()
        _, rank, world, _ = place(self)
        self._order(rank, world)  # more processes need more images

    def train_dataloader(self) -> "Endless":
        """Training batches without end; the first is the one that follows the steps already done."""
        return Endless(self._batches)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Training batches are made on the device: this moves nothing then."""
        return {key: value.to(device, non_blocking=True) for key, value in batch.items()}


class Endless:
    """An iterable without length; each pass begins where the trained module stands when the pass begins."""

    def __init__(self, begin: Callable[[], Iterator[Batch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[Batch]:
        return self._begin()


def place(data: LightningDataModule) -> tuple[int, int, int, torch.device]:
    """Where the training stands that ``data`` is for: steps done, rank, number of processes, device."""
    trainer = data.trainer
    if trainer is None:
        return 0, 0, 1, torch.device("cpu")
    steps = int(getattr(trainer.lightning_module, "steps", 0))  # any LightningModule may use this data
    return steps, trainer.global_rank, trainer.world_size, trainer.strategy.root_device


def parts_of_batch(data: LightningDataModule) -> int:
    """How often a step has ``batch_size`` samples, on each process: ``trainer.accumulate``."""
    return 1 if data.trainer is None else accumulation_of(data.trainer)


def growth_of(data: EndlessData, world: int) -> dict[str, Callable[[int], Any]]:
    """What ``IndexStream`` is told besides where the trained module grows."""
    module = None if data.trainer is None else data.trainer.lightning_module
    if not isinstance(module, Growing):
        return {}
    queries = {"batch_at": module.batch_at, "side_at": module.side_at}
    return {
        name: partial(ask, usual=data.batch_size * parts_of_batch(data), world=world)
        for name, ask in queries.items()
    }
