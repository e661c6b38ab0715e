"""pix2pix's generator: an encoder and a decoder that are joined at every size."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Share, Size
from ganlab.errors import UserError
from ganlab.layers.init import init_normal
from ganlab.layers.norms import has_offset
from ganlab.network_types import Translation
from ganlab.networks.sizes import nearest_multiple, sides

BatchStatistics = partial(nn.BatchNorm2d, track_running_stats=False)  # of the batch at hand, in eval mode too


class UNet(Translation):
    """(B, in_channels, H, W) to (B, out_channels, H, W) in [-1, 1] (Isola et al. 2017, section 6.1).

    ``depth`` halvings with kernels of 4 and as many doublings, each of which also sees the maps of its size on the way
    down. Channels double from ``width`` to 8 * width. H and W: multiples of ``stride`` = 2^depth.

    image_size: a side, or height and width, of the images in training.
    depth: at least 3; null is as often as these can be halved, at most 8 times.
    width: null is the paper's 64 from 128 pixels on, and 32 below.
    dropout: the paper's only noise, in eval mode too, in the doublings that follow the innermost: all at the widest
        size but it, and at least one.
    norm: makes a norm of so many channels. The default takes the statistics of the present batch in eval mode too, as
        the paper does at test time (section 3.3).

    Raises:
        UserError: a depth below 3, or a size that is no multiple of 2^depth.
    """

    scale = 1

    def __init__(
        self,
        *,
        in_channels: Size,
        out_channels: Size,
        image_size: ImageSize = 256,
        depth: Size | None = None,
        width: Size | None = None,
        dropout: Share = 0.5,
        norm: Callable[[int], nn.Module] = BatchStatistics,
    ) -> None:
        super().__init__()
        depth = _depth(image_size, depth)
        width = width or (64 if min(sides(image_size)) >= 128 else 32)
        self.in_channels, self.stride, self.minimum = in_channels, 2**depth, 2**depth
        widths = [width * min(2**level, 8) for level in range(depth)]
        noisy = range(1, max(2, depth - 4))
        # the first: neither ReLU nor norm
        self.downs = nn.ModuleList([_down(in_channels, width, norm)[1:-1]])
        for before, after in pairwise(widths[:-1]):
            self.downs.append(_down(before, after, norm))
        self.downs.append(_down(widths[-2], widths[-1], norm)[:-1])  # 1 x 1 pixel: a norm would leave nothing
        self.ups = nn.ModuleList([_up(widths[-1], widths[-2], norm)])
        for level, (before, after) in enumerate(pairwise(widths[-2::-1]), start=1):
            up = _up(2 * before, after, norm)
            self.ups.append(up.append(AlwaysDropout(dropout)) if level in noisy else up)
        last = nn.ConvTranspose2d(2 * width, out_channels, 4, stride=2, padding=1)
        self.ups.append(nn.Sequential(nn.ReLU(inplace=True), last, nn.Tanh()))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        maps, skips = images, []
        for down in self.downs:
            maps = down(maps)
            skips.append(maps)
        skips.pop()
        for up in self.ups[:-1]:
            maps = torch.cat([skips.pop(), up(maps)], dim=1)
        return self.ups[-1](maps)


class AlwaysDropout(nn.Dropout):
    """Dropout as a source of noise: in eval mode as well (Isola et al. 2017, section 3.1)."""

    def forward(self, maps: Tensor) -> Tensor:
        return F.dropout(maps, self.p, training=True)


def _depth(image_size: ImageSize, depth: int | None) -> int:
    """How often both sides can be halved, at most 8 times; or ``depth``, if they can be as often as that."""
    if depth is not None and depth < 3:
        raise UserError(f"depth={depth}: a U-Net halves at least 3 times; try model.generator.depth=3")
    possible = next(n for n in range(64) if any(side % 2 ** (n + 1) for side in sides(image_size)))
    requested = depth or 3
    if possible < requested:
        nearest = nearest_multiple(image_size, 2**requested)
        shallower = f"model.generator.depth={possible} or " if possible >= 3 else ""
        raise UserError(
            f"image_size={image_size}: a U-Net that halves {requested} times needs height and width in multiples of "
            f"{2**requested}; try {shallower}data.image_size={nearest}"
        )
    return depth or min(possible, 8)


def _down(in_channels: int, out_channels: int, norm: Callable[[int], nn.Module]) -> nn.Sequential:
    normalization = norm(out_channels)
    conv = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=not has_offset(normalization))
    return nn.Sequential(nn.LeakyReLU(0.2), conv, normalization)  # not in place: a skip needs what comes in


def _up(in_channels: int, out_channels: int, norm: Callable[[int], nn.Module]) -> nn.Sequential:
    normalization = norm(out_channels)
    conv = nn.ConvTranspose2d(
        in_channels, out_channels, 4, stride=2, padding=1, bias=not has_offset(normalization)
    )
    return nn.Sequential(nn.ReLU(inplace=True), conv, normalization)
