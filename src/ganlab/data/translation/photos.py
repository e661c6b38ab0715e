"""Crops of scikit-learn's two photographs, a temple and a flower: nothing is downloaded."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from ganlab.bounds import Count, Share, Size
from ganlab.data.store.memory import with_channels
from ganlab.data.store.windows import Windows, texture
from ganlab.data.translation.inpainting import InpaintingData
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.super_resolution import SuperResolutionData
from ganlab.errors import UserError

PHOTOS = ("china", "flower")  # 427 x 640 each
TRAIN, STRIDE = ((0, 240), (400, 640)), 4  # columns of both photographs
# with margins of 16 pixels; the ends of the photographs are sky and blur
TEST, TEST_STRIDE = ((256, 384),), 32
FLAT = 0.03  # of black to white: less ``texture`` than this, and any method is right about a crop


class PhotosEdges(PairedData):
    """Edges to a photograph: the strength of Sobel's gradient, white on black, and the crop that it is of.

    Crops and held-out crops as ``crops`` says: at 64 x 64 pixels 7,113 train and 61 are held out.
    """

    def __init__(
        self,
        *,
        source_channels: Literal[1, 3] = 1,
        target_channels: Literal[1, 3] = 3,
        image_size: Size | tuple[Size, Size] = 64,
        batch_size: Count = 16,
        flip: bool | Share = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            source_channels=source_channels,
            target_channels=target_channels,
            image_size=image_size,
            load_size=None,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
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
        return crops(pictures, "pair", self.height, self.width)


class PhotosGray(PhotosEdges):
    """Grey to colour: the luma of a crop (ITU-R 601), and the crop; crops as in ``PhotosEdges``."""

    def source(self, photos: Tensor) -> Tensor:
        return with_channels(photos, 1)


class PhotosSR(SuperResolutionData):
    """Small crops of photographs to large ones; crops as in ``PhotosEdges``."""

    def __init__(
        self,
        *,
        scale: Size = 4,
        channels: Literal[1, 3] = 3,
        image_size: Size | tuple[Size, Size] = 64,
        batch_size: Count = 16,
        flip: bool | Share = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            scale=scale, channels=channels, image_size=image_size, batch_size=batch_size, flip=flip, seed=seed
        )

    def load(self) -> ExampleSplits:
        return crops(with_channels(photographs(), self.channels), "high", self.height, self.width)


class PhotosInpaint(InpaintingData):
    """Crops of photographs with a hole; crops as in ``PhotosEdges``."""

    def __init__(
        self,
        *,
        mask: Literal["centre", "random"] = "centre",
        mask_size: Size = 32,
        channels: Literal[1, 3] = 3,
        image_size: Size | tuple[Size, Size] = 64,
        batch_size: Count = 16,
        flip: bool | Share = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            mask=mask,
            mask_size=mask_size,
            channels=channels,
            image_size=image_size,
            load_size=None,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
        )

    def load(self) -> ExampleSplits:
        return crops(with_channels(photographs(), self.channels), "image", self.height, self.width)


def photographs() -> Tensor:
    """(2, 3, 427, 640) uint8."""
    from sklearn.datasets import load_sample_image

    pixels = np.stack([load_sample_image(f"{name}.jpg") for name in PHOTOS])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def edges(photos: Tensor) -> Tensor:
    """(P, 3, H, W) uint8 to (P, 1, H, W) uint8: the length of Sobel's gradient of the luma, 255 at most."""
    luma = pad(with_channels(photos, 1).float(), (1, 1, 1, 1), mode="reflect")
    down = torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]) / 4
    slopes = conv2d(luma, torch.stack((down, down.T)).unsqueeze(1))  # (P, 2, H, W)
    return slopes.norm(dim=1, keepdim=True).mul_(2).round_().clamp_(0, 255).to(torch.uint8)


def crops(pictures: Tensor, side: str, height: int, width: int) -> ExampleSplits:
    """Crops of the two photographs, every 4 pixels in columns 0-239 and 400-639, every 32 in the held-out 256-383.

    Flat ones are left out: whether they are, the photograph says, whatever ``pictures`` show of it.

    Raises:
        UserError: crops larger than the held-out part.
    """
    if height > 256 or width > TEST[0][1] - TEST[0][0]:
        raise UserError(
            f"data.image_size=[{height}, {width}]: the part of the photographs that is held out is 128 pixels wide, "
            "so crops have 256 x 128 at most; the usual is 64"
        )
    textures = texture(photographs(), height, width)
    return ExampleSplits(
        *(
            {side: _windows(pictures, textures, strips, stride, height, width)}
            for strips, stride in ((TRAIN, STRIDE), (TEST, TEST_STRIDE))
        )
    )


def _windows(
    pictures: Tensor,
    textures: Tensor,
    strips: tuple[tuple[int, int], ...],
    stride: int,
    height: int,
    width: int,
) -> Named:
    photo, top, left = torch.meshgrid(
        torch.arange(len(PHOTOS)),
        torch.arange(0, pictures.shape[2] - height + 1, stride),
        torch.tensor([x for first, end in strips for x in range(first, end - width + 1, stride)]),
        indexing="ij",
    )
    corners = torch.stack((photo, top, left), dim=-1).flatten(0, 2)  # (N, 3)
    corners = corners[textures[tuple(corners.T)] >= FLAT]
    names = [f"{PHOTOS[p]}-{y:03}-{x:03}" for p, y, x in corners.tolist()]
    return Named(Windows(pictures, corners, height, width), names)
