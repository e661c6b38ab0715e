"""Your own pictures, to cut holes into."""

import logging
from typing import Unpack

from ganlab.bounds import Count, ImageSize, Size
from ganlab.data.base import Channels
from ganlab.data.disk.layouts import stem
from ganlab.data.disk.listing import find_images, split
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.files import FileImages
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.inpainting import InpaintingData, Mask
from ganlab.data.translation.sets import ExampleSplits, Named

log = logging.getLogger(__name__)


class InpaintingFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``InpaintingFolder`` that have the usual defaults."""

    mask: Mask
    channels: Channels


class InpaintingFolder(FolderData, InpaintingData):
    """The pictures below ``root``, resized to ``load_size`` and cropped; of held-out ones the centre.

    Any tree of folders; held out is the part "test" or "val" beside "train" if there is one, else
    ``test_fraction``.

    Args:
        options: See ``FolderData`` and ``InpaintingData``.
    """

    def __init__(
        self,
        *,
        mask_size: Size = 64,
        image_size: ImageSize = 128,
        load_size: ImageSize | None = 144,
        batch_size: Count = 64,
        **options: Unpack[InpaintingFolderOptions],
    ) -> None:
        super().__init__(
            mask_size=mask_size, image_size=image_size, load_size=load_size, batch_size=batch_size, **options
        )

    def load(self) -> ExampleSplits:
        root = self.root
        parts = split(root, find_images(root).paths, self.test_fraction)
        log.info("%s: %d pictures to train on, %d held out", root, *(len(part.paths) for part in parts))
        corrupt = CorruptFiles(self.on_corrupt, sum(len(part.paths) for part in parts))
        sets = [
            FileImages(
                paths=[str(root / path) for path in part.paths],
                decoder=self.decoder((self.load_height, self.load_width), self.channels),
                corrupt=corrupt,
                workers=self.workers,
            )
            for part in parts
        ]
        return ExampleSplits(
            *(
                {"image": Named(images, [stem(path[len(part.base) :]) for path in part.paths])}
                for images, part in zip(self.stored(sets), parts, strict=True)
            )
        )
