"""Points of the plane whose distribution is known: what a game does to them can be seen and counted."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Unpack

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from ganlab.bounds import Count, Positive, Size
from ganlab.data.base import Split
from ganlab.data.endless import BatchOptions, Endless, parts_of_batch, place
from ganlab.errors import UserError
from ganlab.memory_budget import require_memory
from ganlab.randomness import Draws
from ganlab.types import Batch

# points in each fixed set, as many as the mode coverage of Srivastava et al. 2017 is measured on
HELD = 2_500


@dataclass(frozen=True)
class PointSet:
    """A fixed set of ``points`` (N, 2) float32, and the modes that they spread around by ``sigma``.

    means: (K, 2), one for each mode; (0, 2) where the distribution has none.
    """

    points: Tensor
    means: Tensor
    sigma: float
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    def fingerprint(self) -> str:
        """A hash of the points."""
        return hashlib.sha256(self.points.numpy().tobytes()).hexdigest()


class PointData(LightningDataModule):
    """Batches ``point`` (B, 2) float32 without end, each drawn anew as a function of (seed, step, rank) alone.

    ``dataset`` gives two sets of 2,500 points for pictures and metrics, the same in every run.

    sigma: standard deviation around the modes, or around the curve. batch_size: points per step and process.
    """

    kind: str = "points"
    shape: ClassVar[tuple[int, ...]] = (2,)
    classes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, sigma: Positive, batch_size: Count = 256, seed: int = 0) -> None:
        super().__init__()
        self.sigma, self.batch_size, self.seed = sigma, batch_size, seed
        self.means = torch.zeros(0, 2)
        _require_positive(sigma=sigma, batch_size=batch_size)
        # positions, noise, labels: 64-bit numbers
        require_memory(40 * batch_size, f"data.batch_size={batch_size}")

    def draw(self, draws: Draws, n: int) -> Tensor:
        """(n, 2) float32 from the distribution."""
        raise NotImplementedError

    def prepare(self) -> None:
        """There is nothing to load."""

    def dataset(self, split: Split) -> PointSet:
        """2,500 points that do not depend on ``seed``; no training batch holds any of them."""
        return PointSet(self.draw(Draws(0, "points", split), HELD), self.means, self.sigma)

    def train_dataloader(self) -> Endless:
        """Training batches without end; the first is the one that follows the steps already done."""
        return Endless(self._batches)

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, _ = place(self)
        draws = Draws(self.seed, rank=rank, world=world)  # on the CPU: the same points on every device
        while True:
            draws.reseed("points", step)
            yield Batch(point=self.draw(draws, self.batch_size * parts_of_batch(self)))
            step += 1


class Mixture(PointData):
    """Equal shares of round Gaussians around ``means`` (K, 2)."""

    def __init__(self, *, means: Tensor, sigma: Positive, **options: Unpack[BatchOptions]) -> None:
        super().__init__(sigma=sigma, **options)
        self.means = means

    def draw(self, draws: Draws, n: int) -> Tensor:
        return self.means[draws.integers(n, len(self.means))] + self.sigma * draws.normal(n, 2)


class Ring(Mixture):
    """``modes`` Gaussians, evenly on a circle; 8 of sigma 0.01 on radius 1 in Srivastava et al. 2017 (VEEGAN)."""

    def __init__(
        self,
        *,
        modes: Size = 8,
        radius: Positive = 1.0,
        sigma: Positive = 0.01,
        **options: Unpack[BatchOptions],
    ) -> None:
        _require_positive(modes=modes, radius=radius)
        angles = torch.arange(modes) * (2 * math.pi / modes)
        super().__init__(means=radius * _on_circle(angles), sigma=sigma, **options)


class Grid(Mixture):
    """``side`` times ``side`` Gaussians, ``spacing`` apart; 5 x 5 at -4, -2, 0, 2, 4 of sigma 0.05 in VEEGAN."""

    def __init__(
        self,
        *,
        side: Size = 5,
        spacing: Positive = 2.0,
        sigma: Positive = 0.05,
        **options: Unpack[BatchOptions],
    ) -> None:
        _require_positive(side=side, spacing=spacing)
        line = spacing * (torch.arange(side) - (side - 1) / 2)
        super().__init__(means=torch.cartesian_prod(line, line), sigma=sigma, **options)


class Spirals(PointData):
    """``arms`` spirals from the origin to the circle of ``radius``, each of ``turns`` turns, as dense all along."""

    def __init__(
        self,
        *,
        arms: Size = 2,
        turns: Positive = 1.5,
        radius: Positive = 1.0,
        sigma: Positive = 0.02,
        **options: Unpack[BatchOptions],
    ) -> None:
        super().__init__(sigma=sigma, **options)
        _require_positive(arms=arms, turns=turns, radius=radius)
        self.arms, self.turns, self.radius = arms, turns, radius

    def draw(self, draws: Draws, n: int) -> Tensor:
        along = draws.uniform(n).sqrt()  # an arm's length grows with the distance from the origin
        angle = 2 * math.pi * (self.turns * along + draws.integers(n, self.arms) / self.arms)
        return self.radius * along[:, None] * _on_circle(angle) + self.sigma * draws.normal(n, 2)


class Moons(PointData):
    """Two half circles of ``radius`` that reach into each other, as in scikit-learn, around the origin."""

    def __init__(
        self, *, radius: Positive = 1.0, sigma: Positive = 0.05, **options: Unpack[BatchOptions]
    ) -> None:
        super().__init__(sigma=sigma, **options)
        _require_positive(radius=radius)
        self.radius = radius

    def draw(self, draws: Draws, n: int) -> Tensor:
        upper = _on_circle(draws.uniform(n, high=math.pi)) - torch.tensor([0.5, 0.25])
        # the lower one is the upper one, turned around the middle
        sign = 1.0 - 2.0 * draws.integers(n, 2)[:, None]
        return self.radius * sign * upper + self.sigma * draws.normal(n, 2)


def _on_circle(angles: Tensor) -> Tensor:
    """(n,) to (n, 2) on the unit circle."""
    return torch.stack((angles.cos(), angles.sin()), dim=1)


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            raise UserError(f"data.{name}={value}: expected a number above 0")
