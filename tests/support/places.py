"""Image data that believes to be trained on: at a step, as one of several ranks."""

from types import SimpleNamespace

import torch

from ganlab.data.base import ImageData


def attach(data: ImageData, *, steps=0, rank=0, world=1) -> ImageData:
    data.trainer = SimpleNamespace(
        lightning_module=SimpleNamespace(steps=torch.tensor(steps)),
        global_rank=rank,
        world_size=world,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )
    return data
