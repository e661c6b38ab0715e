"""How near a picture is to the one it should be: errors, PSNR and SSIM, in float64."""

import math

import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import place
from ganlab.pixels import to_uint8

WINDOW, SIGMA = 11, 1.5  # of SSIM's Gaussian: Wang et al. 2004, section III-B,
K1, K2 = 0.01, 0.03  # and its constants, for pixels from 0 to 1


def as_stored(images: Tensor) -> Tensor:
    """(B, C, H, W) in [-1, 1] to float64 in [0, 1], rounded and clipped as a file of 8 bits would hold them."""
    return to_uint8(images).to(place(images)).double() / 255


def luma(pixels: Tensor) -> Tensor:
    """The Y of ITU-R BT.601 as MATLAB's rgb2ycbcr scales it, 16/255 to 235/255: (B, 3, H, W) in [0, 1] to (B, 1, H, W).

    One channel stays as it is.
    """
    if pixels.shape[1] == 1:
        return pixels
    weights = pixels.new_tensor([65.481, 128.553, 24.966])
    return (16 + torch.einsum("bchw,c->bhw", pixels, weights).unsqueeze(1)) / 255


def mean_absolute(one: Tensor, other: Tensor) -> Tensor:
    """(B,): for each image the mean over channels and pixels."""
    _require_one_shape(one, other)
    return (one - other).abs().flatten(1).mean(1)


def mean_square(one: Tensor, other: Tensor) -> Tensor:
    """(B,): for each image the mean over channels and pixels."""
    _require_one_shape(one, other)
    return (one - other).square().flatten(1).mean(1)


def psnr(mean_square_error: float) -> float | None:
    """Peak signal-to-noise ratio in dB of pixels from 0 to 1; None for no error at all."""
    return -10 * math.log10(mean_square_error) if mean_square_error > 0 else None


def ssim(one: Tensor, other: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004) of pixels in [0, 1], (B, C, H, W): the mean of each image, (B,).

    Only windows that lie within the image count, as in the authors' code; its channels are looked at one by one. The
    Gaussian is separable, so a window is two small matrices: in float64 that is fifty times as fast as a convolution.

    Raises:
        ValueError: the shapes differ, or a side is shorter than the window.
    """
    _require_one_shape(one, other)
    height, width = one.shape[2:]
    if min(height, width) < WINDOW:
        raise ValueError(f"images of {height}x{width}: SSIM looks through windows of {WINDOW}x{WINDOW}")
    rows, columns = _windows(height).to(one), _windows(width).to(one).T

    def local_mean(values: Tensor) -> Tensor:
        return rows @ values @ columns  # (B, C, H - 10, W - 10)

    mean, other_mean = local_mean(one), local_mean(other)
    variances = local_mean(one.square() + other.square()) - mean.square() - other_mean.square()
    covariance = local_mean(one * other) - mean * other_mean
    c1, c2 = K1**2, K2**2
    luminance = (2 * mean * other_mean + c1) / (mean.square() + other_mean.square() + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return (luminance * structure).flatten(1).mean(1)


def _windows(length: int) -> Tensor:
    """(length - 10, length) float64: each row averages eleven neighbours."""
    places = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weights = torch.exp(-(places / SIGMA).square() / 2)
    starts = torch.arange(length - WINDOW + 1)[:, None]
    windows = torch.zeros(len(starts), length, dtype=torch.float64)
    return windows.scatter_(
        1, starts + torch.arange(WINDOW), (weights / weights.sum()).expand(len(starts), -1)
    )


def _require_one_shape(one: Tensor, other: Tensor) -> None:
    if one.shape != other.shape:
        raise ValueError(f"images {tuple(one.shape)} and {tuple(other.shape)} must have one shape")
