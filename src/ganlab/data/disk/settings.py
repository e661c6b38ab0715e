"""How the folders of image-to-image data are read: the settings that they share."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from ganlab.bounds import Count, Share, Whole, Workers
from ganlab.data.base import StoredImages
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import CorruptFiles, FileImages, OnCorrupt, read_headers
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class FileOptions(TypedDict, total=False):
    """The parameters of ``FileSettings``."""

    root: str | None
    test_fraction: Share
    memory_limit: Whole
    workers: Workers | None
    on_corrupt: OnCorrupt
    background: str
    max_pixels: Count


@dataclass(frozen=True, kw_only=True)
class FileSettings:
    """Where images are, and what is done with them.

    Args:
        root: The folder; ``~`` is your home.
        test_fraction: Share that is held out, 0 to 0.9, unless the folder has a part for it: the files whose
            name, hashed, falls below it, the same ones in every run.
        memory_limit: In MB (10^6 bytes): images that take up to that much as uint8 are decoded once and kept;
            more than that stays in its files, decoded as needed by ``workers``.
        workers: Decoding processes; 0: the training process decodes; null: all CPU cores but one, 8 at most.
        on_corrupt: "error" names unreadable files and stops; "skip" puts others in their place, and stops at
            more than 1%.
        background: What transparent images are laid on: a colour name or "#rrggbb".
        max_pixels: Larger images are refused on sight of their header.
    """

    root: str | None = None
    test_fraction: float = 0.1
    memory_limit: int = 2000
    workers: int | None = None
    on_corrupt: OnCorrupt = "error"
    background: str = "white"
    max_pixels: int = 64_000_000

    def __post_init__(self) -> None:
        if not 0 <= self.test_fraction <= 0.9:
            raise UserError(f"data.test_fraction={self.test_fraction}: a share between 0 and 0.9")
        worker_count(self.workers)
        CorruptFiles(self.on_corrupt, 0)

    @property
    def folder(self) -> Path:
        """The root; raises UserError where there is none yet."""
        if self.root in (None, "", "???"):
            raise UserError("this data set needs the folder of your images: data.root=/path/to/images")
        return Path(self.root).expanduser()

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

    def stored(self, sets: Sequence[FileImages]) -> list[StoredImages]:
        """The sets with every header checked; decoded if all together are small, else left in their files.

        Raises:
            UserError: a file that cannot be used, or unreadable ones (``on_corrupt``).
        """
        read_headers(*sets)
        size = sum(len(images) * images.bytes_per_image for images in sets) / 1e6
        if size > self.memory_limit:
            log.info("%.0f MB of pixels stay in their files (data.memory_limit=%s)", size, self.memory_limit)
            return list(sets)
        kept = [images.into_memory("decoding") for images in sets]
        sets[0].corrupt.check()
        return kept


def worker_count(workers: int | None) -> int:
    """Decoding processes for the setting ``data.workers``."""
    if workers is None:
        return max(1, min(8, (os.cpu_count() or 1) - 1))
    if workers < 0:
        raise UserError(f"data.workers={workers}: a number from 0, or null to choose by the CPU cores")
    return workers
