"""Doubling, halving and smoothing with the kernel [1, 3, 3, 1], which is [1, 2, 1] convolved with [1, 1]; and halving
and blurring with [1, 2, 1] itself."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Kernel(nn.Module):
    """Holds the square of ``weights``, (1, 1, K, K) of sum ``gain``; not in checkpoints, because it never changes."""

    kernel: Tensor

    def __init__(self, *weights: float, gain: float = 1) -> None:
        super().__init__()
        row = torch.tensor(weights) / sum(weights)
        self.register_buffer("kernel", gain * torch.outer(row, row)[None, None], persistent=False)


class SmoothUpsample(_Kernel):
    """(B, C, H, W) to (B, C, 2H, 2W): bilinear, except that beyond the border are zeros."""

    def __init__(self) -> None:
        super().__init__(1, 3, 3, 1, gain=4)

    def forward(self, maps: Tensor) -> Tensor:
        channels = maps.shape[1]
        kernels = self.kernel.expand(channels, 1, 4, 4)
        return F.conv_transpose2d(maps, kernels, stride=2, padding=1, groups=channels)


class SmoothDownsample(_Kernel):
    """(B, C, H, W) to (B, C, H / 2, W / 2): weights [1, 3, 3, 1] / 8 each way; beyond the border are zeros."""

    def __init__(self) -> None:
        super().__init__(1, 3, 3, 1)

    def forward(self, maps: Tensor) -> Tensor:
        channels = maps.shape[1]
        kernels = self.kernel.expand(channels, 1, 4, 4)
        return F.conv2d(maps, kernels, stride=2, padding=1, groups=channels)


class ReflectedDownsample(_Kernel):
    """(B, C, H, W) to (B, C, ceil(H / 2), ceil(W / 2)): weights [1, 2, 1] / 4 each way; borders are reflected.

    What stands at even places, without what would alias there (Zhang 2019, section 3.2).
    """

    def __init__(self) -> None:
        super().__init__(1, 2, 1)

    def forward(self, maps: Tensor) -> Tensor:
        channels = maps.shape[1]
        kernels = self.kernel.expand(channels, 1, 3, 3)
        return F.conv2d(F.pad(maps, (1, 1, 1, 1), mode="reflect"), kernels, stride=2, groups=channels)


class Blur(_Kernel):
    """(B, C, H, W) to the same shape: weights [1, 2, 1] / 4 each way; beyond the border are zeros."""

    def __init__(self) -> None:
        super().__init__(1, 2, 1)

    def forward(self, maps: Tensor) -> Tensor:
        channels = maps.shape[1]
        return F.conv2d(maps, self.kernel.expand(channels, 1, 3, 3), padding=1, groups=channels)


class Smooth(nn.Module):
    """(B, C, H, W) to (B, C, H + 2 padding - 3, W + 2 padding - 3), times ``gain``; beyond the border are zeros.

    Down and then across, which takes half of the time of both at once.
    """

    kernel: Tensor

    def __init__(self, padding: int, gain: float = 1.0) -> None:
        super().__init__()
        weights = math.sqrt(gain) * torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", weights[None, None], persistent=False)
        self.padding = padding

    def forward(self, maps: Tensor) -> Tensor:
        channels, pad = maps.shape[1], self.padding
        kernels = self.kernel.expand(channels, 1, 4)
        maps = F.conv2d(maps, kernels[..., None], padding=(pad, 0), groups=channels)
        return F.conv2d(maps, kernels[:, :, None], padding=(0, pad), groups=channels)
