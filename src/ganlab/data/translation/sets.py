"""Fixed, ordered sets of image-to-image examples, for scores and pictures."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from ganlab.data.base import StoredImages
from ganlab.sets import ImageSet
from ganlab.types import Batch, tensors_of

Images = TypeVar("Images", bound=ImageSet, covariant=True)


class Named(NamedTuple, Generic[Images]):
    """Images, and a name for each."""

    images: Images
    names: Sequence[str]


Sides = Mapping[str, Named[StoredImages]]

Make = Callable[[str, Tensor, Tensor], Batch]  # of a side, its images and their indices


class ExampleSplits(NamedTuple):
    """What ``ExampleData.load`` gives: the sides that examples are made of. ``test`` was never trained on.

    Images of ``train`` are as large as ``load_size``; of those of ``test`` the centre is what is scored.
    """

    train: Sides
    test: Sides


class Examples:
    """An :class:`~ganlab.sets.ExampleSet` of one or two sides; the shorter one begins again where it ends."""

    def __init__(self, sides: Mapping[str, Named[ImageSet]], make: Make) -> None:
        self.sides, self._make = sides, make
        lengths = [len(images) for images, _ in sides.values()]
        self._length = max(lengths) if all(lengths) else 0
        self.names: Sequence[str] = [
            " + ".join(names[index % len(names)] for _, names in sides.values())
            for index in range(self._length)
        ]

    def __len__(self) -> int:
        return self._length

    def batch(self, indices: Tensor) -> Batch:
        batch = Batch()
        for side, (images, names) in self.sides.items():
            own = indices % len(names)
            batch.update(self._make(side, images.images(own), own))
        return batch

    def fingerprint(self) -> str:
        """A hash of every side's, and of what examples are made of the first of them."""
        digest = hashlib.sha256()
        for images, _ in self.sides.values():
            digest.update(images.fingerprint().encode())
        for value in tensors_of(self.batch(torch.arange(1))).values() if len(self) else ():
            digest.update(value.cpu().contiguous().numpy().data)
        return digest.hexdigest()
