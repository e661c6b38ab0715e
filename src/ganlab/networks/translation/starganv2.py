"""StarGAN v2's networks: a translator told a style, where styles come from, and a discriminator of several domains."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.errors import UserError
from ganlab.layers.init import he_normal
from ganlab.layers.norms import AdaptiveInstanceNorm
from ganlab.network_types import NoiseToStyle, PictureToStyle, StyledTranslation

LARGEST = 2**14  # channels times pixels on a side of the first maps, where no width is given


class StarTranslator(StyledTranslation):
    """(B, channels, H, W) and styles (B, style_size) to the same picture in that style (Choi et al. 2020, table 7).

    Residual blocks with instance norm on the way down, with AdaIN on the way up, two of each where nothing is halved,
    and no skip across. H and W: multiples of ``stride`` = 2^halvings. The output is not bounded.

    width: of the first maps; null is the authors' 2^14 / image_size, and it doubles up to ``max_width``.
    halvings: null is the authors': down to 16 pixels; and one below 64.
    """

    scale = 1

    def __init__(
        self,
        *,
        channels: Size,
        image_size: Size = 256,
        style_size: Size = 64,
        width: Size | None = None,
        max_width: Size = 512,
        halvings: Size | None = None,
    ) -> None:
        super().__init__()
        steps = doublings(image_size)
        halvings = halvings or max(1, steps - 4)
        if halvings > steps - 2:
            raise UserError(
                f"model.generator.halvings={halvings}: {image_size} pixels may be halved {steps - 2} times, to 4"
            )
        self.in_channels, self.stride, self.minimum = channels, 2**halvings, 4 * 2**halvings
        widths = widths_of(image_size, width, max_width, halvings)
        last = widths[-1]
        self.first = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down = nn.Sequential(
            *(Block(before, after, normed=True, half=True) for before, after in pairwise(widths)),
            *(Block(last, last, normed=True) for _ in range(2)),
        )
        self.up = nn.ModuleList(
            [
                *(StyledBlock(last, last, style_size) for _ in range(2)),
                *(
                    StyledBlock(before, after, style_size, double=True)
                    for before, after in pairwise(widths[::-1])
                ),
            ]
        )
        self.last = nn.Sequential(
            nn.InstanceNorm2d(widths[0], affine=True), nn.LeakyReLU(0.2), nn.Conv2d(widths[0], channels, 1)
        )
        self.apply(he_normal)

    def forward(self, images: Tensor, style: Tensor) -> Tensor:
        maps = self.down(self.first(images))
        for block in self.up:
            maps = block(maps, style)
        return self.last(maps)


class StyleMapping(NoiseToStyle):
    """z (B, latent_size), domains (B,) int64 to styles (B, style_size): four layers for all, four for each domain."""

    def __init__(
        self, *, domains: Size, latent_size: Size = 16, style_size: Size = 64, width: Size = 512
    ) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.shared = nn.Sequential(
            nn.Linear(latent_size, width), nn.ReLU(), *(part for _ in range(3) for part in _hidden(width))
        )
        self.heads = nn.ModuleList(
            nn.Sequential(*(part for _ in range(3) for part in _hidden(width)), nn.Linear(width, style_size))
            for _ in range(domains)
        )
        self.apply(he_normal)

    def forward(self, z: Tensor, domain: Tensor) -> Tensor:
        shared = self.shared(z)
        return chosen(torch.stack([head(shared) for head in self.heads], dim=1), domain)


class Trunk(nn.Module):
    """(B, channels, image_size, image_size) to features (B, d): residual blocks without norm, to 4 x 4 and to one."""

    def __init__(self, channels: int, image_size: int, width: int | None, max_width: int) -> None:
        super().__init__()
        widths = widths_of(image_size, width, max_width, doublings(image_size) - 2)
        self.size = widths[-1]
        self.layers = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, padding=1),
            *(Block(before, after, half=True) for before, after in pairwise(widths)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(self.size, self.size, 4),
            nn.LeakyReLU(0.2),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).flatten(1)


class StyleEncoder(PictureToStyle):
    """Images (B, channels, image_size, image_size) and their domains (B,) int64 to styles (B, style_size)."""

    def __init__(
        self,
        *,
        channels: Size,
        domains: Size,
        image_size: Size = 256,
        style_size: Size = 64,
        width: Size | None = None,
        max_width: Size = 512,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.trunk = Trunk(channels, image_size, width, max_width)
        self.heads = nn.ModuleList(nn.Linear(self.trunk.size, style_size) for _ in range(domains))
        self.apply(he_normal)

    def forward(self, images: Tensor, domain: Tensor) -> Tensor:
        features = self.trunk(images)
        return chosen(torch.stack([head(features) for head in self.heads], dim=1), domain)


class DomainDiscriminator(nn.Module):
    """Images (B, channels, image_size, image_size) and domains (B,) int64 to raw scores (B,), of a head for each."""

    def __init__(
        self,
        *,
        channels: Size,
        domains: Size,
        image_size: Size = 256,
        width: Size | None = None,
        max_width: Size = 512,
    ) -> None:
        super().__init__()
        self.trunk = Trunk(channels, image_size, width, max_width)
        self.head = nn.Linear(self.trunk.size, domains)
        self.apply(he_normal)

    def forward(self, images: Tensor, domain: Tensor) -> Tensor:
        return chosen(self.head(self.trunk(images))[:, :, None], domain)[:, 0]


class Block(nn.Module):
    """Activations before convolutions (He et al. 2016), halved by averaging; (branch + shortcut) / sqrt(2)."""

    def __init__(self, before: int, after: int, *, normed: bool = False, half: bool = False) -> None:
        super().__init__()
        norms = [nn.InstanceNorm2d(before, affine=True) if normed else nn.Identity() for _ in range(2)]
        self.smaller = nn.AvgPool2d(2) if half else nn.Identity()
        self.branch = nn.Sequential(
            *(norms[0], nn.LeakyReLU(0.2), nn.Conv2d(before, before, 3, padding=1), self.smaller),
            *(norms[1], nn.LeakyReLU(0.2), nn.Conv2d(before, after, 3, padding=1)),
        )
        self.shortcut = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        return (self.branch(maps) + self.smaller(self.shortcut(maps))) / math.sqrt(2)


class StyledBlock(nn.Module):
    """Likewise with AdaIN, doubled by repetition."""

    def __init__(self, before: int, after: int, style_size: int, *, double: bool = False) -> None:
        super().__init__()
        self.norms = nn.ModuleList(
            AdaptiveInstanceNorm(width, style_size, linear=nn.Linear) for width in (before, after)
        )
        self.convs = nn.ModuleList(nn.Conv2d(width, after, 3, padding=1) for width in (before, after))
        self.larger = nn.Upsample(scale_factor=2) if double else nn.Identity()
        self.shortcut = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        branch = self.convs[0](self.larger(F.leaky_relu(self.norms[0](maps, style), 0.2)))
        branch = self.convs[1](F.leaky_relu(self.norms[1](branch, style), 0.2))
        return (branch + self.shortcut(self.larger(maps))) / math.sqrt(2)


def chosen(of_all: Tensor, domain: Tensor) -> Tensor:
    """(B, domains, d) to those (B, d) of each row's domain (B,)."""
    return of_all.gather(1, domain[:, None, None].expand(-1, 1, of_all.shape[2]))[:, 0]


def widths_of(image_size: int, width: int | None, largest: int, halvings: int) -> Sequence[int]:
    """Channels before the first halving and after each."""
    width = width or max(1, LARGEST // image_size)
    return [min(width * 2**level, largest) if level else width for level in range(halvings + 1)]


def doublings(image_size: int) -> int:
    """log2 of the size; raises UserError for one that is no power of 2 from 8 on."""
    steps = int(math.log2(image_size))
    if image_size != 2**steps or steps < 3:
        raise UserError(
            f"image_size={image_size}: these networks halve down to 4, so they need 8, 16, 32, 64, ...; "
            f"try data.image_size={2 ** max(3, round(math.log2(image_size)))}"
        )
    return steps


def _hidden(width: int) -> list[nn.Module]:
    return [nn.Linear(width, width), nn.ReLU()]
