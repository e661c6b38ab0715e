"""FastGAN's discriminator: it scores places, and has to remember enough of a real image to rebuild it."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.excitation import SkipLayerExcitation
from ganlab.layers.init import init_normal
from ganlab.layers.spectral import spectrally_normalized
from ganlab.network_types import RebuildingDiscriminator
from ganlab.networks.images.fast.pair_sizes import side_of_small, steps_from_64

CHANNELS = {8: 8, 16: 4, 32: 2, 64: 1, 128: 0.5, 256: 0.25, 512: 0.125}  # of maps, times ``width``
LOWEST, HIGHEST = 8, 256  # sides of the maps that are scored, and of the first that a block halves


class FastGANDiscriminator(RebuildingDiscriminator):
    """(B, channels, image_size, image_size) to raw scores (B, 50): 25 places in the image, 25 in the small one.

    Liu et al. 2021, section 3.2. A second tower reads the small image, which is the mean of pixels unless given.
    width: channels of 64 x 64 maps, doubled with each halving. Sizes as of the generator.
    """

    def __init__(self, *, channels: Size = 3, image_size: Size = 64, width: Size = 16) -> None:
        super().__init__()
        steps_from_64("FastGAN", image_size)
        self.small_size = side_of_small(image_size)
        at = {side: max(1, int(share * width)) for side, share in CHANNELS.items()}
        top = min(image_size, HIGHEST)
        self.stem = _stem(channels, image_size, at)
        self.sides = _halved(top)
        self.down = nn.ModuleList(ResidualDown(at[2 * side], at[side]) for side in self.sides)
        self.excitation = nn.ModuleDict(
            {str(side): SkipLayerExcitation(at[8 * side], at[side]) for side in self.sides if 8 * side <= top}
        )
        self.head = nn.Sequential(
            nn.Conv2d(at[LOWEST], 2 * at[LOWEST], 1, bias=False),
            nn.BatchNorm2d(2 * at[LOWEST]),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * at[LOWEST], 1, 4, bias=False),
        )
        first, *rest = _halved(self.small_size)  # as wide as maps of twice the side in the other tower
        half = {side: at[2 * side] for side in (first, *rest)}
        self.small_tower = nn.Sequential(
            nn.Conv2d(channels, half[first], 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(0.2),
            *[layer for side in rest for layer in _down(half[2 * side], half[side])],
        )
        self.small_head = nn.Conv2d(half[LOWEST], 1, 4, bias=False)
        self.rebuild_whole = decoder(at[LOWEST], channels, width, self.small_size)
        self.rebuild_quarter = decoder(at[2 * LOWEST], channels, width, self.small_size)
        self.rebuild_small = decoder(half[LOWEST], channels, width, self.small_size)
        self.apply(init_normal)
        spectrally_normalized(self)

    def forward(self, images: Tensor, small: Tensor | None = None) -> Tensor:
        return self._judged(images, self.shrunk(images) if small is None else small)[0]

    def shrunk(self, images: Tensor) -> Tensor:
        """(B, channels, small_size, small_size): means of pixels."""
        return F.adaptive_avg_pool2d(images, self.small_size)

    def rebuilt(self, images: Tensor, quarter: int) -> tuple[Tensor, dict[str, tuple[Tensor, Tensor]]]:
        small = self.shrunk(images)
        scores, maps, small_maps = self._judged(images, small)
        pairs = {
            "whole": (small, self.rebuild_whole(maps[LOWEST])),
            "quarter": (
                self.shrunk(quarter_of(images, quarter)),
                self.rebuild_quarter(quarter_of(maps[2 * LOWEST], quarter)),
            ),
            "small": (small, self.rebuild_small(small_maps)),
        }
        return scores, pairs

    def _judged(self, images: Tensor, small: Tensor) -> tuple[Tensor, dict[int, Tensor], Tensor]:
        """Scores (B, 50), the maps of the first tower by side, and those of the second (B, C, 8, 8)."""
        maps = {2 * self.sides[0]: self.stem(images)}
        for side, down in zip(self.sides, self.down, strict=True):
            maps[side] = down(maps[2 * side])
            if str(side) in self.excitation:
                maps[side] = self.excitation[str(side)](maps[8 * side], maps[side])
        small_maps = self.small_tower(small)
        places = [self.head(maps[LOWEST]).flatten(1), self.small_head(small_maps).flatten(1)]
        return torch.cat(places, dim=1), maps, small_maps


class ResidualDown(nn.Module):
    """(B, in_channels, H, W) to (B, out_channels, H / 2, W / 2): the mean of two ways."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *_down(in_channels, out_channels),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.LeakyReLU(0.2),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.LeakyReLU(0.2),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return (self.branch(maps) + self.shortcut(maps)) / 2


def decoder(in_channels: int, channels: int, width: int, side: int) -> nn.Sequential:
    """(B, in_channels, 8, 8) to images (B, channels, side, side) in [-1, 1]."""
    doublings = (side // LOWEST).bit_length() - 1
    widths = [in_channels, *[2 * width, width, width, max(1, width // 2)][:doublings]]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(before, 2 * after, 3, padding=1, bias=False),
            nn.BatchNorm2d(2 * after),
            nn.GLU(dim=1),
        ]
    last = nn.Conv2d(widths[-1], channels, 3, padding=1, bias=False)
    return nn.Sequential(*layers, last, nn.Tanh())


def quarter_of(images: Tensor, quarter: int) -> Tensor:
    """(B, C, H, W) to (B, C, H / 2, W / 2): 0 and 1 above, 2 and 3 below."""
    rows, columns = divmod(quarter, 2)
    above = images.chunk(2, dim=2)[rows]
    return above.chunk(2, dim=3)[columns]


def _halved(side: int) -> list[int]:
    """The sides after each halving, down to ``LOWEST``."""
    sides = []
    while side > LOWEST:
        side //= 2
        sides.append(side)
    return sides


def _stem(channels: int, image_size: int, at: dict[int, int]) -> nn.Sequential:
    """The image to maps of at most 256 x 256."""
    if image_size <= HIGHEST:
        return nn.Sequential(nn.Conv2d(channels, at[image_size], 3, padding=1, bias=False), nn.LeakyReLU(0.2))
    widths = [at[HIGHEST]] if image_size == 2 * HIGHEST else [at[2 * HIGHEST], at[HIGHEST]]
    first = nn.Conv2d(channels, widths[0], 4, stride=2, padding=1, bias=False)
    more = _down(*widths) if len(widths) > 1 else []
    return nn.Sequential(first, nn.LeakyReLU(0.2), *more)


def _down(in_channels: int, out_channels: int) -> list[nn.Module]:
    halving = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
    return [halving, nn.BatchNorm2d(out_channels), nn.LeakyReLU(0.2)]
