"""Layers whose weights all learn at the same speed (Karras et al. 2018, section 4.1).

Weights start as N(0, 1) and are multiplied by gain / sqrt(fan in) at each use, so that a step of Adam, whose size does
not depend on the gradient's scale, changes every layer by the same share of its dynamic range. They are no
``nn.Linear`` or ``nn.Conv2d``: a function that sets the weights of those (:mod:`ganlab.layers.init`) must pass them
over. Weight decay would act on the N(0, 1) weights and shrink all layers alike.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EqualizedLinear(nn.Module):
    """(..., in_features) to (..., out_features); gain sqrt(2) suits rectifiers, 1 the last layer.

    rate: of learning, as a share of the other layers': weights and bias are kept 1 / rate times as large, and
    multiplied by it at each use. initial_bias: what every output's bias is at first.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        gain: float = math.sqrt(2),
        bias: bool = True,
        rate: float = 1.0,
        initial_bias: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / rate)
        self.bias = nn.Parameter(torch.full((out_features,), initial_bias / rate)) if bias else None
        self.scale, self.rate = gain * rate / math.sqrt(in_features), rate

    def forward(self, features: Tensor) -> Tensor:
        bias = self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate
        return F.linear(features, self.weight * self.scale, bias)


class EqualizedConv2d(nn.Module):
    """(B, in_channels, H, W) to (B, out_channels, H', W') with a square kernel; gain as in the linear layer."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        gain: float = math.sqrt(2),
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.scale = gain / math.sqrt(in_channels * kernel_size**2)
        self.stride, self.padding = stride, padding

    def forward(self, maps: Tensor) -> Tensor:
        return F.conv2d(maps, self.weight * self.scale, self.bias, self.stride, self.padding)


class ScaledLeakyReLU(nn.Module):
    """sqrt(2) * leaky ReLU with a slope of 0.2: keeps the mean square of N(0, 1), up to 4%.

    The gain stands here and not on the weights before it, where Adam's steps would grow with it (Karras et al. 2020).
    """

    def forward(self, maps: Tensor) -> Tensor:
        return math.sqrt(2) * F.leaky_relu(maps, 0.2)
