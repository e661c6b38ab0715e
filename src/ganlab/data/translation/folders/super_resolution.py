"""Your own pictures, to be made larger."""

import logging
from pathlib import Path
from typing import Unpack

from ganlab.bounds import Count, ImageSize, Size
from ganlab.data.base import Channels, Split, height_and_width
from ganlab.data.disk.layouts import stem
from ganlab.data.disk.listing import Part, find_images, split
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.crops import FileCrops, WholeDecoder
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.degradations import Degradation
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.super_resolution import SuperResolutionData, require_divisible

log = logging.getLogger(__name__)


class SuperResolutionFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``SuperResolutionFolder`` that have the usual defaults."""

    scale: Size
    channels: Channels
    degradation: Degradation | None
    batch_size: Count


class SuperResolutionFolder(FolderData, SuperResolutionData):
    """Random crops of the pictures below ``root``, which are never resized; of held-out ones the centre.

    Any tree of folders; held out is the part "test" or "val" beside "train" if there is one, else
    ``test_fraction``.

    Args:
        test_size: Side of the held-out crops, or [height, width]; null: ``image_size``.
        options: See ``FolderData`` and ``SuperResolutionData``. ``memory_limit`` is of pictures in their own sizes,
            kept in the memory of the CPU; more than that is decoded again for every crop.
    """

    def __init__(
        self,
        *,
        image_size: ImageSize = 96,
        test_size: ImageSize | None = None,
        **options: Unpack[SuperResolutionFolderOptions],
    ) -> None:
        super().__init__(image_size=image_size, **options)
        test_size = image_size if test_size is None else test_size
        self.test_size = height_and_width(test_size, "test_size")
        require_divisible("test_size", test_size, self.test_size, self.scale)

    def parts(self) -> tuple[Path, tuple[Part, Part]]:
        """The root, and which of the pictures below it are to train on and which are held out."""
        root = self.root
        return root, split(root, find_images(root).paths, self.test_fraction)

    def scored_size(self, split: Split) -> tuple[int, int]:
        return self.test_size if split == "test" else super().scored_size(split)

    def load(self) -> ExampleSplits:
        root, parts = self.parts()
        log.info("%s: %d pictures to train on, %d held out", root, *(len(part.paths) for part in parts))
        corrupt = CorruptFiles(self.on_corrupt, sum(len(part.paths) for part in parts))
        sets = [
            FileCrops(
                paths=[str(root / path) for path in part.paths],
                decoder=WholeDecoder(key=key, **self.decoding(size, self.channels)),
                corrupt=corrupt,
                workers=self.workers,
            )
            for part, key, size in (
                (parts[0], "image_size", (self.height, self.width)),
                (parts[1], "test_size", self.test_size),
            )
        ]
        return ExampleSplits(
            *(
                {"high": Named(images, [stem(path[len(part.base) :]) for path in part.paths])}
                for images, part in zip(self.stored(sets), parts, strict=True)
            )
        )
