"""How well a network tells what an image was made of: the auxiliary losses of ACGAN and InfoGAN.

Both are means over the batch in nats, in at least float32, and both players minimise them. Their shapes are checked,
because (B, 1) against (B,) would broadcast silently.
"""

import math

import torch.nn.functional as F
from torch import Tensor

from ganlab.losses.precision import at_least_float32


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """-E[log softmax(logits)[label]] (Odena et al. 2017, equation 3; Chen et al. 2016, section 6, for a discrete code).

    logits: (B, K), without a softmax before them, with which the loss could not fall below log(1 + (K - 1) / e).
    label: (B,) int64. Raises ValueError for other shapes.
    """
    if logits.ndim != 2 or label.shape != logits.shape[:1]:
        raise ValueError(
            f"logits {tuple(logits.shape)} and label {tuple(label.shape)}: expected (B, K) class logits and (B,) labels"
        )
    return F.cross_entropy(at_least_float32(logits), label)


def gaussian_nll(mean: Tensor, code: Tensor) -> Tensor:
    """-E[log N(code; mean, 1)], summed over a sample's codes (Chen et al. 2016, section 6, for continuous codes).

    log(2 pi) / 2 + (c - mean)^2 / 2 for each. The standard deviation is fixed at 1, as in the authors' code.
    mean, code: (B, d). Raises ValueError for other shapes.
    """
    if mean.ndim != 2 or mean.shape != code.shape:
        raise ValueError(
            f"mean {tuple(mean.shape)} and code {tuple(code.shape)}: expected the same (B, d) for both"
        )
    squares = (at_least_float32(code) - at_least_float32(mean)).square()
    return (math.log(2 * math.pi) + squares).sum(dim=1).mean() / 2


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) in nats, the mean over samples and dimensions.

    Zhang et al. 2017, equation 2, whose authors' code takes the mean where the paper's divergence is a sum.
    mean, log_variance: (B, d). Raises ValueError for other shapes.
    """
    if mean.ndim != 2 or mean.shape != log_variance.shape:
        raise ValueError(
            f"mean {tuple(mean.shape)} and log variance {tuple(log_variance.shape)}: expected the same (B, d) for both"
        )
    mean, log_variance = at_least_float32(mean), at_least_float32(log_variance)
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2
