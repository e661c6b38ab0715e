"""What each layer of StyleGAN3 may hold: frequencies up to a cutoff, at a rate that leaves room above it."""

import math
from typing import NamedTuple

from ganlab.errors import UserError


class Band(NamedTuple):
    """Of a layer's output. cutoff, half_width: of its filter, in waves per picture; rate: samples per picture.

    size: samples on a side, with a margin beyond the picture.
    """

    cutoff: float
    half_width: float
    rate: int
    size: int


def bands(image_size: int, layers: int, critical: int, margin: int) -> list[Band]:
    """Those of ``layers`` layers and of the last one, which makes the image (Karras et al. 2021, section 3.2).

    Cutoffs grow geometrically from 2 waves to half of the pixels, where the last ``critical`` layers lie.

    Raises:
        UserError: a size that is no power of two from 16 on, or layers that do not suffice.
    """
    if image_size < 16 or image_size & (image_size - 1):
        raise UserError(
            f"image_size={image_size}: StyleGAN3 needs 16, 32, 64, ...; try "
            f"data.image_size={max(16, 2 ** round(math.log2(max(image_size, 1))))}"
        )
    if layers <= critical:
        raise UserError(
            f"layers={layers}: more are needed than the {critical} that keep the image's own band"
        )
    found = []
    for layer in range(layers + 1):
        share = min(layer / (layers - critical), 1)
        cutoff = 2 * (image_size / 4) ** share
        stopband = 2**2.1 * (image_size / 2 * 2**0.3 / 2**2.1) ** share
        rate = 2 ** math.ceil(math.log2(min(2 * stopband, image_size)))
        size = image_size if layer >= layers - 1 else rate + 2 * margin
        found.append(Band(cutoff, max(stopband, rate / 2) - cutoff, rate, size))
    return found
