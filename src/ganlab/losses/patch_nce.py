"""Patches that correspond are alike, and unlike all others of their image."""

import torch
from torch import Tensor

from ganlab.losses.precision import at_least_float32


def patch_nce(queries: Tensor, keys: Tensor, *, temperature: float = 0.07) -> Tensor:
    """Cross-entropy of finding each query's own key among the keys of its image, a scalar (Park et al. 2020, eq. 2).

    queries, keys: (B, S, d) of unit length, at the same S places. Logits are their products over the temperature; the
    negatives are the S - 1 other places of the same image. log S where all are alike.
    """
    logits = torch.bmm(at_least_float32(queries), at_least_float32(keys).mT) / temperature  # (B, S, S)
    return (logits.logsumexp(dim=2) - logits.diagonal(dim1=1, dim2=2)).mean()
