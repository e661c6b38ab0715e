"""CycleGAN's generator, and CUT's: residual blocks at a quarter of the size."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.init import init_normal
from ganlab.layers.norms import has_offset
from ganlab.layers.resample import ReflectedDownsample
from ganlab.network_types import Encoder
from ganlab.networks.sizes import nearest_multiple, sides

Norm = Callable[[int], nn.Module]


class ResNetTranslator(Encoder):
    """(B, in_channels, H, W) to (B, out_channels, H, W) in [-1, 1] (Zhu et al. 2017, section 7.2; Johnson et al. 2016).

    A 7 x 7 convolution, ``halvings`` with channels doubling from ``width``, residual blocks, as many doublings, and a
    7 x 7 convolution; borders are reflected. H and W: multiples of ``stride`` = 2^halvings.

    image_size: a side, or height and width, of the images in training.
    blocks: null is the paper's 9 from 256 pixels on and 6 from 128 on, and 3 below.
    width: null is the paper's 64 from 128 pixels on, and 16 below.
    antialias: halve and double by smoothing (Zhang 2019), as CUT does, and not by the steps of convolutions.
    recompute: keep only what enters each residual block and compute the rest again in the backward pass: less memory,
        the same numbers, about a third more time.
    init: of all weights.

    It can be looked at in 1 + halvings + blocks places: the padded image, what each halving's convolution makes, before
    its norm, and each block. CUT looks at those before the blocks, the first block and the one in the middle.

    Raises:
        UserError: a size that is no multiple of 2^halvings, or less than 2 pixels after them.
    """

    scale = 1

    def __init__(
        self,
        *,
        in_channels: Size,
        out_channels: Size,
        image_size: ImageSize = 256,
        blocks: Size | None = None,
        width: Size | None = None,
        halvings: Size = 2,
        norm: Norm = nn.InstanceNorm2d,
        antialias: bool = False,
        recompute: bool = False,
        init: Callable[[nn.Module], None] = init_normal,
    ) -> None:
        super().__init__()
        shortest = min(sides(image_size))
        if blocks is None:
            blocks = 9 if shortest >= 256 else 6 if shortest >= 128 else 3
        self.width = width = width or (64 if shortest >= 128 else 16)
        require_halvings(image_size, halvings)
        self.in_channels, self.stride, self.minimum = in_channels, 2**halvings, 2 ** (halvings + 1)
        widths = [width * 2**level for level in range(halvings + 1)]
        halve, double = (_smooth_half, _smooth_double) if antialias else (halving, doubling)
        down = [nn.ReflectionPad2d(3), *normed(partial(nn.Conv2d, in_channels, width, 7), norm(width))]
        seen = [0]  # layers of down whose maps can be had
        for before, after in pairwise(widths):
            seen.append(len(down))
            down += halve(before, after, norm(after))
        up: list[nn.Module] = []
        for before, after in pairwise(widths[::-1]):
            up += double(before, after, norm(after))
        self.down = nn.Sequential(*down)
        self.blocks = nn.ModuleList(ResidualBlock(widths[-1], norm) for _ in range(blocks))
        self.up = nn.Sequential(*up, nn.ReflectionPad2d(3), nn.Conv2d(width, out_channels, 7), nn.Tanh())
        self.recompute = recompute
        self._layers_of_taps = [*seen, *range(len(down), len(down) + blocks)]
        self.tap_widths = (in_channels, *widths[1:], *[widths[-1]] * blocks)
        self.usual_taps = tuple(sorted({*range(halvings + 2), halvings + (blocks + 1) // 2}))
        self.apply(init)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.down(images)
        for block in self.blocks:
            maps = self.passed(block, maps)
        return self.up(maps)

    def encode(self, images: Tensor, taps: Sequence[int]) -> list[Tensor]:
        wanted = {self._layers_of_taps[tap] for tap in taps}
        maps, found = images, []
        for place, layer in enumerate([*self.down, *self.blocks][: max(wanted) + 1]):
            maps = self.passed(layer, maps)
            if place in wanted:
                found.append(maps)
        return found

    def passed(self, layer: nn.Module, maps: Tensor) -> Tensor:
        """What the layer makes of maps; of a residual block it is computed again where ``recompute`` says so."""
        if self.recompute and torch.is_grad_enabled() and isinstance(layer, ResidualBlock):
            return checkpoint(layer, maps, use_reentrant=False)
        return layer(maps)


def require_halvings(image_size: ImageSize, halvings: int) -> None:
    """Raise UserError unless height and width can be halved so often, with 2 pixels or more left."""
    stride = 2**halvings
    if any(side % stride or side < 2 * stride for side in sides(image_size)):
        raise UserError(
            f"image_size={image_size}: a translator that halves {halvings} times needs height and width in "
            f"multiples of {stride}, at least {2 * stride}; try "
            f"data.image_size={nearest_multiple(image_size, stride, 2)}"
        )


class ResidualBlock(nn.Module):
    """maps + branch(maps), with two 3 x 3 convolutions and no activation after the sum."""

    def __init__(self, width: int, norm: Norm) -> None:
        super().__init__()
        first = normed(partial(nn.Conv2d, width, width, 3), norm(width))
        second = normed(partial(nn.Conv2d, width, width, 3), norm(width))[:-1]
        self.branch = nn.Sequential(nn.ReflectionPad2d(1), *first, nn.ReflectionPad2d(1), *second)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.branch(maps)


def halving(before: int, after: int, norm: nn.Module) -> list[nn.Module]:
    """(B, before, H, W) to (B, after, H / 2, W / 2)."""
    return normed(partial(nn.Conv2d, before, after, 3, stride=2, padding=1), norm)


def doubling(before: int, after: int, norm: nn.Module) -> list[nn.Module]:
    """(B, before, H, W) to (B, after, 2 H, 2 W)."""
    return normed(partial(nn.ConvTranspose2d, before, after, 3, stride=2, padding=1, output_padding=1), norm)


def _smooth_half(before: int, after: int, norm: nn.Module) -> list[nn.Module]:
    return [*normed(partial(nn.Conv2d, before, after, 3, padding=1), norm), ReflectedDownsample()]


def _smooth_double(before: int, after: int, norm: nn.Module) -> list[nn.Module]:
    larger = nn.Upsample(scale_factor=2, mode="bilinear")  # [1, 3, 3, 1] / 4 each way, borders repeated
    return [larger, *normed(partial(nn.Conv2d, before, after, 3, padding=1), norm)]


def normed(conv: Callable[..., nn.Module], norm: nn.Module) -> list[nn.Module]:
    """A convolution, without a bias where the norm has one, its norm, and ReLU."""
    return [conv(bias=not has_offset(norm)), norm, nn.ReLU(inplace=True)]
