"""The Inception score of a classifier's logits (Salimans et al. 2016)."""

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double


def inception_score(logits: Tensor, *, splits: int = 10, seed: int = 2020) -> tuple[float, float]:
    """Mean and standard deviation over splits of exp E KL(p(y|x) ‖ p(y)), from 1 to K, for (n, K) logits.

    Order and splits are torch-fidelity's. With few images in a split the score is low: n / splits bounds it too.
    Raises ValueError for fewer images than splits.
    """
    if splits < 1:
        raise ValueError(f"splits={splits}: expected at least 1; 10 are usual")
    logits = as_double(logits, "logits", minimum=splits)
    n = len(logits)
    order = torch.from_numpy(np.random.RandomState(seed).permutation(n))
    log_p = logits[order.to(logits.device)].log_softmax(dim=1)
    bounds = [split * n // splits for split in range(splits + 1)]
    scores = torch.stack([exp_information(log_p[start:stop]) for start, stop in pairwise(bounds)])
    return float(scores.mean()), float(scores.std(correction=0))


def exp_information(log_p: Tensor) -> Tensor:
    """exp of the mean KL(p(y|x) ‖ p(y)) for (n, K) log p(y|x); p(y) stays in logarithms, where it is never zero."""
    log_marginal = log_p.logsumexp(dim=0) - math.log(len(log_p))
    return (log_p.exp() * (log_p - log_marginal)).sum(dim=1).mean().exp()
