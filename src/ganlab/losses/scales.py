"""Losses of discriminators that judge at several scales and show what they saw: a list of maps for each scale."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ganlab.losses.similarity import l1

Maps = Sequence[Sequence[Tensor]]


def judged(
    discriminator: Callable[[Tensor], Maps], given: Tensor, real: Tensor, fake: Tensor
) -> tuple[Maps, Maps]:
    """What a discriminator sees, at each scale, in real and fake pictures beside what they were made of.

    All are (B, C, H, W); both kinds go through it in one batch.
    """
    return halves(discriminator(torch.cat([torch.cat([given, real], 1), torch.cat([given, fake], 1)])))


def halves(maps: Maps) -> tuple[Maps, Maps]:
    """The maps of the first and of the second half of a batch."""
    parts = [[each.chunk(2) for each in scale] for scale in maps]
    first, second = ([[pair[index] for pair in scale] for scale in parts] for index in (0, 1))
    return first, second


def over_scales(loss: Callable[..., Tensor], *maps: Maps) -> Tensor:
    """The sum over scales of a loss of each scale's scores, its last map, flattened: (N,) of each of ``maps``."""
    return torch.stack(
        [loss(*(of_one[-1].flatten() for of_one in scale)) for scale in zip(*maps, strict=True)]
    ).sum()


def matched_features(real: Maps, fake: Maps) -> Tensor:
    """The mean over scales of the sum over maps, scores left out, of the mean of |fake - real|, a scalar.

    No gradient reaches ``real`` (Wang et al. 2018, pix2pixHD, equation 4, as its code weighs four maps).
    """
    of_scales = [
        torch.stack([l1(f, r.detach()) for r, f in zip(one[:-1], other[:-1], strict=True)]).sum()
        for one, other in zip(real, fake, strict=True)
    ]
    return torch.stack(of_scales).mean()
