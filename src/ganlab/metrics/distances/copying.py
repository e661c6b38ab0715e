"""Does a generator copy what it was trained on? Its distances to the training images against those of held-out ones."""

import math

import torch
from torch import Tensor


def data_copying(fake: Tensor, held_out: Tensor) -> float:
    """A z-score: far below 0, generated images lie closer to the training images than held-out ones do.

    fake, held_out: (m,), (n,) distances of each to the nearest training image. The Mann-Whitney statistic of the two,
    standardised, with ties counted half (Meehan, Chaudhuri, Dasgupta 2020, section 3, over one cell): 0 where a
    generated image is as often closer as farther, about N(0, 1) by chance.

    Raises:
        ValueError: fewer than 2 of either, or values that are not finite.
    """
    for name, distances in (("generated", fake), ("held-out", held_out)):
        if len(distances) < 2:
            raise ValueError(
                f"{len(distances)} distances of {name} images: expected at least 2; measure more"
            )
        if not distances.isfinite().all():
            raise ValueError(f"distances of {name} images are not finite; look for the images that are not")
    m, n = len(fake), len(held_out)
    _, places, counts = torch.cat([fake, held_out]).unique(return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    ranks = (last - (counts - 1) / 2)[places[:m]]  # the mean rank of equal values
    farther = float(ranks.sum()) - m * (m + 1) / 2  # pairs where the generated image is the farther one
    ties = float((counts.double() ** 3 - counts).sum()) / ((m + n) * (m + n - 1))
    deviation = math.sqrt(m * n / 12 * ((m + n + 1) - ties))
    return (farther - m * n / 2) / deviation if deviation else 0.0
