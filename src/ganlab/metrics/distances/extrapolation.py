"""The Fréchet distance that infinitely many images would have (Chong & Forsyth 2020)."""

import torch
from torch import Tensor

from ganlab.metrics.distances.frechet import Gaussian, frechet_distance, gaussian_of
from ganlab.metrics.distances.inputs import as_double

FEWEST = 5000  # images in the smallest part, where there are so many


def frechet_at_infinity(real: Gaussian, fake: Tensor, *, points: int = 15, seed: int = 0) -> float:
    """Where a line through the distances of random parts of (n, d) fakes, over 1 / their number, meets 0.

    The distance of n samples is too large by about a constant over n, which depends on the generator: at infinity it is
    gone, and models can be compared that were measured with other n. The parts have min(5000, n / 10) to n samples.
    May fall below 0 where it is near. Raises ValueError for fewer than 20 fakes, or less than 2 points.
    """
    fake = as_double(fake, "fake features", minimum=20)
    if points < 2:
        raise ValueError(f"points={points}: a line needs at least 2; 15 are usual")
    n = len(fake)
    sizes = torch.linspace(min(FEWEST, max(n // 10, 2)), n, points).long()
    draws = torch.Generator().manual_seed(seed)
    distances = []
    for size in sizes.tolist():
        part = fake[torch.randperm(n, generator=draws)[:size].to(fake.device)]
        distances.append(frechet_distance(real, gaussian_of(part)))
    return intercept(1 / sizes.double(), torch.tensor(distances, dtype=torch.float64))


def intercept(x: Tensor, y: Tensor) -> float:
    """Of the line that fits (k,) values ``y`` at ``x`` with least squares: its value at 0."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return float(y.mean() - slope * x.mean())
