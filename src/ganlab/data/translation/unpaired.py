"""Two domains of pictures that do not belong together."""

from collections.abc import Mapping
from typing import Unpack

from torch import Tensor

from ganlab.data.base import Channels, Split, require_channels
from ganlab.data.translation.base import CropOptions, ExampleData
from ganlab.data.translation.sets import Examples, Make, Named
from ganlab.sets import ImageSet


class UnpairedData(ExampleData):
    """Batches of ``a`` and ``b``, each in an order of its own, cropped and mirrored each for itself.

    ``load`` gives the sides "a" and "b", which need not be of one length. Every picture of a side is seen once
    before any is seen again.

    Args:
        a_channels: 1 (grey) or 3 (RGB); images are converted to it. b_channels: likewise.
        options: See ``ExampleData``.
    """

    kind: str = "unpaired"
    truth: Mapping[Split, Tensor] = {}  # which b belongs to each a, where that is known; for scores alone

    def __init__(
        self,
        *,
        a_channels: Channels = 3,
        b_channels: Channels = 3,
        **options: Unpack[CropOptions],
    ) -> None:
        super().__init__(**options)
        require_channels(a_channels=a_channels, b_channels=b_channels)
        self.a_channels, self.b_channels = a_channels, b_channels

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return {
            "a": (self.a_channels, self.height, self.width),
            "b": (self.b_channels, self.height, self.width),
        }

    def dataset(self, split: Split) -> "UnpairedExamples":
        self.prepare()
        return UnpairedExamples(self._centred(split), self.scored, self.truth.get(split))


class UnpairedExamples(Examples):
    """An :class:`~ganlab.sets.UnpairedSet`."""

    def __init__(self, sides: Mapping[str, Named[ImageSet]], make: Make, truth: Tensor | None) -> None:
        super().__init__(sides, make)
        self.truth = truth

    def side(self, name: str) -> ImageSet:
        """All pictures of side "a" or "b"."""
        return self.sides[name].images
