"""How far a score would lie off for other images of the same generator: the bootstrap (Efron 1979)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganlab.metrics.distances.frechet import Gaussian
from ganlab.metrics.distances.inputs import as_double, check_same_size

Statistic = Callable[[Tensor], float]
QUANTILES = (0.025, 0.975)


def draws(n: int, number: int, seed: int = 0) -> Tensor:
    """(number, n) int64: each row is n of 0 to n - 1, drawn with replacement."""
    return torch.randint(n, (number, n), generator=torch.Generator().manual_seed(seed))


def interval(value: float, resampled: Tensor) -> tuple[float, float]:
    """The middle 95% of (k,) values of resampled images, moved so that their mean is ``value``.

    Images that are drawn twice make a Fréchet distance larger, about as much as having half as many does; what is taken
    from the bootstrap is how wide it spreads.
    """
    low, high = torch.quantile(resampled.double(), torch.tensor(QUANTILES, dtype=torch.float64)).tolist()
    off = value - float(resampled.double().mean())
    return low + off, high + off


def frechet_statistic(real: Gaussian, fake: Tensor) -> Statistic:
    """The Fréchet distance of the rows with given indices of (n, d) fakes from ``real``, at less cost for each.

    With P = X root, root rootᵀ = S₁, the overlap of both Gaussians is the sum of the singular values of P, weighted and
    centred: its Gram matrix has a row for an image, or for a feature where those are fewer.
    """
    fake = as_double(fake, "fake features", minimum=2).cpu()
    check_same_size(len(real.mean), fake.shape[1])
    projected, lengths = fake @ real.root, fake.square().sum(1)
    trace = float(real.covariance.trace())

    def distance(rows: Tensor) -> float:
        n = len(rows)
        weights = torch.bincount(rows, minlength=len(fake)).double()
        mean = weights @ fake / n
        spread = (weights @ lengths - n * mean.square().sum()) / (n - 1)
        part = (projected - weights @ projected / n)[weights > 0]
        part *= (weights[weights > 0] / (n - 1)).sqrt()[:, None]
        gram = part @ part.T if len(part) < part.shape[1] else part.T @ part
        overlap = torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().sum()
        return max(0.0, float((real.mean - mean).square().sum() + spread + trace - 2 * overlap))

    return distance


def normal_interval(value: float, error: float) -> tuple[float, float]:
    """The middle 95% of a normal distribution around ``value`` with this standard error."""
    half = (
        math.sqrt(2)
        * float(torch.erfinv(torch.tensor(QUANTILES[1] - QUANTILES[0], dtype=torch.float64)))
        * error
    )
    return value - half, value + half
