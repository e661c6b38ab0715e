"""Your own pictures, to cut holes into."""

import logging
from typing import Literal, Unpack

from ganlab.bounds import Count, Share, Size
from ganlab.data.disk.layouts import stem
from ganlab.data.disk.listing import find_images, split
from ganlab.data.disk.settings import FileOptions, FileSettings, worker_count
from ganlab.data.store.files import CorruptFiles, FileImages
from ganlab.data.translation.inpainting import InpaintingData
from ganlab.data.translation.sets import ExampleSplits, Named

log = logging.getLogger(__name__)


class InpaintingFolder(InpaintingData):
    """The pictures below ``root``, resized to ``load_size`` and cropped; of held-out ones the centre.

    Any tree of folders; held out is the part "test" or "val" beside "train" if there is one, else
    ``test_fraction``.

    Args:
        files: See ``FileSettings``.
    """

    def __init__(
        self,
        *,
        mask: Literal["centre", "random"] = "centre",
        mask_size: Size = 64,
        channels: Literal[1, 3] = 3,
        image_size: Size | tuple[Size, Size] = 128,
        load_size: Size | tuple[Size, Size] | None = 144,
        batch_size: Count = 64,
        flip: bool | Share = True,
        seed: int = 0,
        **files: Unpack[FileOptions],
    ) -> None:
        super().__init__(
            mask=mask,
            mask_size=mask_size,
            channels=channels,
            image_size=image_size,
            load_size=load_size,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
        )
        self.settings = FileSettings(**files)

    def load(self) -> ExampleSplits:
        root = self.settings.folder
        parts = split(root, find_images(root).paths, self.settings.test_fraction)
        log.info("%s: %d pictures to train on, %d held out", root, *(len(part.paths) for part in parts))
        corrupt = CorruptFiles(self.settings.on_corrupt, sum(len(part.paths) for part in parts))
        sets = [
            FileImages(
                paths=[str(root / path) for path in part.paths],
                decoder=self.settings.decoder((self.load_height, self.load_width), self.channels),
                corrupt=corrupt,
                workers=worker_count(self.settings.workers),
            )
            for part in parts
        ]
        return ExampleSplits(
            *(
                {"image": Named(images, [stem(path[len(part.base) :]) for path in part.paths])}
                for images, part in zip(self.settings.stored(sets), parts, strict=True)
            )
        )
