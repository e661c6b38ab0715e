"""DiscoGAN's networks: convolutions down to 4 x 4 and back, without skips.

The authors' images lie in [0, 1] and their generators end with a sigmoid. Here images lie in [-1, 1]: both networks
bring them to [0, 1] as they come in, and the generator's sigmoid s leaves as 2 s - 1. In between they are the authors'.
"""

from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.network_types import Translation
from ganlab.networks.sizes import doublings


class Judgement(NamedTuple):
    """What DiscoGAN's discriminator says: raw scores (B,), and its maps after each activation but the first."""

    score: Tensor
    features: list[Tensor]


class DiscoGANGenerator(Translation):
    """(B, in_channels, H, W) to (B, out_channels, H, W) in [-1, 1] (Kim et al. 2017, section 3.1; the authors' code).

    From ``image_size`` down to 4 x 4 with kernels of 4 and channels doubling from ``width``, batch norm everywhere but
    first and last, and the same way back. H and W: multiples of ``stride``, at least ``minimum``. Sizes: 8, 16, 32, ...

    width: null is the authors' 64 from 64 pixels on, and 32 below.
    bottleneck: channels of one pixel between the two halves, the authors' "extra layers" (100); null is none.
    """

    scale = 1

    def __init__(
        self,
        *,
        in_channels: Size,
        out_channels: Size,
        image_size: Size = 64,
        width: Size | None = None,
        bottleneck: Size | None = None,
    ) -> None:
        super().__init__()
        width = width or _width(image_size)
        halvings = doublings("DiscoGAN", image_size)
        self.in_channels, self.stride = in_channels, 2**halvings
        self.minimum = self.stride if bottleneck is None else 4 * self.stride
        widths = [width * 2**level for level in range(halvings)]
        blocks = [_halve(in_channels, width), nn.LeakyReLU(0.2, inplace=True)]
        for before, after in pairwise(widths):
            blocks += [_halve(before, after), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, inplace=True)]
        if bottleneck is not None:
            blocks += [nn.Conv2d(widths[-1], bottleneck, 4, bias=False), nn.BatchNorm2d(bottleneck)]
            blocks += [nn.LeakyReLU(0.2, inplace=True)]
            blocks += [nn.ConvTranspose2d(bottleneck, widths[-1], 4, bias=False), nn.BatchNorm2d(widths[-1])]
            blocks += [nn.ReLU(inplace=True)]
        for before, after in pairwise(widths[::-1]):
            blocks += [_double(before, after), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*blocks, _double(width, out_channels))

    def forward(self, images: Tensor) -> Tensor:
        return 2 * self.layers((images + 1) / 2).sigmoid() - 1


class DiscoGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to a :class:`Judgement`; DCGAN's discriminator. Sizes: 16, 32, 64, ...

    width: null is the authors' 64 from 64 pixels on, and 32 below.
    """

    def __init__(self, *, channels: Size, image_size: Size = 64, width: Size | None = None) -> None:
        super().__init__()
        width = width or _width(image_size)
        halvings = doublings("DiscoGAN", image_size, minimum=2)
        widths = [width * 2**level for level in range(halvings)]
        self.first = nn.Sequential(_halve(channels, width), nn.LeakyReLU(0.2, inplace=True))
        self.stages = nn.ModuleList(
            nn.Sequential(_halve(before, after), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, inplace=True))
            for before, after in pairwise(widths)
        )
        self.last = nn.Conv2d(widths[-1], 1, 4, bias=False)

    def forward(self, images: Tensor) -> Judgement:
        maps, features = self.first((images + 1) / 2), []
        for stage in self.stages:
            maps = stage(maps)
            features.append(maps)
        return Judgement(self.last(maps).reshape(len(images)), features)


def _width(image_size: int) -> int:
    return 64 if image_size >= 64 else 32


def _halve(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)


def _double(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
