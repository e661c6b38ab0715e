"""ProGAN's networks, which grow: at level l they know 4 * 2^l pixels, and the newest layers fade in."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TypedDict, Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.errors import UserError
from ganlab.layers.equalized import EqualizedConv2d, EqualizedLinear
from ganlab.layers.labels import class_shares
from ganlab.layers.minibatch import MinibatchStdDev
from ganlab.layers.norms import PixelNorm
from ganlab.network_types import GrowingDiscriminator, GrowingGenerator
from ganlab.networks.sizes import doublings


class ProgressiveGenerator(GrowingGenerator):
    """z (B, latent_size) to (B, channels, r, r) with r = 4 * 2^level (Karras et al. 2018, table 2).

    The output is linear, as in the paper: near [-1, 1] but not bounded. width: channels of the maps up to
    ``narrows_after`` pixels, half as many at each doubling beyond. Sizes: 8, 16, 32, 64, ...

    level: the last one unless given. alpha: from 0, where the image is the previous level's with doubled pixels, to 1,
    where it comes from the newest layers alone; at level 0 always 1.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 512,
        channels: Size = 3,
        image_size: Size = 1024,
        width: Size = 32,
        narrows_after: Size = 16,
    ) -> None:
        super().__init__()
        widths = _widths(image_size, width, narrows_after)
        self.image_size = image_size
        self.blocks = nn.ModuleList([nn.Sequential(_Seed(latent_size, width), *_normed(width, width))])
        for before, after in pairwise(widths):
            doubled = nn.Upsample(scale_factor=2)
            self.blocks.append(nn.Sequential(doubled, *_normed(before, after), *_normed(after, after)))
        self.to_image = nn.ModuleList([EqualizedConv2d(wide, channels, 1, gain=1.0) for wide in widths])

    def forward(self, z: Tensor, level: int | None = None, alpha: float = 1.0) -> Tensor:
        maps, level = z, len(self.blocks) - 1 if level is None else level
        for block in self.blocks[: level + 1]:
            previous, maps = maps, block(maps)
        image = self.to_image[level](maps)
        if alpha < 1:
            old = F.interpolate(self.to_image[level - 1](previous), scale_factor=2)
            image = torch.lerp(old, image, alpha)
        return image


class ProgressiveDiscriminator(GrowingDiscriminator):
    """(B, channels, r, r) with r = 4 * 2^level to raw scores (B,): the generator's mirror, without norms.

    It compares the samples of a batch by their standard deviation. width, narrows_after, level, alpha: as in
    :class:`ProgressiveGenerator`. group: how many samples are compared; it divides the batch. outputs: numbers that
    the last layer gives, the first of them the score. halving: what halves maps, means of 2 x 2 unless given.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: Size = 1024,
        width: Size = 32,
        narrows_after: Size = 16,
        group: Size = 4,
        outputs: Size = 1,
        halving: Callable[[], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        widths = _widths(image_size, width, narrows_after)
        self.image_size, self.group = image_size, group
        self.from_image = nn.ModuleList(
            [nn.Sequential(EqualizedConv2d(channels, wide, 1), nn.LeakyReLU(0.2)) for wide in widths]
        )
        last = [MinibatchStdDev(group=group), *_plain(width + 1, width), nn.Flatten()]
        last += [EqualizedLinear(16 * width, width), nn.LeakyReLU(0.2)]
        self.blocks = nn.ModuleList([nn.Sequential(*last, EqualizedLinear(width, outputs, gain=1.0))])
        for after, before in pairwise(widths):
            halved = halving() if halving else nn.AvgPool2d(2)
            self.blocks.append(nn.Sequential(*_plain(before, before), *_plain(before, after), halved))

    def forward(self, image: Tensor, level: int | None = None, alpha: float = 1.0) -> Tensor:
        return self.outputs(image, level, alpha)[:, 0]

    def outputs(self, image: Tensor, level: int | None, alpha: float) -> Tensor:
        """(B, outputs): everything that the last layer says."""
        level = len(self.blocks) - 1 if level is None else level
        maps = self.from_image[level](image)
        if alpha < 1:
            old = self.from_image[level - 1](F.avg_pool2d(image, 2))
            maps = torch.lerp(old, self.blocks[level](maps), alpha)
            level -= 1
        for block in self.blocks[level::-1]:
            maps = block(maps)
        return maps


class ProgressiveOptions(TypedDict, total=False):
    """What both networks take, whether they know labels or not."""

    channels: Size
    image_size: Size
    width: Size
    narrows_after: Size


class ConditionalProgressiveGenerator(ProgressiveGenerator):
    """z (B, latent_size), label (B,) to images: the one-hot label stands beside z, and is normalized with it."""

    def __init__(
        self, *, latent_size: Size = 512, classes: Size = 10, **options: Unpack[ProgressiveOptions]
    ) -> None:
        super().__init__(latent_size=latent_size + classes, **options)
        self.classes = classes

    def forward(  # type: ignore[override]  # a label besides
        self, z: Tensor, label: Tensor, level: int | None = None, alpha: float = 1.0
    ) -> Tensor:
        shares = class_shares(label, self.classes).to(z.dtype)
        return super().forward(torch.cat([z, shares], dim=1), level, alpha)


class ProgressiveClassifier(ProgressiveDiscriminator):
    """Images as for :class:`ProgressiveDiscriminator` to raw scores (B,) and class logits (B, classes)."""

    def __init__(self, *, classes: Size = 10, group: Size = 4, **options: Unpack[ProgressiveOptions]) -> None:
        super().__init__(outputs=1 + classes, group=group, **options)

    def forward(  # type: ignore[override]  # classes besides
        self, image: Tensor, level: int | None = None, alpha: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        outputs = self.outputs(image, level, alpha)
        return outputs[:, 0], outputs[:, 1:]


class _Seed(nn.Module):
    """(B, latent_size) to (B, width, 4, 4): z on a sphere, a dense layer with one bias for each channel."""

    def __init__(self, latent_size: int, width: int) -> None:
        super().__init__()
        self.norm = PixelNorm()
        # a quarter of the usual gain: the layer is a 4 x 4 convolution in the paper, of 16 times the fan-in
        self.dense = EqualizedLinear(latent_size, 16 * width, gain=math.sqrt(2) / 4, bias=False)
        self.bias = nn.Parameter(torch.zeros(width, 1, 1))

    def forward(self, z: Tensor) -> Tensor:
        maps = self.dense(self.norm(z)).unflatten(1, (-1, 4, 4)) + self.bias
        return self.norm(F.leaky_relu(maps, 0.2))


def _plain(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [EqualizedConv2d(in_channels, out_channels, 3, padding=1), nn.LeakyReLU(0.2)]


def _normed(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [*_plain(in_channels, out_channels), PixelNorm()]


def _widths(image_size: int, width: int, narrows_after: int) -> list[int]:
    """Channels at 4, 8, 16, ... pixels."""
    sizes = [4 * 2**level for level in range(doublings("ProGAN", image_size) + 1)]
    widths = [width * narrows_after // max(size, narrows_after) for size in sizes]
    if widths[-1] < 1:
        raise UserError(
            f"width={width}: halved at each doubling after {narrows_after} pixels, it leaves no channel at "
            f"{image_size}; try width={-(-image_size // narrows_after)} or more"
        )
    return widths
