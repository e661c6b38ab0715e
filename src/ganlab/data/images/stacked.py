"""Three digits in one picture, one in each colour channel: a thousand modes that can be counted (Metz et al. 2017)."""

import hashlib
from typing import Literal, Unpack

import torch
from torch import Tensor

from ganlab.bounds import Samples
from ganlab.data.base import ImageData, ImageOptions, Splits
from ganlab.data.images.packaged import Digits
from ganlab.data.images.torchvision_sets import MNIST
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.randomness import derive
from ganlab.sets import ImageSet

HELD_OUT = 26_000  # 26 for each mode, as many as generated pictures are usually counted


class StackedImages(MemoryImages):
    """``n`` triples of grey digits (N, 1, H, W), drawn once and for all by ``name``, each as a picture (3, H, W).

    The label is the number that the three digits make, red first.
    """

    def __init__(self, digits: ImageSet, n: int, name: str) -> None:
        every = torch.arange(len(digits))
        labels = digits.labels(every)
        if labels is None:
            raise ValueError("digits without labels make no numbers")
        generator = torch.Generator().manual_seed(derive(0, "stacked", name))
        self.triples = torch.randint(len(digits), (n, 3), generator=generator)
        numbers = (labels[self.triples] * torch.tensor([100, 10, 1])).sum(1)
        super().__init__(digits.images(every), numbers, tuple(f"{number:03d}" for number in range(1000)))

    def __len__(self) -> int:
        return len(self.triples)

    def images(self, indices: Tensor) -> Tensor:
        triples = self.triples[indices.to(self.triples.device, non_blocking=True)]
        return self.pixels[triples].squeeze(2)  # (B, 3, 1, H, W) to (B, 3, H, W)

    def fingerprint(self) -> str:
        """A hash of the digits and of how they are stacked."""
        digest = hashlib.sha256(super().fingerprint().encode())
        digest.update(self.triples.cpu().numpy().data)
        return digest.hexdigest()

    def move(self, device: torch.device) -> None:
        super().move(device)
        self.triples = self.triples.to(device)


class StackedOptions(ImageOptions, total=False):
    """The constructor arguments of ``Stacked``."""

    pictures: Samples
    channels: Literal[3]


class Stacked(ImageData):
    """Pictures of three random digits, labelled from 0 to 999; which ones does not depend on ``seed``.

    pictures: how many there are to train on; 26,000 of other digits are held out.
    """

    kind: str = "labelled"

    def __init__(
        self,
        *,
        pictures: Samples = 128_000,
        channels: Literal[3] = 3,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(channels=channels, **options)
        if channels != 3:
            raise UserError(f"data.channels={channels}: stacked digits have 3, one for each digit")
        self.pictures = pictures

    def digits(self) -> ImageData:
        """The grey digits that are stacked."""
        raise NotImplementedError

    def load(self) -> Splits:
        train, test = self.digits().load()
        return Splits(StackedImages(train, self.pictures, "train"), StackedImages(test, HELD_OUT, "test"))


class StackedMNIST(Stacked):
    """Stacked digits of MNIST, which is downloaded to ``root`` where it is missing."""

    def __init__(self, *, root: str = "data", **options: Unpack[StackedOptions]) -> None:
        super().__init__(**options)
        self.root = root

    def digits(self) -> ImageData:
        return MNIST(root=self.root, image_size=self.image_size)


class StackedDigits(Stacked):
    """Stacked digits of scikit-learn: nothing is downloaded."""

    def digits(self) -> ImageData:
        return Digits(image_size=self.image_size)
