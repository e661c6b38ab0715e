"""What a discriminator's scores say about the distance between real and generated samples."""

import math

import torch.nn.functional as F
from torch import Tensor


def jensen_shannon(real: Tensor, fake: Tensor) -> Tensor:
    """log 2 - L / 2 in nats, with L = E[softplus(-r)] + E[softplus(f)] the log loss of raw scores (N,) and (M,).

    At the best discriminator, D* = p / (p + q), this is the Jensen-Shannon divergence of real and generated samples
    (Goodfellow et al. 2014, theorem 1): 0 if they are equal, log 2 if nothing is in both. Any other discriminator
    gives less, and a bad one less than 0, so it is an estimate from below.
    """
    loss = F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()
    return math.log(2) - loss / 2
