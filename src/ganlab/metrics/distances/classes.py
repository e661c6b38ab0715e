"""How generated images spread over the classes that a classifier tells apart."""

import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double

PRESENT = 0.1  # of the share that a class has among the real images


def class_shares(logits: Tensor) -> Tensor:
    """(K,) float64 share of images whose most likely class is each of the K, from (n, K) logits, on the CPU."""
    most_likely = as_double(logits, "logits").argmax(dim=1).cpu()
    return torch.bincount(most_likely, minlength=logits.shape[1]).double() / len(logits)


def classes_present(shares: Tensor, real_shares: Tensor) -> int:
    """How many classes of the real images are not lost: those with at least a tenth of their real share.

    0 to the number of classes that any real image has, from the (K,) shares of fake and real images.
    """
    check_shares(shares, real_shares)
    enough = shares >= PRESENT * real_shares * (1 - 1e-9)  # exactly a tenth is enough, however it is rounded
    return int((enough & (real_shares > 0)).sum())


def total_variation(shares: Tensor, real_shares: Tensor) -> float:
    """½ Σ |p - q| of two (K,) distributions: 0 if equal, 1 if they have no class in common."""
    check_shares(shares, real_shares)
    return float((shares - real_shares).abs().sum() / 2)


def check_shares(shares: Tensor, real_shares: Tensor) -> None:
    """Raise ValueError unless both are distributions over the same number of classes."""
    if shares.shape != real_shares.shape:
        raise ValueError(
            f"shares of {len(shares)} classes against {len(real_shares)} real ones; use one extractor for both"
        )
    for vector in (shares, real_shares):
        total = float(vector.sum())
        if not abs(total - 1) < 1e-6 or bool((vector < 0).any()):
            raise ValueError(
                f"shares that sum to {total:g}: expected a distribution, as class_shares gives it"
            )
