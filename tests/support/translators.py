"""Held-out examples and translators without networks, for tests."""

from collections.abc import Callable

import torch
from torch import Tensor

from ganlab.models.translation.base import ImageToImage
from ganlab.pixels import from_uint8
from ganlab.types import Batch


class Examples:
    """An ExampleSet of given tensors (n, C, H, W) in [-1, 1]."""

    def __init__(self, **columns: Tensor) -> None:
        self.columns = columns
        self.names = [f"example {index}" for index in range(len(self))]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def batch(self, indices: Tensor) -> Batch:
        return Batch(**{key: values[indices] for key, values in self.columns.items()})

    def fingerprint(self) -> str:
        return "f" * 64


class TwoDomains:
    """An UnpairedSet of two image sets."""

    def __init__(self, a, b, truth: Tensor | None = None) -> None:
        self.sides, self.truth = {"a": a, "b": b}, truth
        self.names = [f"example {index}" for index in range(len(self))]

    def __len__(self) -> int:
        return max(map(len, self.sides.values()))

    def batch(self, indices: Tensor) -> Batch:
        return Batch(
            **{key: from_uint8(side.images(indices % len(side))) for key, side in self.sides.items()}
        )

    def side(self, name: str):
        return self.sides[name]

    def fingerprint(self) -> str:
        return "f" * 64


class Answers:
    """A translator that gives what a function makes of a batch; notes the seeds and the sizes of batches."""

    data_kind = "paired"
    has_styles = False
    directions: tuple[str, ...] = ("output",)

    def __init__(self, answer: Callable[[Batch], dict[str, Tensor]]) -> None:
        self.answer, self.asked = answer, []

    def translate(self, batch: Batch, *, seed: int = 0) -> dict[str, Tensor]:
        self.asked.append((seed, len(next(iter(batch.values())))))
        return self.answer(batch)

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        return {"input": next(iter(batch.values())), "output": next(iter(self.answer(batch).values()))}

    def convert(self, image, direction, *, mask=None, seed=0, tile=None) -> Tensor:
        return -image

    def interpolated(self, alpha: float | None):
        return ImageToImage.interpolated(self, alpha)


def noise(n: int, channels: int, height: int, width: int, seed: int = 0) -> Tensor:
    """(n, channels, height, width) uint8."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, channels, height, width), generator=generator, dtype=torch.uint8)


def pictures(n: int, channels: int = 1, height: int = 16, width: int = 12, seed: int = 0) -> Tensor:
    """The same in [-1, 1]."""
    return from_uint8(noise(n, channels, height, width, seed))
