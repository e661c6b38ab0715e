"""Pictures in their own sizes, out of which crops are cut: super-resolution must not resize what it learns from."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import numpy as np
import torch
from PIL import ImageOps
from torch import Tensor

from ganlab.data.order import IndexStream
from ganlab.data.store.decode import CorruptImage, Decoder, Header, channels_first
from ganlab.data.store.files import FileImages
from ganlab.data.store.known import KnownFiles
from ganlab.data.store.workers import in_threads
from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.sets import ImageSet

Picture = TypeVar("Picture", np.ndarray, Tensor)


@dataclass(frozen=True, kw_only=True)
class WholeDecoder(Decoder):
    """Turns a file into (channels, its height, its width) uint8; ``height`` and ``width`` are those of the crops.

    Raises:
        UserError: a picture smaller than the crops, which ``key`` sets.
    """

    key: str = "image_size"

    def __call__(self, path: str) -> np.ndarray:
        with self.opened(path) as image:
            ImageOps.exif_transpose(image, in_place=True)
            self._require_room(path, *image.size)
            return channels_first(self.eight_bit(image))

    def header(self, path: str) -> Header:
        header = super().header(path)
        self._require_room(path, header.width, header.height)
        return header

    def _require_room(self, path: str, width: int, height: int) -> None:
        if height < self.height or width < self.width:
            raise UserError(
                f"{path} has {width} x {height} pixels, fewer than the crops of {self.width} x {self.height}: "
                f"remove it, or lower data.{self.key}"
            )


class FileCrops(FileImages):
    """Crops of files read by ``WholeDecoder``: at random spots for training, else of the centre."""

    decoder: WholeDecoder
    of_one_size = False
    total_bytes = 0  # of all pictures, as far as their headers say

    @property
    def bytes_per_image(self) -> float:
        return self.total_bytes / max(1, len(self))

    def check_headers(self, title: str, known: KnownFiles) -> list[Header]:
        headers = super().check_headers(title, known)
        self.total_bytes = sum(header.width * header.height for header in headers) * self.decoder.channels
        return headers

    def wanted(self, order: IndexStream, step: int) -> list[tuple[int, Sequence[float]]]:
        return list(zip(order.indices(step).tolist(), spots(order, step).tolist(), strict=True))

    def read(self, wanted: int | tuple[int, Sequence[float]]) -> np.ndarray:
        index, spot = wanted if isinstance(wanted, tuple) else (wanted, (0.5, 0.5))
        return window(super().read(index), spot, self.decoder.height, self.decoder.width)

    def into_memory(self, title: str) -> "Pictures":
        """See ``FileImages``."""
        pictures: list[np.ndarray | None] = [None] * len(self)

        def decode(index: int) -> None:
            with suppress(CorruptImage):  # counted: all of them are told at once
                pictures[index] = super(FileCrops, self).read(index)

        in_threads(decode, len(self), title)
        absent = torch.zeros(self.decoder.channels, 1, 1, dtype=torch.uint8)
        kept = [absent if pixels is None else torch.from_numpy(pixels) for pixels in pictures]
        made = Pictures(kept, self.decoder.height, self.decoder.width)
        made.files = self.files
        return made


class Pictures:
    """``StoredImages``: crops (C, height, width) of pictures (C, any, any) uint8 in the memory of the CPU."""

    classes: tuple[str, ...] = ()
    files: Sequence[str] = ()  # that the pictures were read from, if any

    def __init__(self, pictures: Sequence[Tensor], height: int, width: int) -> None:
        self.pictures, self.height, self.width = pictures, height, width

    def __len__(self) -> int:
        return len(self.pictures)

    def images(self, indices: Tensor) -> Tensor:
        return self._crops(indices, torch.full((len(indices), 2), 0.5))

    def labels(self, indices: Tensor) -> None:
        return None

    def fingerprint(self) -> str:
        """A hash of all pixels and of the size of the crops."""
        digest = hashlib.sha256(f"{self.height}/{self.width}".encode())
        for picture in self.pictures:
            digest.update(str(tuple(picture.shape)).encode())
            digest.update(picture.numpy().data)
        return digest.hexdigest()

    def batches(self, order: IndexStream, first: int, device: torch.device) -> Iterator[tuple[Tensor, None]]:
        """See ``StoredImages``."""
        for step in count(first):
            crops = self._crops(order.indices(step), spots(order, step))
            yield crops.to(device, non_blocking=True), None

    def _crops(self, indices: Tensor, spots: Tensor) -> Tensor:
        return torch.stack(
            [
                window(self.pictures[index], spot, self.height, self.width)
                for index, spot in zip(indices.tolist(), spots.tolist(), strict=True)
            ]
        )


def spots(order: IndexStream, step: int) -> Tensor:
    """(B, 2) in [0, 1): where this rank's crops of a step lie, 0 at the top or left, 1 at the bottom or right."""
    draws = Draws(order.seed, "spots", step, rank=order.rank, world=order.world)
    return draws.uniform(len(order.positions(step)), 2)


def window(picture: Picture, spot: Sequence[float], height: int, width: int) -> Picture:
    """The crop (C, height, width) at ``spot`` of a picture (C, H, W), an array or a tensor."""
    top = int(spot[0] * (picture.shape[1] - height + 1))
    left = int(spot[1] * (picture.shape[2] - width + 1))
    return picture[:, top : top + height, left : left + width]


class Centred:
    """An :class:`~ganlab.sets.ImageSet`: the centres of another's images."""

    def __init__(self, images: ImageSet, height: int, width: int) -> None:
        self.whole, self.height, self.width, self.classes = images, height, width, images.classes
        self.names = getattr(images, "names", ())

    def __len__(self) -> int:
        return len(self.whole)

    def images(self, indices: Tensor) -> Tensor:
        images = self.whole.images(indices)
        top, left = (images.shape[2] - self.height) // 2, (images.shape[3] - self.width) // 2
        return images[..., top : top + self.height, left : left + self.width]

    def labels(self, indices: Tensor) -> Tensor | None:
        return self.whole.labels(indices)

    def fingerprint(self) -> str:
        return f"{self.whole.fingerprint()}/{self.height}/{self.width}"


def cut(images: Tensor, spots: Tensor, height: int, width: int) -> Tensor:
    """Crops (B, C, height, width) of (B, C, H, W), each at a spot of (B, 2): 0 is top or left, 1 bottom or right."""
    room = images.shape[2] - height + 1, images.shape[3] - width + 1
    if room == (1, 1):
        return images
    corners = (spots * torch.tensor(room)).long().tolist()
    return torch.stack(
        [
            image[:, top : top + height, left : left + width]
            for image, (top, left) in zip(images, corners, strict=True)
        ]
    )
