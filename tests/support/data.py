"""Data modules read as a trainer would, and what they refuse."""

from itertools import islice
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
import torch
from lightning.pytorch import LightningDataModule

from ganlab.errors import UserError

Data = TypeVar("Data", bound=LightningDataModule)


def complaint(data: Any) -> str:
    """The sentence that the data stops with before training."""
    with pytest.raises(UserError) as caught:
        data.prepare()
    return str(caught.value)


def first(data: LightningDataModule, n: int) -> list[dict[str, torch.Tensor]]:
    """The first ``n`` training batches; workers have ended when they are there."""
    stream = iter(data.train_dataloader())
    batches = list(islice(stream, n))
    stream.close()
    return batches


def attach(data: Data, *, steps: int = 0, rank: int = 0, world: int = 1) -> Data:
    """The data as it is on one of ``world`` processes, for a module that has done ``steps`` steps."""
    data.trainer = SimpleNamespace(
        lightning_module=SimpleNamespace(steps=torch.tensor(steps)),
        global_rank=rank,
        world_size=world,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )
    return data
