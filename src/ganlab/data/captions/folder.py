"""Image files with captions: any folder of them, with the captions beside the images or in one list."""

import logging
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple, Unpack

from ganlab.bounds import Share, Size
from ganlab.data.base import OwnChannels
from ganlab.data.captions.base import CaptionData, CaptionOptions, CaptionSplits
from ganlab.data.captions.files import captions_below
from ganlab.data.captions.sets import CaptionedImages, require_captions
from ganlab.data.disk.listing import find_images, split
from ganlab.data.disk.settings import NO_ROOT, FileData, FileOptions, require_share
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages, read_headers
from ganlab.data.store.holding import in_memory_if_small
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class Captioned(NamedTuple):
    """An image file, its captions, and its group: they fit all images of the group, and no other."""

    path: str
    captions: Sequence[str]
    group: Hashable


class CaptionFileOptions(FileOptions, CaptionOptions, total=False):
    """The constructor arguments of ``CaptionFiles``."""

    channels: OwnChannels
    max_words: Size
    max_length: Size | None


class CaptionFiles(FileData, CaptionData):
    """Captioned images that are files below ``root``.

    Args:
        options: See ``FileData`` and ``CaptionData``.
    """

    def listed(self) -> tuple[list[Captioned], list[Captioned]]:
        """What is trained on and what is held out; raises UserError for what is missing."""
        raise NotImplementedError

    def read(self) -> CaptionSplits:
        train, test = self.listed()
        corrupt = CorruptFiles("error", len(train) + len(test), key="")
        files, held_out = (self.files(part, corrupt) for part in (train, test))
        read_headers(files, held_out)
        pictures = in_memory_if_small(files, held_out, self.memory_limit, self.cache)
        log.info("%s: %d captioned images to train on, %d held out", self.address, len(train), len(test))
        return CaptionSplits(
            *(
                CaptionedImages(images, [entry.captions for entry in part], [entry.group for entry in part])
                for images, part in zip(pictures, (train, test), strict=True)
            )
        )

    def files(self, part: Sequence[Captioned], corrupt: CorruptFiles) -> FileImages:
        """The images of a part of what ``listed`` gives."""
        decoder = Decoder(height=self.load_height, width=self.load_width, channels=self.channels)
        paths = [entry.path for entry in part]
        return FileImages(paths=paths, decoder=decoder, corrupt=corrupt, workers=self.workers)


class CaptionFolder(CaptionFiles):
    """The images below ``root`` with their captions: in ``<image>.txt`` beside each, or in one list for all.

    The list is ``captions.jsonl``, with lines like {"image": "a.png", "caption": "a red bird"}, or ``captions.csv``
    with the columns image and caption: see :func:`~ganlab.data.captions.files.captions_below`. The same images are held
    out as by ``Folder``. Captions match the images whose captions are all the same.

    Args:
        test_fraction: Share of the images that is held out, 0 to 0.9.
        on_missing: "error" stops where images have no caption or an empty one; "skip" leaves those images out.
    """

    def __init__(
        self,
        *,
        test_fraction: Share = 0.1,
        on_missing: Literal["error", "skip"] = "error",
        **options: Unpack[CaptionFileOptions],
    ) -> None:
        super().__init__(**options)
        if self.nowhere:
            raise UserError(f"data=captions {NO_ROOT}")
        require_share(test_fraction)
        if on_missing not in ("error", "skip"):
            raise UserError(f"data.on_missing={on_missing}: error (stop) or skip (leave such images out)")
        self.test_fraction, self.on_missing = test_fraction, on_missing

    def listed(self) -> tuple[list[Captioned], list[Captioned]]:
        images = find_images(self.root).paths
        found, remedy = captions_below(self.root, images)
        captions = dict(zip(images, found, strict=True))
        if self.on_missing == "skip":
            captions = self._without_empty(captions)
        require_captions(captions, f"{remedy}; data.on_missing=skip leaves such images out")
        parts = split(self.root, list(captions), self.test_fraction)
        train, test = (
            [Captioned(str(self.root / path), captions[path], captions[path]) for path in part.paths]
            for part in parts
        )
        return train, test

    def _without_empty(self, captions: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        kept = {image: texts for image, texts in captions.items() if texts and all(texts)}
        if left_out := len(captions) - len(kept):
            log.warning("%d of %d images have no caption and are left out", left_out, len(captions))
        if not kept:
            raise UserError(f"data.root={self.root}: none of the {len(captions)} images has a caption")
        return kept
