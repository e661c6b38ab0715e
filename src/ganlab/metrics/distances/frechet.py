"""The Fréchet distance between two sets of features, each taken for a Gaussian (Heusel et al. 2017)."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import check_finite, check_same_size, place
from ganlab.metrics.distances.symmetric import add_symmetric_product, mirror_

ROWS = 1024  # in a block: enough for a matrix product to run at full speed


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A normal distribution fitted to ``n`` samples: mean (d,) and unbiased covariance (d, d), float64, on the CPU.

    Raises ValueError for fewer than two samples, shapes that do not fit, and numbers that are not finite.
    """

    n: int
    mean: Tensor
    covariance: Tensor

    def __post_init__(self) -> None:
        if self.n < 2:
            raise ValueError(f"n={self.n}: a covariance needs at least 2 samples; measure more images")
        size = len(self.mean)
        if self.covariance.shape != (size, size):
            raise ValueError(
                f"covariance of shape {tuple(self.covariance.shape)}: the mean of size {size} needs ({size}, {size})"
            )
        check_finite(self.mean[None], "the mean")
        check_finite(self.covariance, "the covariance")

    @property
    def rank(self) -> int:
        """What the covariance of n samples can have: at most n - 1."""
        return min(self.n - 1, len(self.mean))

    @cached_property
    def root(self) -> Tensor:
        """(d, rank) with root rootᵀ = covariance. Seconds at 2,048 features, once."""
        values, vectors = torch.linalg.eigh(self.covariance)
        return vectors[:, -self.rank :] * values[-self.rank :].clamp_min(0).sqrt()


class Moments:
    """Mean and covariance of features that come in batches, on the device of the first batch, in float64.

    Batches fill a block; a full block is centred on its own mean and joined to what came before (Chan, Golub &
    LeVeque 1979), so that nothing cancels however far the features lie from zero. ``n`` counts the samples.
    """

    def __init__(self, size: int) -> None:
        self.size, self.n, self._filled = size, 0, 0
        with torch.inference_mode(False):  # else what validation allocates could not be changed after it
            self._block = torch.zeros(ROWS + 1, size, dtype=torch.float64)
            self._mean = torch.zeros(size, dtype=torch.float64)
            self._scatter = torch.zeros(size, size, dtype=torch.float64)  # sum of squares about the mean

    def update(self, features: Tensor) -> None:
        """Take in (n, size) features; raises ValueError, and takes in none, if any row is not finite."""
        check_finite(features, "features")
        if features.shape[1] != self.size:
            raise ValueError(
                f"features of size {features.shape[1]}: expected {self.size}, the extractor's size"
            )
        if self.n == 0:
            self._move(place(features))
        features = features.detach()
        while len(features):
            part = features[: ROWS - self._filled]
            self._block[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            self.n += len(part)
            features = features[len(part) :]
            if self._filled == ROWS:
                self._close_block()

    def merge(self, other: "Moments") -> None:
        """Take in what ``other`` has seen, as if it had been seen here; ``other`` stays as it is."""
        if other.size != self.size:
            raise ValueError(f"moments of size {other.size} cannot join moments of size {self.size}")
        if other.n == 0:
            return
        if self.n == 0:
            self._move(other._mean.device)
        self._close_block()
        other._close_block()
        n, device = self.n + other.n, self._mean.device
        step = other._mean.to(device) - self._mean
        self._scatter += other._scatter.to(device)
        self._scatter.addr_(step, step, alpha=self.n * other.n / n)
        self._mean += step * (other.n / n)
        self.n = n

    def state(self) -> Tensor:
        """All that was seen as (1 + size + size²,) float64, for a file, or for ranks to gather and merge in order."""
        self._close_block()
        n = torch.tensor([self.n], dtype=torch.float64, device=self._mean.device)
        return torch.cat([n, self._mean, self._scatter.flatten()])

    @classmethod
    def from_state(cls, state: Tensor) -> "Moments":
        """What ``state`` was made of, on the device of ``state``."""
        size = (math.isqrt(4 * len(state) - 3) - 1) // 2  # of 1 + size + size² = len(state)
        moments = cls(size)
        moments._move(state.device)
        moments.n = int(state[0])
        moments._mean.copy_(state[1 : 1 + size])
        moments._scatter.copy_(state[1 + size :].view(size, size))
        return moments

    def gaussian(self) -> Gaussian:
        """The Gaussian of all samples so far; raises ValueError for fewer than two."""
        self._close_block()
        covariance = mirror_(self._scatter.cpu() / max(self.n - 1, 1))
        return Gaussian(self.n, self._mean.cpu().clone(), covariance)

    def _move(self, device: torch.device) -> None:
        if device != self._mean.device:
            with torch.inference_mode(False):
                self._block, self._mean = self._block.to(device), self._mean.to(device)
                self._scatter = self._scatter.to(device)

    def _close_block(self) -> None:
        """Join the block to what came before; the step between the two means is one more row of it."""
        if self._filled == 0:
            return
        filled, before = self._filled, self.n - self._filled
        block = self._block[:filled]
        mean = block.mean(0)
        block -= mean
        step = mean - self._mean
        self._block[filled] = step * math.sqrt(before * filled / self.n)
        block = self._block[: filled + 1]
        add_symmetric_product(self._scatter, block, block)
        self._mean += step * (filled / self.n)
        self._filled = 0


def gaussian_of(samples: Tensor) -> Gaussian:
    """Of (n, d) samples that are all at hand; raises ValueError for fewer than two."""
    moments = Moments(samples.shape[1])
    moments.update(samples)
    return moments.gaussian()


def frechet_distance(real: Gaussian, fake: Gaussian) -> float:
    """|m₁ - m₂|² + tr(S₁ + S₂ - 2 (S₁ S₂)^½), from 0; features squared are its unit.

    The eigenvalues of S₁ S₂ are those of the symmetric rootᵀ S₂ root, where root rootᵀ = S₁ is kept with ``real``.
    Eigenvalues that few samples make zero are left out: their rounding, of 1e-16, would count as 1e-8.
    """
    check_same_size(len(real.mean), len(fake.mean))
    product = torch.zeros(real.rank, real.rank, dtype=torch.float64)
    add_symmetric_product(product, real.root, fake.covariance @ real.root)
    eigenvalues = torch.linalg.eigvalsh(product)[-fake.rank :]  # of the lower triangle
    overlap = eigenvalues.clamp_min(0).sqrt().sum()
    apart = (real.mean - fake.mean).square().sum()
    return max(0.0, float(apart + real.covariance.trace() + fake.covariance.trace() - 2 * overlap))
