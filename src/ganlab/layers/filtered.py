"""Resampling by long filters, and an activation that makes no frequencies which the maps cannot hold."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def low_pass(taps: int, *, cutoff: float, width: float, rate: float, radial: bool = False) -> Tensor:
    """Coefficients of sum 1: (taps,), or (taps, taps) if ``radial``, which treats all directions alike.

    Kaiser's window, as wide in frequency as ``width`` around ``cutoff``, at ``rate`` samples per unit; the radial one
    is Bessel's function under that window (Karras et al. 2021, StyleGAN3, section 3.2 and appendix C).
    """
    import numpy as np
    from scipy import signal, special

    if not radial:
        return torch.from_numpy(signal.firwin(taps, cutoff, width=width, fs=rate)).float()
    x = (np.arange(taps) - (taps - 1) / 2) / rate
    r = np.hypot(*np.meshgrid(x, x))  # never 0: taps are even
    window = np.kaiser(taps, signal.kaiser_beta(signal.kaiser_atten(taps, width / (rate / 2))))
    f = special.j1(2 * np.pi * cutoff * r) / (np.pi * r) * np.outer(window, window)
    return torch.from_numpy(f / f.sum()).float()


def upsampled(maps: Tensor, taps: Tensor, up: int, before: int, after: int) -> Tensor:
    """(B, C, H, W), each sample followed by ``up`` - 1 zeros, padded, then filtered by ``taps`` (T,), times ``up``^2.

    The padding of ``before`` and ``after`` zeros may be negative. No zeros are multiplied: it is a transposed
    convolution, of which the right part is kept.
    """
    for dim in (2, 3):
        size, (t,) = maps.shape[dim], taps.shape
        kernel = (up * taps).view([-1, 1] if dim == 2 else [1, -1]).expand(maps.shape[1], 1, -1, -1)
        stride = (up, 1) if dim == 2 else (1, up)
        full = F.conv_transpose2d(maps, kernel.to(maps.dtype), stride=stride, groups=maps.shape[1])
        left = before - t + 1
        right = size * up + before + after - t + 1 - left - full.shape[dim]
        maps = F.pad(full, (0, 0, left, right) if dim == 2 else (left, right))
    return maps


def downsampled(maps: Tensor, taps: Tensor, down: int) -> Tensor:
    """(B, C, H, W), filtered by ``taps`` (T,) or (T, T) where they lie within the maps, each ``down``-th kept."""
    channels = maps.shape[1]
    if taps.ndim == 2:
        kernel = taps.expand(channels, 1, -1, -1)
        return F.conv2d(maps, kernel.to(maps.dtype), stride=down, groups=channels)
    for dim in (2, 3):
        kernel = taps.view([-1, 1] if dim == 2 else [1, -1]).expand(channels, 1, -1, -1)
        stride = (down, 1) if dim == 2 else (1, down)
        maps = F.conv2d(maps, kernel.to(maps.dtype), stride=stride, groups=channels)
    return maps


class FilteredLeakyReLU(nn.Module):
    """(B, C, in_size, in_size) to (B, C, out_size, out_size): up, sqrt(2) leaky ReLU, down, both by filters.

    At a rate twice as high as both sides need, so that what the corners of the activation add above the cutoff is
    taken away again (Karras et al. 2021, section 3.2). up, down: factors; before, after: padding, for filters whose
    samples lie symmetrically.
    """

    up_taps: Tensor
    down_taps: Tensor

    def __init__(
        self, *, up_taps: Tensor, down_taps: Tensor, up: int, down: int, in_size: int, out_size: int
    ) -> None:
        super().__init__()
        self.register_buffer("up_taps", up_taps, persistent=False)
        self.register_buffer("down_taps", down_taps, persistent=False)
        self.up, self.down = up, down
        needed = (out_size - 1) * down + 1 - in_size * up + len(up_taps) + len(down_taps) - 2
        self.before = (needed + up) // 2
        self.after = needed - self.before

    def forward(self, maps: Tensor) -> Tensor:
        maps = upsampled(maps, self.up_taps, self.up, self.before, self.after)
        maps = math.sqrt(2) * F.leaky_relu(maps, 0.2)
        return downsampled(maps, self.down_taps, self.down)
