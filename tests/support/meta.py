"""Models on PyTorch's device "meta", whose tensors have shapes and no values: a step there costs next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch

import ganlab.models.players
from ganlab.randomness import Draws


class OnMeta(Draws):
    """A generator of random numbers cannot be made there."""

    def __init__(self, seed: int, world: int = 1) -> None:
        self.seed, self.rank, self.world, self.generator = seed, 0, world, None
        self.reseed()

    @property
    def device(self) -> torch.device:
        return torch.device("meta")

    def reseed(self, *parts) -> None:
        self._parts, self._common = parts, None


@contextmanager
def on_meta() -> Iterator[None]:
    """Within it, what the device has none of is that of the processor: fused optimizers, autocast."""
    autocast, enabled = torch.autocast, torch.is_autocast_enabled
    with (
        patch.object(ganlab.models.players, "fused", lambda player, factory, parameters: factory(parameters)),
        patch.object(torch, "autocast", lambda kind, **options: autocast("cpu", **options)),
        patch.object(torch, "is_autocast_enabled", lambda kind: enabled("cpu")),
    ):
        yield


def to_meta(module) -> None:
    """Bring the model there after its first step, with optimizers that are made for what it is there."""
    module.to("meta")
    module.configure_optimizers()
    module.draws = OnMeta(0)
    module.manual_backward = lambda loss: loss.backward()
    module.train()
    module.steps = 1
