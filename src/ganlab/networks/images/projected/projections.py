"""Features mixed at random, so that a discriminator cannot look at a few of them alone."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


class RandomProjections(nn.Module):
    """Maps, each half as large as the one before, to as many mixed ones of twice the side; never trained.

    Sauer et al. 2021, section 3.2: first over the channels of each map, then over scales, from the smallest map to the
    largest: each is added to what comes from below, enlarged, and mixed again. All mixing is by random 1 x 1
    convolutions.

    in_channels: of the maps, the largest map first. width: channels of the largest mixed map; ``widths`` has all.
    """

    def __init__(self, in_channels: Sequence[int], width: int) -> None:
        super().__init__()
        levels = len(in_channels)
        over_channels = [width << level for level in range(levels)]
        self.widths = [widened(width, level) for level in range(levels)]
        self.channels = nn.ModuleList(map(_mixing, in_channels, over_channels))
        self.scales = nn.ModuleList(map(_mixing, over_channels, self.widths))
        self.requires_grad_(False)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        sides = [[2 * side for side in maps[0].shape[2:]], *(list(larger.shape[2:]) for larger in maps[:-1])]
        mixed: list[Tensor] = []
        for level in reversed(range(len(maps))):
            summed = sum(mixed[-1:], self.channels[level](maps[level]))
            enlarged = F.interpolate(summed, sides[level], mode="bilinear", align_corners=True)
            mixed.append(self.scales[level](enlarged))
        return mixed[::-1]


def widened(width: int, halvings: int) -> int:
    """Channels after so many halvings: as many after the first, then twice as many after each."""
    return width << max(0, halvings - 1)


def _mixing(in_channels: int, out_channels: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 1)
    nn.init.kaiming_normal_(conv.weight)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv
