"""Layers of networks that train without any norm, thanks to their initial weights (Zhang et al. 2019, R3GAN)."""

import math
from typing import TypeVar

import torch
from torch import Tensor, nn

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)


class FixupBlock(nn.Module):
    """(B, width, H, W) to the same shape: 1 x 1, grouped 3 x 3 and 1 x 1, the last of which begins at zero.

    The branch has 2 * width channels in groups of 16, so width is a multiple of 8. depth: how many such blocks the
    whole network has; weights start with a gain of depth^(-1/4) (Huang et al. 2024).
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        wide = 2 * width
        gain = math.sqrt(2 / (1 + 0.2**2)) * depth**-0.25  # sqrt(...): keeps the variance through leaky ReLU
        self.branch = nn.Sequential(
            scaled(nn.Conv2d(width, wide, 1), gain),
            nn.LeakyReLU(0.2),
            scaled(nn.Conv2d(wide, wide, 3, padding=1, groups=wide // 16), gain),
            nn.LeakyReLU(0.2),
            scaled_conv(wide, width, gain=0),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.branch(maps)


class Basis(nn.Module):
    """(B, latent_size) to (B, width, *size): learned maps, each scaled by a number that is linear in z."""

    def __init__(self, latent_size: int, width: int, size: tuple[int, int] = (4, 4)) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(width, *size))
        self.scale = scaled(nn.Linear(latent_size, width, bias=False))

    def forward(self, z: Tensor) -> Tensor:
        return self.maps * self.scale(z)[:, :, None, None]


def scaled_conv(in_channels: int, out_channels: int, gain: float = 1.0) -> nn.Conv2d:
    """1 x 1 without biases; weights as in :func:`scaled`."""
    return scaled(nn.Conv2d(in_channels, out_channels, 1, bias=False), gain)


def scaled_embedding(classes: int, size: int, gain: float = 1.0) -> nn.Embedding:
    """(B,) labels to (B, size), with the weights of a linear layer that reads them one-hot."""
    embedding = nn.Embedding(classes, size)
    nn.init.normal_(embedding.weight, 0.0, gain / math.sqrt(classes))
    return embedding


def scaled(layer: Layer, gain: float = 1.0) -> Layer:
    """``layer`` with weights N(0, gain^2 / fan in) and biases 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
