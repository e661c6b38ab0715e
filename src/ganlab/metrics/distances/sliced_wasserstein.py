"""The sliced Wasserstein distance between patches of Laplacian pyramids (Karras et al. 2018, section 5)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import Draws

SIDE = 7  # of a patch


SMALLEST = 16  # pixels of the coarsest scale


CHUNK = 128  # directions at a time


def pyramid_scales(pixels: int) -> list[int]:
    """``pixels`` and its halves down to 16. Raises UserError where not even one patch fits."""
    if pixels < SIDE:
        raise UserError(
            f"metrics=swd cuts patches of {SIDE} pixels, and these images have {pixels}; try metrics=none"
        )
    scales = [pixels]
    while scales[-1] % 2 == 0 and scales[-1] // 2 >= SMALLEST:
        scales.append(scales[-1] // 2)
    return scales


def laplacian_pyramid(images: Tensor, scales: int) -> list[Tensor]:
    """(B, C, H, W) as differences of its scales, the finest first; the last is the coarsest scale itself."""
    levels = [images]
    for _ in range(scales - 1):
        coarse = _blurred(levels[-1])[..., ::2, ::2]
        spread = images.new_zeros(levels[-1].shape)
        spread[..., ::2, ::2] = coarse
        levels[-1] = levels[-1] - 4 * _blurred(spread)
        levels.append(coarse)
    return levels


def _blurred(images: Tensor) -> Tensor:
    """With [1, 4, 6, 4, 1] / 16 each way; beyond the border is the mirror image."""
    weights = images.new_tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    single = F.pad(images.flatten(0, 1).unsqueeze(1), [2] * 4, mode="reflect")
    return F.conv2d(single, torch.outer(weights, weights)[None, None]).view(images.shape)


def cut(images: Tensor, places: Tensor) -> Tensor:
    """(B, C, H, W) and places (B, n, 2) in [0, 1) to (B, n, C, 7, 7) patches."""
    room = torch.tensor([size - SIDE + 1 for size in images.shape[2:]])
    corner = (places * room).long().to(images.device)  # (B, n, 2)
    window = torch.arange(SIDE, device=images.device)
    rows = (corner[..., 0, None] + window)[:, :, None, :, None]  # (B, n, 1, 7, 1)
    columns = (corner[..., 1, None] + window)[:, :, None, None, :]  # (B, n, 1, 1, 7)
    sample = torch.arange(len(images), device=images.device)[:, None, None, None, None]
    channel = torch.arange(images.shape[1], device=images.device)[:, None, None]
    return images[sample, channel, rows, columns]


def standardised(patches: Tensor) -> Tensor:
    """(N, C, 7, 7) to the same shape, with mean 0 and deviation 1 in each channel."""
    deviation, mean = torch.std_mean(patches, dim=(0, 2, 3), correction=0, keepdim=True)
    return (patches - mean) / deviation.clamp_min(1e-8)


def random_directions(size: int, number: int, seed: int) -> Tensor:
    """(size, number) of length 1."""
    return F.normalize(Draws(seed, "directions").normal(size, number), dim=0)


def sliced_wasserstein(one: Tensor, other: Tensor, directions: Tensor) -> float:
    """Mean over directions (d, k) of the 1-Wasserstein distance between the projections of (N, d) and (N, d)."""
    total = 0.0
    for chunk in directions.T.split(CHUNK):
        ordered = [_ordered(chunk @ points.T) for points in (one, other)]
        total += float((ordered[0] - ordered[1]).abs().mean(dim=1).sum())
    return total / directions.shape[1]


def _ordered(rows: Tensor) -> Tensor:
    """Each row sorted; on a CPU by NumPy, which takes a quarter of the time because it keeps no indices."""
    if rows.device.type == "cpu":
        return torch.from_numpy(np.sort(rows.numpy(), axis=1))
    return rows.sort(dim=1).values
