"""Any folder of images: nested or by class, any mode and size, in memory where it fits."""

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from lightning.pytorch.utilities.rank_zero import rank_zero_only

from ganlab.data.base import ColourOptions, ImageData, Splits, in_words
from ganlab.data.disk.listing import Listing, class_folders, class_names, find_images, split
from ganlab.data.disk.settings import NO_ROOT, FolderData, FolderOptions
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Header
from ganlab.data.store.files import FileImages, read_headers
from ganlab.data.store.holding import in_memory_if_small
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class LabelledOptions(FolderOptions, ColourOptions, total=False):
    """The constructor arguments of ``Folder``, beside ``labels``."""


class Folder(FolderData, ImageData):
    """The images below ``root``, decoded by ``Decoder``: upright, in one size and number of channels, 4 being RGBA.

    Held out are the images of ``root/test`` (or ``val``, ``valid``, ``validation``) where that stands beside
    ``root/train``, else the files whose relative path, hashed, falls below ``test_fraction``: the same ones
    in every run, whatever its seed, also when other files are added.

    Args:
        labels: The first level of subfolders names the classes, and batches carry labels.
        options: See ``FolderData`` and ``ImageData``. ``memory_limit`` is of the training device's memory;
            ``on_corrupt="skip"`` puts another image of the same class in an unreadable one's place.
    """

    with_alpha = True

    def __init__(self, *, labels: bool = False, **options: Unpack[LabelledOptions]) -> None:
        super().__init__(**options)
        if self.nowhere:
            raise UserError(f"data=folder {NO_ROOT}")
        self.kind = "labelled" if labels else "images"
        self.labels = labels

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the class folders, known before any image is read; empty without ``labels``."""
        return class_folders(self.root) if self.labels else ()

    def load(self) -> Splits:
        listing = find_images(self.root)
        parts = split(self.root, listing.paths, self.test_fraction)
        classes = class_names(self.root, *parts) if self.labels else ()
        corrupt = CorruptFiles(self.on_corrupt, sum(len(part.paths) for part in parts))
        decoder = self.decoder((self.height, self.width), self.channels)
        train, test = (self.of_classes(part, classes, corrupt, decoder, self.workers) for part in parts)
        headers = read_headers(train, test)
        describe(self.root, listing, (train, test), headers, self.background)
        return in_memory_if_small(train, test, self.memory_limit, self.cache)


@rank_zero_only
def describe(
    root: Path | str, listing: Listing, sets: Sequence[FileImages], headers: Sequence[Header], background: str
) -> None:
    """Log what was found: numbers, modes and sizes, and what a user might not expect of them."""
    modes = Counter(header.mode for header in headers)
    sizes = Counter((header.width, header.height) for header in headers)
    (width, height), commonest = sizes.most_common(1)[0]
    spread = f", others from {min(sizes)} to {max(sizes)}" if len(sizes) > 1 else ""
    train, test = sets
    log.info(
        "%s: %d images to train on, %d held out, %s; modes %s; %d of %d x %d pixels%s; "
        "left out: %d other files, %d links to folders or out of this one",
        *(root, len(train), len(test), in_words(train.classes)),
        ", ".join(f"{mode} {n}" for mode, n in modes.most_common()),
        *(commonest, width, height, spread),
        *(listing.others, listing.links),
    )
    transparent = sum(header.transparent for header in headers)
    if transparent and train.decoder.channels != 4:
        log.info(
            "%d images can be transparent, and are laid on %s (data.background); data.channels=4 keeps their alpha",
            *(transparent, background),
        )
    elif train.decoder.channels == 4 and not transparent:
        log.warning("no image is transparent: data.channels=4 learns that, and data.channels=3 need not")
    animated = sum(header.many_frames for header in headers)
    if animated:
        log.warning("%d animated or many-page files: only the first frame of each is used", animated)
    deep = sum(n for mode, n in modes.items() if mode.startswith("I"))
    if deep:
        log.warning("%d images with 16-bit grey: scaled so that 65535 is white", deep)
