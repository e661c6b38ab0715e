"""Crops of scikit-learn's two photographs, a temple and a flower: nothing is downloaded."""

from typing import Literal, Unpack

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from ganlab.bounds import Size
from ganlab.data.base import Channels
from ganlab.data.store.memory import with_channels
from ganlab.data.store.photographs import crops, photographs
from ganlab.data.translation.base import ExampleOptions
from ganlab.data.translation.inpainting import InpaintingData, Mask
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.semantic import EmbeddedRegions
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.super_resolution import SuperResolutionData

SQUARE = 9  # pixels over which colours are averaged


class PhotosEdges(PairedData):
    """Edges to a photograph: the strength of Sobel's gradient, white on black, and the crop that it is of.

    Crops and held-out crops as ``crops`` says: at 64 x 64 pixels 7,113 train and 61 are held out.
    """

    def __init__(
        self,
        *,
        source_channels: Channels = 1,
        target_channels: Channels = 3,
        **options: Unpack[ExampleOptions],
    ) -> None:
        super().__init__(
            source_channels=source_channels, target_channels=target_channels, load_size=None, **options
        )

    def source(self, photos: Tensor) -> Tensor:
        """(P, 3, H, W) uint8 to (P, 1, H, W) uint8."""
        return edges(photos)

    def load(self) -> ExampleSplits:
        photos = photographs()
        pictures = torch.cat(
            (
                with_channels(self.source(photos), self.source_channels),
                with_channels(photos, self.target_channels),
            ),
            dim=1,
        )
        return examples(pictures, "pair", self.height, self.width)


class PhotosGray(PhotosEdges):
    """Grey to colour: the luma of a crop (ITU-R 601), and the crop; crops as in ``PhotosEdges``."""

    def source(self, photos: Tensor) -> Tensor:
        return with_channels(photos, 1)


class PhotosRegions(EmbeddedRegions):
    """Regions of a photograph to the photograph; crops as in ``PhotosEdges``.

    A pixel's region is that of the colours around it, averaged over 9 x 9 pixels: one of four equally large parts by
    luma, each parted into what is cooler and what is warmer, by red - blue, than half of all pixels.
    """

    embedded, known = "photos_regions", 8

    def __init__(
        self, *, regions: Literal[8] = 8, target_channels: Literal[3] = 3, **options: Unpack[ExampleOptions]
    ) -> None:
        super().__init__(regions=regions, target_channels=target_channels, **options)

    def load(self) -> ExampleSplits:
        photos = photographs()
        return examples(
            torch.cat((regions_of_photographs(photos), photos), dim=1), "pair", self.height, self.width
        )


class PhotosSR(SuperResolutionData):
    """Small crops of photographs to large ones; crops as in ``PhotosEdges``."""

    def load(self) -> ExampleSplits:
        return examples(with_channels(photographs(), self.channels), "high", self.height, self.width)


class PhotosInpaint(InpaintingData):
    """Crops of photographs with a hole; crops as in ``PhotosEdges``."""

    def __init__(
        self,
        *,
        mask: Mask = "centre",
        mask_size: Size = 32,
        channels: Channels = 3,
        **options: Unpack[ExampleOptions],
    ) -> None:
        super().__init__(mask=mask, mask_size=mask_size, channels=channels, load_size=None, **options)

    def load(self) -> ExampleSplits:
        return examples(with_channels(photographs(), self.channels), "image", self.height, self.width)


def edges(photos: Tensor) -> Tensor:
    """(P, 3, H, W) uint8 to (P, 1, H, W) uint8: the length of Sobel's gradient of the luma, 255 at most."""
    luma = pad(with_channels(photos, 1).float(), (1, 1, 1, 1), mode="reflect")
    down = torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]) / 4
    slopes = conv2d(luma, torch.stack((down, down.T)).unsqueeze(1))  # (P, 2, H, W)
    return slopes.norm(dim=1, keepdim=True).mul_(2).round_().clamp_(0, 255).to(torch.uint8)


def examples(pictures: Tensor, side: str, height: int, width: int) -> ExampleSplits:
    """Crops of what is made of both photographs, as the only ``side`` of examples."""
    return ExampleSplits(*({side: Named(part, part.names)} for part in crops(pictures, height, width)))


def regions_of_photographs(photos: Tensor) -> Tensor:
    """(P, 3, H, W) uint8 to (P, 1, H, W) uint8: 2 * quarter + half, by quantiles of luma and warmth over all pixels."""
    smooth = avg_pool2d(photos.float(), SQUARE, stride=1, padding=SQUARE // 2, count_include_pad=False)
    red, green, blue = smooth.split(1, dim=1)
    luma, warmth = 0.299 * red + 0.587 * green + 0.114 * blue, red - blue  # ITU-R 601

    def quantile(values: Tensor, share: float) -> Tensor:
        return values.flatten().kthvalue(1 + int(share * (values.numel() - 1))).values

    quarter = sum((luma > quantile(luma, share)).to(torch.uint8) for share in (0.25, 0.5, 0.75))
    return 2 * quarter + (warmth > quantile(warmth, 0.5)).to(torch.uint8)
