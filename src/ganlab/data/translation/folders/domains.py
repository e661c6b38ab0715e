"""Your own domains of pictures, a folder for each."""

import logging
from typing import Unpack

from ganlab.bounds import Count, ImageSize
from ganlab.data.base import Channels
from ganlab.data.disk.listing import class_folders, class_names, find_images, split
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.domains import DomainsData
from ganlab.data.translation.sets import ExampleSplits, Named

log = logging.getLogger(__name__)

WISH = "a folder is needed for each domain"


class DomainsFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``DomainsFolder`` that have the usual defaults."""

    channels: Channels


class DomainsFolder(FolderData, DomainsData):
    """Pictures of several domains below ``root``, resized to ``load_size``, cropped; held-out ones to ``image_size``.

    Each domain is a folder: cat/, dog/, wild/, of which ``test_fraction`` is held out; or train/cat/ and so on, with
    test/ or val/ beside train/, as AFHQ and CelebA-HQ have them.

    Args:
        options: See ``FolderData`` and ``DomainsData``.
    """

    def __init__(
        self,
        *,
        image_size: ImageSize = 256,
        load_size: ImageSize | None = 286,
        batch_size: Count = 8,
        **options: Unpack[DomainsFolderOptions],
    ) -> None:
        super().__init__(image_size=image_size, load_size=load_size, batch_size=batch_size, **options)

    @property
    def classes(self) -> tuple[str, ...]:  # type: ignore[override]  # read from the folder
        """The names of the domains, known before any picture is read."""
        return class_folders(self.root, WISH)

    def load(self) -> ExampleSplits:
        parts = split(self.root, find_images(self.root).paths, self.test_fraction)
        names = class_names(self.root, *parts, WISH)
        corrupt = CorruptFiles(self.on_corrupt, sum(len(part.paths) for part in parts))
        sizes = (self.load_height, self.load_width), (self.height, self.width)
        workers = (self.workers + 2) // 3  # three pictures of an example are decoded at the same time
        sets = [
            self.of_classes(part, names, corrupt, self.decoder(size, self.channels), workers)
            for part, size in zip(parts, sizes, strict=True)
        ]
        for part, title in zip(parts, ("to train on", "held out"), strict=True):
            counts = [sum(part.class_of(path) == name for path in part.paths) for name in names]
            each = ", ".join(f"{n} {name}" for n, name in zip(counts, names, strict=True))
            log.info("%s: %s: %s", self.root, title, each)
        train, test = (
            {"pictures": Named(images, part.paths)}
            for images, part in zip(self.stored(sets), parts, strict=True)
        )
        return ExampleSplits(train, test)
