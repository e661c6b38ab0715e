"""Data in files: the settings that all of it shares, and those of folders of one's own."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import torch

from ganlab.bounds import Count, Share, Weight, Whole, Workers
from ganlab.data.base import StoredImages
from ganlab.data.disk.listing import Part
from ganlab.data.disk.stores import is_address, require_no_address
from ganlab.data.endless import EndlessData
from ganlab.data.store.corrupt import CorruptFiles, OnCorrupt
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages, read_headers
from ganlab.data.store.holding import stay_in_files
from ganlab.errors import UserError

log = logging.getLogger(__name__)

NO_ROOT = "needs the folder of your images: data.root=/path/to/images"


class FileOptions(TypedDict, total=False):
    """The parameters of ``FileData``."""

    root: str | None
    memory_limit: Whole
    workers: Workers | None
    cache: Weight


class FolderOptions(FileOptions, total=False):
    """The parameters of ``FolderData``."""

    test_fraction: Share
    on_corrupt: OnCorrupt
    background: str
    max_pixels: Count


class FileData(EndlessData):
    """A data module whose images are files, beside what it is of: ``class CelebA(FileData, ImageData)``.

    Args:
        root: The folder; ``~`` is your home.
        memory_limit: In MB (10^6 bytes): images that take up to that much as uint8 are decoded once and kept;
            more than that stays in its files, decoded as needed by ``workers``.
        workers: Decoding processes; 0: the training process decodes; null: all CPU cores but one, 8 at most.
        cache: GB (10^9 bytes) of decoded images that are kept on disk for all runs, where they do not fit into memory;
            0 keeps none. What was used longest ago makes room.
        options: Of the next class.
    """

    default_root: ClassVar[str | None] = None  # where a published set lies

    def __init__(
        self,
        *,
        root: str | None = None,
        memory_limit: Whole = 2000,
        workers: Workers | None = None,
        cache: Weight = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not cache >= 0:
            raise UserError(f"data.cache={cache}: how many GB of decoded images may be kept, 0 for none")
        self.cache = cache
        chosen = self.default_root if root in (None, "", "???") else root
        self.nowhere = chosen is None
        self._given = str(chosen or "")
        self._root = Path(chosen or "").expanduser()
        self.memory_limit, self.workers = memory_limit, worker_count(workers)

    @property
    def root(self) -> Path:
        """The folder; raises UserError where there is none yet, and for the address of a store."""
        if self.nowhere:
            raise UserError(f"this data set {NO_ROOT}")
        require_no_address(self._given)
        return self._root

    @property
    def address(self) -> str:
        """The folder, or a store's address as it was given; raises UserError where there is neither yet."""
        return self._given if is_address(self._given) else str(self.root)


class FolderData(FileData):
    """A data module of a folder of one's own, beside what it is of: ``class Folder(FolderData, ImageData)``.

    Args:
        test_fraction: Share that is held out, 0 to 0.9, unless the folder has a part for it: the files whose
            name, hashed, falls below it, the same ones in every run.
        on_corrupt: "error" names unreadable files and stops; "skip" puts others in their place, and stops at
            more than 1%.
        background: What transparent images are laid on: a colour name or "#rrggbb".
        max_pixels: Larger images are refused on sight of their header.
        options: See ``FileData``; the rest is of the next class.
    """

    def __init__(
        self,
        *,
        test_fraction: Share = 0.1,
        on_corrupt: OnCorrupt = "error",
        background: str = "white",
        max_pixels: Count = 64_000_000,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        require_share(test_fraction)
        self.test_fraction = test_fraction
        self.on_corrupt, self.background, self.max_pixels = on_corrupt, background, max_pixels
        CorruptFiles(on_corrupt, 0)
        self.decoder((1, 1), 3)  # refuses what cannot be

    def decoding(self, size: tuple[int, int], channels: int) -> dict[str, Any]:
        """What a ``Decoder`` of (height, width) is made of."""
        return {
            "height": size[0],
            "width": size[1],
            "channels": channels,
            "background": self.background,
            "max_pixels": self.max_pixels,
        }

    def decoder(self, size: tuple[int, int], channels: int) -> Decoder:
        """What turns a file into (channels, height, width) uint8."""
        return Decoder(**self.decoding(size, channels))

    def of_classes(
        self, part: Part, classes: Sequence[str], corrupt: CorruptFiles, decoder: Decoder, workers: int
    ) -> FileImages:
        """The images of a part; its folders are their ``classes``, if there are any."""
        number = {name: index for index, name in enumerate(classes)}
        labels = [number[part.class_of(path)] for path in part.paths] if classes else None
        return FileImages(
            paths=[os.path.join(self.root, path) for path in part.paths],
            decoder=decoder,
            corrupt=corrupt,
            targets=None if labels is None else torch.tensor(labels, dtype=torch.int64),
            classes=tuple(classes),
            workers=workers,
        )

    def stored(self, sets: Sequence[FileImages]) -> list[StoredImages]:
        """The sets with every header checked; decoded if all together are small, else left in their files.

        Raises:
            UserError: a file that cannot be used, or unreadable ones (``on_corrupt``).
        """
        read_headers(*sets)
        size = sum(len(images) * images.bytes_per_image for images in sets) / 1e6
        if size > self.memory_limit:
            stay_in_files(sets, size, self.memory_limit, self.cache)
            return list(sets)
        kept = [images.into_memory("decoding") for images in sets]
        sets[0].corrupt.check()
        return kept


def require_share(test_fraction: float) -> None:
    """Raises UserError where hardly anything would be left to train on."""
    if not 0 <= test_fraction <= 0.9:
        raise UserError(f"data.test_fraction={test_fraction}: a share between 0 and 0.9")


def worker_count(workers: int | None) -> int:
    """Decoding processes for the setting ``data.workers``."""
    if workers is None:
        return max(1, min(8, (os.cpu_count() or 1) - 1))
    if workers < 0:
        raise UserError(f"data.workers={workers}: a number from 0, or null to choose by the CPU cores")
    return workers
