"""From a code to a style."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlab.layers.equalized import EqualizedLinear, ScaledLeakyReLU
from ganlab.layers.labels import class_shares
from ganlab.layers.norms import PixelNorm

RATE = 0.01  # of the mapping's learning, as a share of the other layers'


def dense(in_features: int, out_features: int, layers: int) -> nn.Sequential:
    """(B, in_features) to (B, out_features), which learn slowly."""
    sizes = [in_features, *[out_features] * layers]
    parts: list[nn.Module] = []
    for before, after in pairwise(sizes):
        parts += [EqualizedLinear(before, after, gain=1.0, rate=RATE), ScaledLeakyReLU()]
    return nn.Sequential(*parts)


class Mapping(nn.Module):
    """z (B, latent_size) to w (B, style_size): z on a sphere, then dense layers (Karras et al. 2019, section 2)."""

    def __init__(self, *, latent_size: int, style_size: int, layers: int) -> None:
        super().__init__()
        self.norm = PixelNorm()
        self.layers = dense(latent_size, style_size, layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(self.norm(z))


class LabelledMapping(nn.Module):
    """z (B, latent_size), label (B,) to w (B, style_size): z and an embedded label, each on a sphere, side by side."""

    def __init__(self, *, latent_size: int, style_size: int, layers: int, classes: int) -> None:
        super().__init__()
        self.classes, self.norm = classes, PixelNorm()
        self.embedding = EqualizedLinear(classes, style_size, gain=1.0)
        self.layers = dense(latent_size + style_size, style_size, layers)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        embedded = self.embedding(class_shares(label, self.classes).to(z.dtype))
        return self.layers(torch.cat([self.norm(z), self.norm(embedded)], dim=1))


class LabelMapping(nn.Module):
    """label (B,) to (B, size): what a discriminator projects its features on."""

    def __init__(self, *, classes: int, size: int, layers: int = 8) -> None:
        super().__init__()
        self.classes, self.norm = classes, PixelNorm()
        self.embedding = EqualizedLinear(classes, size, gain=1.0)
        self.layers = dense(size, size, layers)

    def forward(self, label: Tensor) -> Tensor:
        shares = class_shares(label, self.classes).to(self.embedding.weight.dtype)
        return self.layers(self.norm(self.embedding(shares)))
