"""Three digits in one picture, one in each colour channel: a thousand modes that can be counted (Metz et al. 2017)."""

import hashlib
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganlab.bounds import Count, Samples, Share, Size
from ganlab.data.base import ImageData, Splits
from ganlab.data.images.packaged import Digits
from ganlab.data.images.torchvision_sets import MNIST
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.randomness import derive

HELD_OUT = 26_000  # 26 for each mode, as many as generated pictures are usually counted


class StackedImages(MemoryImages):
    """``n`` triples of grey digits (N, 1, H, W), drawn once and for all by ``name``, each as a picture (3, H, W).

    The label is the number that the three digits make, red first.
    """

    def __init__(self, digits: MemoryImages, n: int, name: str) -> None:
        generator = torch.Generator().manual_seed(derive(0, "stacked", name))
        self.triples = torch.randint(len(digits), (n, 3), generator=generator)
        numbers = (digits.targets[self.triples] * torch.tensor([100, 10, 1])).sum(1)
        super().__init__(digits.pixels, numbers, tuple(f"{number:03d}" for number in range(1000)))

    def __len__(self) -> int:
        return len(self.triples)

    def images(self, indices: Tensor) -> Tensor:
        triples = self.triples[indices.to(self.triples.device, non_blocking=True)]
        return self.pixels[triples].squeeze(2)  # (B, 3, 1, H, W) to (B, 3, H, W)

    def fingerprint(self) -> str:
        """A hash of the digits and of how they are stacked."""
        digest = hashlib.sha256(super().fingerprint().encode())
        digest.update(self.triples.cpu().numpy())
        return digest.hexdigest()

    def move(self, device: torch.device) -> None:
        super().move(device)
        self.triples = self.triples.to(device)


class Stacked(ImageData):
    """Pictures of three random digits, labelled from 0 to 999; which ones does not depend on ``seed``.

    pictures: how many there are to train on; 26,000 of other digits are held out.
    """

    kind: ClassVar[str] = "labelled"

    def __init__(
        self,
        *,
        pictures: Samples = 128_000,
        image_size: Size | tuple[Size, Size] = 32,
        channels: Literal[3] = 3,
        batch_size: Count = 64,
        flip: bool | Share = False,
        seed: int = 0,
    ) -> None:
        super().__init__(
            image_size=image_size, channels=channels, batch_size=batch_size, flip=flip, seed=seed
        )
        if channels != 3:
            raise UserError(f"data.channels={channels}: stacked digits have 3, one for each digit")
        self.pictures = pictures

    def digits(self) -> ImageData:
        """The grey digits that are stacked."""
        raise NotImplementedError

    def load(self) -> Splits:
        digits = self.digits().load()
        return Splits(
            StackedImages(digits.train, self.pictures, "train"), StackedImages(digits.test, HELD_OUT, "test")
        )


class StackedMNIST(Stacked):
    """Stacked digits of MNIST, which is downloaded to ``root`` where it is missing."""

    def __init__(
        self,
        *,
        root: str = "data",
        pictures: Samples = 128_000,
        image_size: Size | tuple[Size, Size] = 32,
        channels: Literal[3] = 3,
        batch_size: Count = 64,
        flip: bool | Share = False,
        seed: int = 0,
    ) -> None:
        super().__init__(
            pictures=pictures,
            image_size=image_size,
            channels=channels,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
        )
        self.root = root

    def digits(self) -> ImageData:
        return MNIST(root=self.root, image_size=self.image_size)


class StackedDigits(Stacked):
    """Stacked digits of scikit-learn: nothing is downloaded."""

    def digits(self) -> ImageData:
        return Digits(image_size=self.image_size)
