"""Your own pictures, to be made larger."""

import logging
from pathlib import Path
from typing import Literal, Unpack

from ganlab.bounds import Count, Share, Size
from ganlab.data.base import Split, height_and_width
from ganlab.data.disk.layouts import stem
from ganlab.data.disk.listing import Part, find_images, split
from ganlab.data.disk.settings import FileOptions, FileSettings, worker_count
from ganlab.data.store.crops import FileCrops, WholeDecoder
from ganlab.data.store.files import CorruptFiles
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.super_resolution import SuperResolutionData, require_divisible

log = logging.getLogger(__name__)


class SuperResolutionFolder(SuperResolutionData):
    """Random crops of the pictures below ``root``, which are never resized; of held-out ones the centre.

    Any tree of folders; held out is the part "test" or "val" beside "train" if there is one, else
    ``test_fraction``.

    Args:
        test_size: Side of the held-out crops, or [height, width]; null: ``image_size``.
        memory_limit: In MB (10^6 bytes): pictures that take up to that much, in their own sizes, are decoded once
            and kept in the memory of the CPU; more than that is decoded again for every crop.
        files: See ``FileSettings``.
    """

    def __init__(
        self,
        *,
        scale: Size = 4,
        channels: Literal[1, 3] = 3,
        image_size: Size | tuple[Size, Size] = 96,
        test_size: Size | tuple[Size, Size] | None = None,
        batch_size: Count = 16,
        flip: bool | Share = True,
        seed: int = 0,
        **files: Unpack[FileOptions],
    ) -> None:
        super().__init__(
            scale=scale,
            channels=channels,
            image_size=image_size,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
        )
        test_size = image_size if test_size is None else test_size
        self.test_size = height_and_width(test_size, "test_size")
        require_divisible("test_size", test_size, self.test_size, scale)
        self.settings = FileSettings(**files)

    def parts(self) -> tuple[Path, tuple[Part, Part]]:
        """The root, and which of the pictures below it are to train on and which are held out."""
        root = self.settings.folder
        return root, split(root, find_images(root).paths, self.settings.test_fraction)

    def scored_size(self, split: Split) -> tuple[int, int]:
        return self.test_size if split == "test" else super().scored_size(split)

    def load(self) -> ExampleSplits:
        root, parts = self.parts()
        log.info("%s: %d pictures to train on, %d held out", root, *(len(part.paths) for part in parts))
        corrupt = CorruptFiles(self.settings.on_corrupt, sum(len(part.paths) for part in parts))
        sets = [
            FileCrops(
                paths=[str(root / path) for path in part.paths],
                decoder=WholeDecoder(key=key, **self.settings.decoding(size, self.channels)),
                corrupt=corrupt,
                workers=worker_count(self.settings.workers),
            )
            for part, key, size in (
                (parts[0], "image_size", (self.height, self.width)),
                (parts[1], "test_size", self.test_size),
            )
        ]
        return ExampleSplits(
            *(
                {"high": Named(images, [stem(path[len(part.base) :]) for path in part.paths])}
                for images, part in zip(self.settings.stored(sets), parts, strict=True)
            )
        )
