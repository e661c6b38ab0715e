"""How far apart two images are, and how alike the codes of a batch."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.losses.precision import at_least_float32


def reconstruction_l1(image: Tensor, reconstruction: Tensor) -> Tensor:
    """|v - D(v)|, the mean over channels and pixels: (B, C, H, W) twice to (B,), in at least float32.

    The mean and not the sum, on whose scale BEGAN's k would move C * H * W times too fast.
    Raises ValueError where the shapes differ: (B, 1, H, W) against (B, 3, H, W) would broadcast silently.
    """
    _require_one_shape(image, reconstruction)
    return (at_least_float32(image) - at_least_float32(reconstruction)).abs().flatten(1).mean(dim=1)


def absolute_error(image: Tensor, reconstruction: Tensor) -> Tensor:
    """As :func:`reconstruction_l1`, the sum over channels and pixels instead of the mean."""
    return reconstruction_l1(image, reconstruction) * image[0].numel()


def squared_error(image: Tensor, reconstruction: Tensor) -> Tensor:
    """|D(v) - v|^2, the sum over channels and pixels: (B, C, H, W) twice to (B,), in at least float32.

    Raises ValueError where the shapes differ.
    """
    _require_one_shape(image, reconstruction)
    return (at_least_float32(image) - at_least_float32(reconstruction)).square().flatten(1).sum(dim=1)


def mean_squared_error(image: Tensor, reconstruction: Tensor) -> Tensor:
    """As :func:`squared_error`, the mean instead of the sum."""
    return squared_error(image, reconstruction) / image[0].numel()


def l1(image: Tensor, other: Tensor) -> Tensor:
    """The mean of |image - other| over batch, channels and pixels, a scalar; see :func:`reconstruction_l1`."""
    return reconstruction_l1(image, other).mean()


def l2(image: Tensor, other: Tensor) -> Tensor:
    """The mean of (image - other)^2 over batch, channels and pixels, a scalar; see :func:`squared_error`."""
    return mean_squared_error(image, other).mean()


def weighted_l2(image: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    """weight * (image - other)^2, a scalar: the mean over the pixels whose weight is not 0.

    weight: (B, 1, H, W), for all channels of a pixel. 0 where no pixel counts.
    """
    _require_one_shape(image, other)
    error = (at_least_float32(image) - at_least_float32(other)).square().mean(dim=1, keepdim=True)
    return (weight * error).sum() / weight.count_nonzero().clamp_min(1)


def feature_matching(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """The sum over layers of the mean of (E h(real) - E h(fake))^2, E being the mean over the batch, a scalar.

    real, fake: one tensor (B, ...) for each layer (Salimans et al. 2016, section 3.1; several layers: Kim et al. 2017).
    """
    layers = zip(real, fake, strict=True)
    return torch.stack(
        [l2(r.mean(dim=0, keepdim=True), f.mean(dim=0, keepdim=True)) for r, f in layers]
    ).sum()


def pulling_away(codes: Tensor) -> Tensor:
    """f_PT: the mean squared cosine between the codes of different samples (Zhao et al. 2017, EBGAN, section 2.4).

    codes: (B, d), of the generator's images. 0 where all are orthogonal, 1 where all lie on one line, opposite
    directions included: without the square the opposites would cancel. In at least float32. Raises ValueError for
    another shape and for a single code.
    """
    if codes.ndim != 2 or len(codes) < 2:
        raise ValueError(f"codes {tuple(codes.shape)}: pulling away needs (B, d) with at least two samples")
    directions = F.normalize(at_least_float32(codes), dim=1)
    cosines = directions @ directions.T  # (B, B)
    pairs = len(codes) * (len(codes) - 1) / 2
    return cosines.triu(diagonal=1).square().sum() / pairs  # i != j: each pair once


def _require_one_shape(image: Tensor, reconstruction: Tensor) -> None:
    if image.shape != reconstruction.shape:
        raise ValueError(
            f"image {tuple(image.shape)} and reconstruction {tuple(reconstruction.shape)} must have one shape"
        )
