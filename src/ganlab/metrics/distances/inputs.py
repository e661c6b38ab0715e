"""What every distance does first: look at its samples, and measure them in float64."""

from collections.abc import Iterator

import torch
from torch import Tensor

ROUNDING = 1e-13  # of the squared lengths: more than a squared distance is off by in float64


def check_finite(samples: Tensor, what: str) -> None:
    """Raise ValueError unless ``samples`` is (n, d) and finite; on a NaN, LAPACK may end the process."""
    if samples.dim() != 2:
        raise ValueError(
            f"{what} of shape {tuple(samples.shape)}: expected (n, d), one row per image; flatten them"
        )
    if samples.sum().isfinite():  # one quick look; a sum may overflow, so a bad one is no proof
        return
    finite = samples.isfinite().all(dim=1)
    if not finite.all():
        raise ValueError(
            f"{len(samples) - int(finite.sum())} of {len(samples)} rows of {what} are not finite; "
            "look for the images or weights that are not, and measure without them"
        )


def check_same_size(real: int, fake: int) -> None:
    """Raise ValueError unless real and fake features have as many columns."""
    if real != fake:
        raise ValueError(
            f"real features of size {real}, fake ones of size {fake}; use one extractor for both"
        )


def place(samples: Tensor) -> torch.device:
    """The device of ``samples`` if it computes in float64, else the CPU (Apple's GPUs do not)."""
    return torch.device("cpu") if samples.device.type == "mps" else samples.device


def as_double(samples: Tensor, what: str, minimum: int = 1) -> Tensor:
    """``samples`` (n, d) as float64 where that can be had; raises ValueError unless finite and at least ``minimum``."""
    check_finite(samples, what)
    if len(samples) < minimum:
        raise ValueError(f"{len(samples)} rows of {what}: expected at least {minimum}; measure more images")
    return samples.detach().to(place(samples)).double()


def blocks(samples: Tensor, width: int) -> Iterator[Tensor]:
    """Consecutive rows of (n, d), so few at a time that a float64 matrix of them by ``width`` is 8 MB, as a cache is.

    Not fewer than d / 4: with many features the product counts, which is slow for a thin block.
    """
    return iter(samples.split(max(1, 2**20 // width, samples.shape[1] // 4)))


def squared_distances(one: Tensor, other: Tensor) -> Tensor:
    """(n, m) squared Euclidean distances between the rows of (n, d) and (m, d), which should lie around the origin.

    What cannot be told from rounding is exactly 0, so that a sample lies on its copy.
    """
    lengths, other_lengths = one.square().sum(1), other.square().sum(1)
    squared = torch.addmm(lengths[:, None] + other_lengths, one, other.T, alpha=-2)
    smallest = ROUNDING * float(lengths.max() + other_lengths.max())
    return torch.threshold_(squared, smallest, 0.0)
