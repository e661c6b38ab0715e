"""Pictures and their small versions."""

from typing import Unpack

import torch
from torch import Tensor

from ganlab.bounds import Size
from ganlab.data.base import Channels, require_channels
from ganlab.data.translation.base import ExampleData, ExampleOptions
from ganlab.data.translation.degradations import Bicubic, Degradation
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.types import Batch


class SuperResolutionData(ExampleData):
    """Batches of ``high`` and of ``low``, which is ``high`` made smaller, in 256 levels.

    ``load`` gives one side, "high".

    Args:
        scale: How many times ``high`` is as large as ``low``, along each side.
        channels: 1 (grey) or 3 (RGB); images are converted to it.
        degradation: How it is made smaller; null: bicubic, antialiased. What it draws for examples that are scored is
            the same every time.
        options: See ``ExampleData``; nothing is resized, so that there is no ``load_size``.
    """

    kind: str = "super_resolution"

    def __init__(
        self,
        *,
        scale: Size = 4,
        channels: Channels = 3,
        degradation: Degradation | None = None,
        **options: Unpack[ExampleOptions],
    ) -> None:
        super().__init__(**options)
        require_channels(channels=channels)
        if scale < 2:
            raise UserError(f"data.scale={scale}: pictures are made larger 2, 3, 4 or more times")
        require_divisible("image_size", self.image_size, (self.height, self.width), scale)
        self.scale, self.channels, self.degradation = scale, channels, degradation or Bicubic()

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return {
            "low": (self.channels, self.height // self.scale, self.width // self.scale),
            "high": (self.channels, self.height, self.width),
        }

    def training(self, side: str, images: Tensor, draws: Draws) -> Batch:
        low = self.degradation(images, self.scale, draws)
        return Batch(low=from_uint8(low), high=from_uint8(images))

    def scored(self, side: str, images: Tensor, indices: Tensor) -> Batch:
        parts = [
            self.degradation(image[None], self.scale, Draws(0, "degradation", index))
            for image, index in zip(images, indices.tolist(), strict=True)
        ]
        low = torch.cat(parts) if parts else images.new_zeros(0, *self.shape["low"])
        return Batch(low=from_uint8(low), high=from_uint8(images))


def require_divisible(key: str, value: object, sides: tuple[int, int], scale: int) -> None:
    """Raises UserError where ``sides`` cannot be made exactly ``scale`` times smaller."""
    if any(side % scale for side in sides):
        nearest = [max(1, side // scale) * scale for side in sides]
        raise UserError(
            f"data.{key}={value} is no multiple of data.scale={scale}; "
            f"try data.{key}={nearest[0] if nearest[0] == nearest[1] else nearest}"
        )
