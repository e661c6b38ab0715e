"""StyleGAN2's discriminators."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.equalized import EqualizedConv2d, EqualizedLinear, ScaledLeakyReLU
from ganlab.layers.minibatch import MinibatchStdDev
from ganlab.layers.resample import Smooth, SmoothDownsample
from ganlab.networks.images.style.mapping import LabelMapping
from ganlab.networks.images.style.widths import widths
from ganlab.networks.sizes import doubled


class StyleGAN2Discriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (Karras et al. 2020, figure 7 and appendix B).

    Residual blocks without norms; it compares the samples of a batch by their standard deviation. width,
    narrows_after: as in the generator. group: how many samples are compared; it divides the batch. block: what halves
    the maps; the authors' networks for CIFAR-10 have :func:`plain_down`.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 32,
        narrows_after: Size = 32,
        group: Size = 4,
        block: Callable[[int, int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        block = block or ResidualDown
        end = doubled("StyleGAN2", image_size)
        channels_at = widths(image_size, width, narrows_after)[::-1]
        last = channels_at[-1]
        self.trunk = nn.Sequential(
            *_conv(channels, channels_at[0], 1),
            *[block(before, after) for before, after in pairwise(channels_at)],
            MinibatchStdDev(group=group),
            *_conv(last + 1, last, 3),
            nn.Flatten(),
            EqualizedLinear(end.pixels * last, last, gain=1.0),
            ScaledLeakyReLU(),
        )
        self.features = last
        self.head = EqualizedLinear(last, 1, gain=1.0)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.trunk(images)).squeeze(1)


class DiscriminatorOptions(TypedDict, total=False):
    """What both discriminators take."""

    channels: Size
    image_size: ImageSize
    width: Size
    narrows_after: Size
    group: Size
    block: Callable[[int, int], nn.Module] | None


class ConditionalStyleGAN2Discriminator(StyleGAN2Discriminator):
    """images, label (B,) to raw scores (B,): the scalar product of features with the mapped label, over sqrt(size)."""

    def __init__(self, *, classes: Size = 10, **options: Unpack[DiscriminatorOptions]) -> None:
        super().__init__(**options)
        self.head = EqualizedLinear(self.features, self.features, gain=1.0)
        self.label = LabelMapping(classes=classes, size=self.features)

    def forward(self, images: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        projected = self.head(self.trunk(images)) * self.label(label)  # (B, features)
        return projected.sum(1) / math.sqrt(self.features)


class ResidualDown(nn.Module):
    """(B, in_channels, H, W) to (B, out_channels, H / 2, W / 2): (branch + shortcut) / sqrt(2)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.branch = plain_down(in_channels, out_channels)
        conv = EqualizedConv2d(in_channels, out_channels, 1, gain=1.0, bias=False)
        self.shortcut = nn.Sequential(SmoothDownsample(), conv)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.add(self.branch(maps), self.shortcut(maps)) / math.sqrt(2)


def plain_down(in_channels: int, out_channels: int) -> nn.Sequential:
    """(B, in_channels, H, W) to (B, out_channels, H / 2, W / 2): 3 x 3, smooth, 3 x 3 with stride 2."""
    halving = EqualizedConv2d(in_channels, out_channels, 3, stride=2, gain=1.0)
    return nn.Sequential(*_conv(in_channels, in_channels, 3), Smooth(padding=2), halving, ScaledLeakyReLU())


def _conv(in_channels: int, out_channels: int, kernel: int) -> list[nn.Module]:
    conv = EqualizedConv2d(in_channels, out_channels, kernel, padding=kernel // 2, gain=1.0)
    return [conv, ScaledLeakyReLU()]
