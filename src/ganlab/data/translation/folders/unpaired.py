"""Your own two domains of pictures."""

import logging
from pathlib import Path
from typing import Unpack

import torch

from ganlab.bounds import Count, ImageSize
from ganlab.data.base import Channels
from ganlab.data.disk.layouts import Domain, Domains, find_domains, held_out_share
from ganlab.data.disk.listing import find_images, split
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages
from ganlab.data.store.pairs import OneHalf
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.folders.paired import expected_pairs
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.unpaired import UnpairedData
from ganlab.errors import UserError

log = logging.getLogger(__name__)

HALVES = ("left", "right")


class UnpairedFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``UnpairedFolder`` that have the usual defaults."""

    a_channels: Channels
    b_channels: Channels


class UnpairedFolder(FolderData, UnpairedData):
    """Pictures of two domains below ``root``, resized to ``load_size`` and cropped; held-out ones at ``image_size``.

    They lie in trainA and trainB, with testA and testB, as CycleGAN has them, or in A and B alone, of which
    ``test_fraction`` is held out; train/A and A/train are understood as well.

    Args:
        side_by_side: Each picture shows an a on its left and a b on its right, as pix2pix has them; they are taken
            apart, in orders of their own, and only scores know which belong together.
        options: See ``FolderData`` and ``UnpairedData``.
    """

    def __init__(
        self,
        *,
        image_size: ImageSize = 256,
        load_size: ImageSize | None = 286,
        batch_size: Count = 1,
        side_by_side: bool = False,
        **options: Unpack[UnpairedFolderOptions],
    ) -> None:
        super().__init__(image_size=image_size, load_size=load_size, batch_size=batch_size, **options)
        self.side_by_side = side_by_side

    def folder(self) -> Path:
        """Where the pictures are."""
        return self.root

    def load(self) -> ExampleSplits:
        root = self.folder()
        found = self._halves(root) if self.side_by_side else self._folders(root)
        domains = [domain for part in ("train", "test") for domain in found[part]]
        log.info("%s: %d a and %d b to train on, %d and %d held out", root, *(len(d.paths) for d in domains))
        corrupt = CorruptFiles(self.on_corrupt, sum(len(domain.paths) for domain in domains))
        train, test = (self.load_height, self.load_width), (self.height, self.width)
        sets = [
            FileImages(
                paths=domain.files(),
                decoder=self._decoder(domain.side, size, channels),
                corrupt=corrupt,
                workers=(self.workers + 1) // 2,  # both sides decode at the same time
            )
            for domain, size, channels in zip(
                domains, (train, train, test, test), 2 * (self.a_channels, self.b_channels), strict=True
            )
        ]
        named = [
            Named(images, domain.names()) for images, domain in zip(self.stored(sets), domains, strict=True)
        ]
        return ExampleSplits({"a": named[0], "b": named[1]}, {"a": named[2], "b": named[3]})

    def _folders(self, root: Path) -> dict[str, Domains]:
        """The pictures of both domains, which lie in folders of their own."""
        expected = expected_domains(root)
        found = find_domains(root, expected)
        if found is None:
            raise UserError(f"{root} has no folders of two domains, trainA/ and trainB/; expected{expected}")
        return found if "test" in found else held_out_share(found["train"], self.test_fraction)

    def _halves(self, root: Path) -> dict[str, Domains]:
        """Both domains in the same files."""
        listing = find_images(root, expected_pairs(root))
        parts = split(root, listing.paths, self.test_fraction)
        self.truth = {"test": torch.arange(len(parts[1].paths))}
        return {
            name: Domains(*(Domain(side, root, part.paths) for side in HALVES))
            for name, part in zip(("train", "test"), parts, strict=True)
        }

    def _decoder(self, side: str, size: tuple[int, int], channels: int) -> Decoder:
        if self.side_by_side:
            return OneHalf(left=side == HALVES[0], **self.decoding(size, channels))
        return self.decoder(size, channels)


def expected_domains(root: Path) -> str:
    """What ``root`` may look like, to end an error message with."""
    return (
        f"\n  with its own split: {root}/trainA/... {root}/trainB/... {root}/testA/... {root}/testB/..."
        f"\n  without:            {root}/A/... {root}/B/..."
    )
