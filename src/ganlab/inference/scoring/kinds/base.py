"""What is scored: images in a fixed order, read as often as is needed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

AHEAD = 256  # images that may wait to be looked at


class Pictures(NamedTuple):
    """images: (B, C, H, W) uint8, all of one size. places: of each, its number in the side."""

    images: Tensor
    places: list[int]


class Side:
    """One of the two sides: so many images, which are read in any order.

    title: what to call it, for instance "the folder samples/". classes: the names of its labels, or empty.
    lacking: by number, the images that could not be read and are left out. odd: how many are something that somebody
    may be surprised by. lasting: whether the images lie somewhere, so that what networks say of them is kept for later
    scorings; of others, which are made each time, nobody asks for the ``fingerprint``.
    """

    title: str
    classes: tuple[str, ...] = ()
    lasting: ClassVar[bool] = True

    def __init__(self) -> None:
        self.lacking: dict[int, str] = {}
        self.odd: Counter[str] = Counter()

    def __len__(self) -> int:
        raise NotImplementedError

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        """The images of these numbers in this order, at most ``batch_size`` at once, and only of one size together.

        Raises:
            UserError: one cannot be read.
        """
        raise NotImplementedError

    def labels(self) -> Tensor | None:
        """(n,) int64, the class of each image; None where nobody knows."""
        return None

    def fingerprint(self) -> str:
        """What changes when an image does."""
        raise NotImplementedError


def colours(images: Tensor) -> Tensor:
    """(B, C, H, W) uint8 without a fourth channel, alpha: of what cannot be seen the colours are there as well."""
    return images[:, :3]


def alike(images: Iterator[tuple[int, Tensor | None]], batch_size: int) -> Iterator[Pictures]:
    """Single (C, H, W) images, each with its number, as batches: a new one where the size changes.

    One that is None is left out, and leaves the others in the batches that they would be in with it.
    """
    waiting: list[Tensor] = []
    places: list[int] = []
    for count, (place, image) in enumerate(images):
        full = count % batch_size == 0
        if waiting and (full or (image is not None and image.shape != waiting[0].shape)):
            yield Pictures(torch.stack(waiting), places)
            waiting, places = [], []
        if image is not None:
            waiting.append(image)
            places.append(place)
    if waiting:
        yield Pictures(torch.stack(waiting), places)
