"""The energy distance between points: a score for any distribution, modes or none."""

from typing import ClassVar, Protocol

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.metrics.images.base import FakeScores
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.score_record import Better


class Points(Protocol):
    """Real points (N, D)."""

    points: Tensor


class EnergyDistance(FakeScores):
    """Energy distance (Székely, Rizzo 2013) of ``n_fake`` generated points from the real ones of the train split."""

    direction: ClassVar[dict[str, Better]] = {"energy": "lower"}

    @bounded
    def __init__(
        self, *, n_fake: Samples = 2500, averaged: bool = True, seed: int = 0, batch_size: Size = 2500
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)

    def prepare(self, train: Points, test: Points, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Keep the real points; the other split gives the floor."""
        self.real = train.points
        self.floors, self.floor_n = self.values(test.points), len(test.points)

    def describe(self, samples: Tensor) -> Tensor:
        return samples

    def values(self, described: Tensor) -> dict[str, float | None]:
        return {"energy": energy_distance(self.real, described)}

    def measured(self) -> str:
        return f"energy distance from {len(self.real):,} points of the train split"


def energy_distance(one: Tensor, other: Tensor) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| of points (N, D) and (M, D), without bias; 0 or a little below if equal."""
    one, other = one.double(), other.double()
    across = torch.cdist(one, other).mean()
    return float(2 * across - torch.pdist(one).mean() - torch.pdist(other).mean())
