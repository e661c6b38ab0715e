"""Pictures with a hole to fill."""

from typing import Literal, Unpack

import torch
from torch import Tensor

from ganlab.bounds import Size
from ganlab.data.base import Channels, require_channels
from ganlab.data.translation.base import CropOptions, ExampleData
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.types import Batch

RECTANGLES = 4

Mask = Literal["centre", "random"]


class InpaintingData(ExampleData):
    """Batches of whole pictures ``image`` and of ``mask`` (B, 1, H, W), 1 where the picture is missing, else 0.

    ``load`` gives one side, "image".

    Args:
        mask: "centre": a square in the middle. "random": four rectangles that may overlap, drawn for each
            example and step; those of a picture that is scored are always the same.
        mask_size: Side of the square in pixels; rectangles hide as many pixels as it has, or fewer.
        channels: 1 (grey) or 3 (RGB); images are converted to it.
        options: See ``ExampleData``.
    """

    kind: str = "inpainting"

    def __init__(
        self,
        *,
        mask: Mask = "centre",
        mask_size: Size = 32,
        channels: Channels = 3,
        **options: Unpack[CropOptions],
    ) -> None:
        super().__init__(**options)
        require_channels(channels=channels)
        if mask not in ("centre", "random"):
            raise UserError(f"data.mask={mask}: centre (a square) or random (rectangles)")
        if not 1 <= mask_size < min(self.height, self.width):
            raise UserError(
                f"data.mask_size={mask_size}: the hole is 1 to {min(self.height, self.width) - 1} pixels wide, "
                f"smaller than data.image_size={self.image_size}"
            )
        self.mask, self.mask_size, self.channels = mask, mask_size, channels

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (self.channels, self.height, self.width), "mask": (1, self.height, self.width)}

    def training(self, side: str, images: Tensor, draws: Draws) -> Batch:
        return self._with(images, self._masks(draws, len(images)))

    def scored(self, side: str, images: Tensor, indices: Tensor) -> Batch:
        masks = [self._masks(Draws(0, "hole", index), 1) for index in indices.tolist()]
        return self._with(images, torch.cat(masks) if masks else torch.zeros(0, *self.shape["mask"]))

    def _with(self, images: Tensor, masks: Tensor) -> Batch:
        return Batch(image=from_uint8(images), mask=masks.to(images.device, non_blocking=True))

    def _masks(self, draws: Draws, n: int) -> Tensor:
        if self.mask == "centre":
            return centre_hole(self.height, self.width, self.mask_size).repeat(n, 1, 1, 1)
        return random_holes(draws, n, self.height, self.width, self.mask_size**2)


def centre_hole(height: int, width: int, side: int) -> Tensor:
    """(1, 1, height, width): a square of ones in the middle, one pixel nearer to the top left if it must be."""
    mask = torch.zeros(1, 1, height, width)
    top, left = (height - side) // 2, (width - side) // 2
    mask[..., top : top + side, left : left + side] = 1
    return mask


def random_holes(draws: Draws, n: int, height: int, width: int, pixels: int) -> Tensor:
    """(n, 1, height, width): ``RECTANGLES`` of 1/4 to all of their share of ``pixels``, 1:2 to 2:1, anywhere."""
    drawn = draws.uniform(n, RECTANGLES, 4)
    area = pixels / RECTANGLES * (0.25 + 0.75 * drawn[..., 0])
    root = 2 ** (drawn[..., 1] - 0.5)  # of the proportions, evenly in octaves
    shadow = []
    for side, length, spot in ((height, area.sqrt() * root, 2), (width, area.sqrt() / root, 3)):
        length = length.floor().clamp(1, side)
        first = (drawn[..., spot] * (side - length + 1)).floor()
        along = torch.arange(side)
        shadow.append((along >= first[..., None]) & (along < (first + length)[..., None]))  # (n, R, side)
    covered = shadow[0][..., :, None] & shadow[1][..., None, :]  # (n, R, height, width)
    return covered.any(1, keepdim=True).float()
