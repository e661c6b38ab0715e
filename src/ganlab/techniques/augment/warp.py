"""Images taken from other places, differentiably, any number of times.

A matrix (3, 3) for each sample says where in the input each output pixel comes from, in pixels (x to the right, y down)
from the centre. What lies outside is the image's reflection. Samples with the identity come back bit for bit.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

# the orthogonal wavelet sym6, whose shifts by two are orthonormal (Daubechies 1992): Karras et al. 2020, appendix B
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
CENTRE = sum(place * tap for place, tap in enumerate(SYM6)) / sum(SYM6)
PAD = 3  # pixels that the filter needs beyond the image


def blit(images: Tensor, sources: Tensor) -> Tensor:
    """Copy pixels, for flips, quarter turns and shifts by whole pixels: (B, C, H, W) to the same shape."""
    height, width = images.shape[2:]
    x, y = _places(sources, _from_centre(height, images), _from_centre(width, images))
    grid = torch.stack([2 * x / width, 2 * y / height], dim=3).to(images.dtype)
    moved = F.grid_sample(images, grid, "nearest", "reflection", align_corners=False)
    return torch.where(is_identity(sources), images, moved)


def warp(images: Tensor, sources: Tensor) -> Tensor:
    """Move by any amount without aliasing: double the resolution, interpolate, halve it, with one filter for both.

    (B, C, H, W) to the same shape; H and W above 3.
    """
    height, width = images.shape[2:]
    rows, columns = (
        (torch.arange(2 * size + 10, device=images.device) - CENTRE) / 2 - (size - 1) / 2
        for size in (height, width)
    )  # where the fine pixels are from which the filter makes the output, in pixels from the centre
    x, y = _places(sources, rows, columns)
    grid = torch.stack([_on_fine(x, width), _on_fine(y, height)], dim=3)
    fine, grid = _doubled(images), grid.to(images.dtype)
    moved = F.grid_sample(fine, grid, "bilinear", "reflection", align_corners=False)
    return torch.where(is_identity(sources), images, _halved(moved))


def is_identity(matrices: Tensor) -> Tensor:
    """(B, k, k) to (B, 1, 1, 1) bool."""
    same = matrices == torch.eye(matrices.shape[-1], device=matrices.device)
    return same.all(dim=2).all(dim=1)[:, None, None, None]


def _places(sources: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """x and y (B, H, W) in the input of the output's pixels at ``rows`` (H,) and ``columns`` (W,)."""
    a = sources[:, :, :, None, None]
    x, y = (a[:, i, 0] * columns + a[:, i, 1] * rows[:, None] + a[:, i, 2] for i in (0, 1))
    return x, y


def _from_centre(size: int, images: Tensor) -> Tensor:
    return torch.arange(size, device=images.device) - (size - 1) / 2


def _doubled(images: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, 2 H + 2, 2 W + 2): fine pixels over the image and one beyond it on each side."""
    padded = F.pad(images, [PAD] * 4, mode="reflect")
    down, across = (_spread(size, images.device, images.dtype)[10:-10] for size in padded.shape[2:])
    return 2 * (down @ padded @ across.T)


def _halved(fine: Tensor) -> Tensor:
    """(B, C, 2 H + 10, 2 W + 10) to (B, C, H, W)."""
    down, across = (_spread((size - 10) // 2, fine.device, fine.dtype) for size in fine.shape[2:])
    return (down.T @ fine @ across) / 2


def _on_fine(place: Tensor, size: int) -> Tensor:
    """Pixels from the image's centre to the coordinate of :func:`_doubled` that ``grid_sample`` takes."""
    return (4 * place + 2 * CENTRE - 11) / (2 * size + 2)


@lru_cache(maxsize=64)
@torch.inference_mode(False)
@torch.no_grad()
def _spread(size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """(2 size + 10, size): the filter at every second row, one column for each pixel. The columns are orthonormal."""
    pixels, taps = torch.eye(size, dtype=dtype), torch.tensor(SYM6, dtype=dtype)
    return F.conv_transpose1d(pixels[:, None], taps[None, None], stride=2).squeeze(1).T.to(device)
