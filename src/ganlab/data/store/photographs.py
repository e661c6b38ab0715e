"""Scikit-learn's two photographs, a temple and a flower, and which windows of them train and which are held out."""

import numpy as np
import torch
from torch import Tensor

from ganlab.data.store.scikit_learn import photograph
from ganlab.data.store.windows import Windows, texture
from ganlab.errors import UserError

PHOTOS = ("china", "flower")  # 427 x 640 each
TRAIN, STRIDE = ((0, 240), (400, 640)), 4  # columns of both photographs
# with margins of 16 pixels; the ends of the photographs are sky and blur
TEST, TEST_STRIDE = ((256, 384),), 32
FLAT = 0.03  # of black to white: less ``texture`` than this, and any method is right about a crop


def photographs() -> Tensor:
    """(2, 3, 427, 640) uint8."""
    pixels = np.stack([photograph(name) for name in PHOTOS])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def crops(pictures: Tensor, height: int, width: int) -> tuple["NamedWindows", "NamedWindows"]:
    """Crops of the two photographs, every 4 pixels in columns 0-239 and 400-639, every 32 in the held-out 256-383.

    Flat ones are left out: whether they are, the photograph says, whatever ``pictures`` (2, C, 427, 640) show of it.

    Raises:
        UserError: crops larger than the held-out part.
    """
    if height > 256 or width > TEST[0][1] - TEST[0][0]:
        raise UserError(
            f"data.image_size=[{height}, {width}]: the part of the photographs that is held out is 128 pixels wide, "
            "so crops have 256 x 128 at most; the usual is 64"
        )
    textures = texture(photographs(), height, width)
    train, test = (
        _windows(pictures, textures, strips, stride, height, width)
        for strips, stride in ((TRAIN, STRIDE), (TEST, TEST_STRIDE))
    )
    return train, test


class NamedWindows(Windows):
    """Windows that are called by their photograph, top and left."""

    def __init__(self, pictures: Tensor, corners: Tensor, height: int, width: int) -> None:
        super().__init__(pictures, corners, height, width)
        self.names = [f"{PHOTOS[p]}-{y:03}-{x:03}" for p, y, x in corners.tolist()]


def _windows(
    pictures: Tensor,
    textures: Tensor,
    strips: tuple[tuple[int, int], ...],
    stride: int,
    height: int,
    width: int,
) -> NamedWindows:
    photo, top, left = torch.meshgrid(
        torch.arange(len(PHOTOS)),
        torch.arange(0, pictures.shape[2] - height + 1, stride),
        torch.tensor([x for first, end in strips for x in range(first, end - width + 1, stride)]),
        indexing="ij",
    )
    corners = torch.stack((photo, top, left), dim=-1).flatten(0, 2)  # (N, 3)
    corners = corners[textures[tuple(corners.T)] >= FLAT]
    return NamedWindows(pictures, corners, height, width)
