"""Projected GAN's discriminator: small ones on features of a network that others have trained."""

import torch
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, bounded
from ganlab.layers.init import init_normal
from ganlab.layers.spectral import spectrally_normalized
from ganlab.network_types import FeaturePyramid
from ganlab.networks.images.projected.projections import RandomProjections, widened
from ganlab.networks.sizes import sides

LOWEST = 8  # sides at most, of maps that are scored


class ProjectedDiscriminator(nn.Module):
    """(B, channels, H, W) in [-1, 1] to raw scores (B, places), those of all discriminators side by side.

    Sauer et al. 2021, sections 3.1 and 3.2. A fixed network makes a pyramid of maps of the images, random projections
    mix it, and each mixed map has a discriminator of its own. Only those are trained; the fixed network is no part of
    the weights that are saved.

    features: the fixed network. width: channels of the largest mixed map, doubled with each halving but the first.
    """

    features: FeaturePyramid

    @bounded
    def __init__(
        self, *, features: FeaturePyramid, channels: Size = 3, image_size: ImageSize = 64, width: Size = 64
    ) -> None:
        super().__init__()
        self.features = features
        self._device: torch.device | None = None
        self.projections = RandomProjections(features.widths(channels), width)
        height, breadth = features.sides(*sides(image_size))
        self.discriminators = nn.ModuleList(
            scoring(width, level, (-(-height // 2**level), -(-breadth // 2**level)))
            for level in range(len(self.projections.widths))
        )

    def forward(self, images: Tensor) -> Tensor:
        if images.device != self._device:
            self._device = images.device
            self.features.to(images.device)
        mixed = self.projections(self.features.pyramid(images))
        scores = [score(maps).flatten(1) for score, maps in zip(self.discriminators, mixed, strict=True)]
        return torch.cat(scores, dim=1)


def scoring(width: int, level: int, pixels: tuple[int, int]) -> nn.Module:
    """Maps of ``pixels``, those of a ``level`` of the pyramid, to scores of places."""
    layers: list[nn.Module] = []
    while max(pixels) > LOWEST:
        halving = nn.Conv2d(widened(width, level), widened(width, level + 1), 4, stride=2, padding=1)
        level, pixels = level + 1, (pixels[0] // 2, pixels[1] // 2)
        layers += [halving, nn.BatchNorm2d(widened(width, level)), nn.LeakyReLU(0.2)]
    last = nn.Conv2d(widened(width, level), 1, (min(4, pixels[0]), min(4, pixels[1])), bias=False)
    return spectrally_normalized(nn.Sequential(*layers, last).apply(init_normal))
