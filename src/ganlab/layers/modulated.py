"""Convolutions whose weights depend on a style: s scales the input channels, in each sample by itself."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.layers.equalized import EqualizedLinear
from ganlab.layers.resample import Smooth


class ModulatedConv2d(nn.Module):
    """maps (B, in_channels, H, W), w (B, style_size) to (B, out_channels, H, W) (Karras et al. 2020, section 2.2).

    Each sample has weights of its own: W' = s_i W, with one s for each input channel, linear in w and 1 on average at
    first; then W' / sqrt(sum over i and pixels of W'^2 + 1e-8), so that each output channel has the variance of its
    inputs whatever the style. Scaling maps before and after one common convolution is the same, without a
    convolution for each sample.

    kernel, padding: where maps are not doubled.
    up: double them, by a transposed convolution of stride 2 and the smooth kernel [1, 3, 3, 1] after it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        style_size: int,
        *,
        up: bool = False,
        kernel: int = 3,
        padding: int = 1,
    ) -> None:
        super().__init__()
        self.padding = padding
        self.style = EqualizedLinear(style_size, in_channels, gain=1.0, initial_bias=1.0)
        self.weight = nn.Parameter(
            torch.randn(out_channels, in_channels, kernel, kernel)
        )  # no scale: the norm undoes it
        self.smooth = Smooth(padding=1, gain=4.0) if up else None

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        style = self.style(w).to(self.weight.dtype)  # (B, in_channels)
        squares = self.weight.square().sum(dim=(2, 3))  # (out_channels, in_channels)
        with torch.autocast(maps.device.type, enabled=False):
            norm = (style.square() @ squares.t() + 1e-8).rsqrt()  # (B, out_channels)
        maps = maps * style[:, :, None, None].to(maps.dtype)
        if self.smooth is None:
            maps = F.conv2d(maps, self.weight, padding=self.padding)
        else:
            maps = self.smooth(F.conv_transpose2d(maps, self.weight.transpose(0, 1), stride=2))
        return maps * norm[:, :, None, None].to(maps.dtype)


class ToImage(nn.Module):
    """maps (B, in_channels, H, W), w (B, style_size) to (B, channels, H, W): 1 x 1, scaled by a style, with a bias.

    Without the norm of :class:`ModulatedConv2d`: here the style says how much of the image a layer draws.
    """

    def __init__(self, in_channels: int, channels: int, style_size: int) -> None:
        super().__init__()
        self.style = EqualizedLinear(style_size, in_channels, gain=1.0, initial_bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale = 1 / math.sqrt(in_channels)

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        style = self.scale * self.style(w)
        return F.conv2d(maps * style[:, :, None, None].to(maps.dtype), self.weight, self.bias)
