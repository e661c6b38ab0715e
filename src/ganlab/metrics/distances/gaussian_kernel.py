"""CMMD: the maximum mean discrepancy with a Gaussian kernel, of CLIP's embeddings (Jayasumana et al. 2024)."""

import torch.nn.functional as F
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double, blocks, check_same_size, squared_distances

SIGMA, SCALE = 10.0, 1000.0  # section 4 of the paper


def cmmd(real: Tensor, fake: Tensor) -> float:
    """1000 MMD² of (n, d) and (m, d) features, each brought to length 1, with exp(-|x - y|² / 2σ²), σ = 10; from 0.

    As published it counts each sample with itself as well: for equal distributions it falls as 1 / n, down to 0.
    """
    one, other = (F.normalize(as_double(samples, "features")) for samples in (real, fake))
    check_same_size(one.shape[1], other.shape[1])
    other = other.to(one.device)
    total = mean_kernel(one, one) + mean_kernel(other, other) - 2 * mean_kernel(one, other)
    return SCALE * max(0.0, total)


def mean_kernel(one: Tensor, other: Tensor) -> float:
    """Mean of the kernel over all pairs of a row of (n, d) and one of (m, d)."""
    total = 0.0
    for rows in blocks(one, len(other)):
        total += float(squared_distances(rows, other).div_(-2 * SIGMA**2).exp_().sum())
    return total / (len(one) * len(other))
