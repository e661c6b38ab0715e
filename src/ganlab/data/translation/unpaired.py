"""Two domains of pictures that do not belong together."""

from collections.abc import Mapping
from typing import ClassVar, Unpack

from torch import Tensor

from ganlab.data.base import Channels, Split, require_grey_or_rgb
from ganlab.data.store.crops import Centred
from ganlab.data.translation.base import CropOptions, ExampleData
from ganlab.data.translation.sets import Examples, Named
from ganlab.sets import ImageSet


class UnpairedData(ExampleData):
    """Batches of ``a`` and ``b``, each in an order of its own, cropped and mirrored each for itself.

    ``load`` gives the sides "a" and "b", which need not be of one length. Every picture of a side is seen once
    before any is seen again.

    Args:
        a_channels: 1 (grey) or 3 (RGB); images are converted to it. b_channels: likewise.
        options: See ``ExampleData``.
    """

    kind: ClassVar[str] = "unpaired"
    truth: Mapping[Split, Tensor] = {}  # which b belongs to each a, where that is known; for scores alone

    def __init__(
        self,
        *,
        a_channels: Channels = 3,
        b_channels: Channels = 3,
        **options: Unpack[CropOptions],
    ) -> None:
        super().__init__(**options)
        require_grey_or_rgb(a_channels=a_channels, b_channels=b_channels)
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

    sides: Mapping[str, Named]

    def __init__(self, sides, make, truth: Tensor | None) -> None:
        super().__init__(sides, make)
        self.truth = truth

    def side(self, name: str) -> ImageSet:
        """All pictures of side "a" or "b"."""
        images: Centred = self.sides[name].images
        return images
