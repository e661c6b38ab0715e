"""Pairs of an input and what it should become."""

from typing import Unpack

from torch import Tensor

from ganlab.data.base import Channels, require_channels
from ganlab.data.translation.base import CropOptions, ExampleData
from ganlab.pixels import from_uint8
from ganlab.types import Batch


class PairedData(ExampleData):
    """Batches of ``source`` and ``target``, cropped and mirrored alike.

    ``load`` gives one side, "pair": pictures (source channels + target channels, H, W) that hold both, so that
    nothing can be done to one alone.

    Args:
        source_channels: 1 (grey) or 3 (RGB); images are converted to it. target_channels: likewise.
        options: See ``ExampleData``.
    """

    kind: str = "paired"

    def __init__(
        self,
        *,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        **options: Unpack[CropOptions],
    ) -> None:
        super().__init__(**options)
        require_channels(source_channels=source_channels, target_channels=target_channels)
        self.source_channels, self.target_channels = source_channels, target_channels

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return {
            "source": (self.source_channels, self.height, self.width),
            "target": (self.target_channels, self.height, self.width),
        }

    def examples(self, side: str, images: Tensor) -> Batch:
        return Batch(
            source=from_uint8(images[:, : self.source_channels]),
            target=from_uint8(images[:, self.source_channels :]),
        )
