"""Your own pairs of pictures: side by side, or in two folders of equal names."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Unpack

from ganlab.bounds import Count, ImageSize
from ganlab.data.base import Channels
from ganlab.data.disk.layouts import Domains, find_domains, held_out_share, matched, stem
from ganlab.data.disk.listing import find_images, split
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import CorruptImage, Decoder
from ganlab.data.store.files import FileImages
from ganlab.data.store.pairs import Halves, TwoFileImages, TwoFiles
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.errors import UserError

log = logging.getLogger(__name__)

HALVES = "side by side, cut into a left and a right half"
WIDE = 1.6  # width over height from which a picture may well show a pair


class PairedFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``PairedFolder`` that have the usual defaults."""

    source_channels: Channels
    target_channels: Channels


class PairedFolder(FolderData, PairedData):
    """Pairs of pictures below ``root``, resized to ``load_size`` and cropped; held-out ones at ``image_size``.

    Understood are pictures that show a left (a) and a right side (b), as pix2pix has them, and folders A and B
    (or source and target) in which partners have equal names, also as trainA, train/A or A/train. Held out is
    the part "test" or "val" if there is one, else ``test_fraction``.

    Args:
        direction: "a_to_b": a is the source and b the target; "b_to_a": the other way round.
        nearest: The side whose colours are labels, which is resized to the nearest pixel.
        resize: Pairs of two files may be of different size: the target is stretched to the source's proportions.
        options: See ``FolderData`` and ``PairedData``.
    """

    def __init__(
        self,
        *,
        direction: Literal["a_to_b", "b_to_a"] = "a_to_b",
        nearest: Literal["a", "b"] | None = None,
        resize: bool = False,
        image_size: ImageSize = 256,
        load_size: ImageSize | None = 286,
        batch_size: Count = 1,
        **options: Unpack[PairedFolderOptions],
    ) -> None:
        super().__init__(image_size=image_size, load_size=load_size, batch_size=batch_size, **options)
        if direction not in ("a_to_b", "b_to_a"):
            raise UserError(f"data.direction={direction}: a_to_b or b_to_a")
        if nearest not in (None, "a", "b"):
            raise UserError(f"data.nearest={nearest}: the side of labels, a or b; null: both are pictures")
        self.forward, self.nearest, self.resize = direction == "a_to_b", nearest, resize

    def folder(self) -> Path:
        """Where the pictures are."""
        return self.root

    def load(self) -> ExampleSplits:
        sets, names, layout = self.pairs()
        log.info("%s: %d pairs to train on, %d held out, %s", self.address, *map(len, sets), layout)
        stored = self.stored(sets)
        return ExampleSplits(*({"pair": Named(*named)} for named in zip(stored, names, strict=True)))

    def pairs(self) -> tuple[Sequence[FileImages], Sequence[list[str]], str]:
        """Those to train on and those held out, the names of each, and how they lie there."""
        root = self.folder()
        found = find_domains(root, expected_pairs(root))
        if found is None:
            sets, names = self._side_by_side(root)
        else:
            if "test" not in found:
                found = held_out_share(found["train"], self.test_fraction)
            sets, names = self._two_folders(found)
        return sets, names, HALVES if found is None else "in two folders"

    def _side_by_side(self, root: Path) -> tuple[list[FileImages], list[list[str]]]:
        listing = find_images(root, expected_pairs(root))
        warn_of_whole_pictures(root / listing.paths[0], self.decoder(self.sizes()[0], 3))
        parts = split(root, listing.paths, self.test_fraction)
        corrupt = CorruptFiles(self.on_corrupt, len(listing.paths))
        sets = [
            FileImages(
                paths=[str(root / path) for path in part.paths],
                decoder=Halves(source_left=self.forward, **self.decoders(size, self.decoder)),
                corrupt=corrupt,
                workers=self.workers,
            )
            for part, size in zip(parts, self.sizes(), strict=True)
        ]
        return sets, [[stem(path[len(part.base) :]) for path in part.paths] for part in parts]

    def _two_folders(self, found: dict[str, Domains]) -> tuple[list[FileImages], list[list[str]]]:
        pairs = [matched(found[part]) for part in ("train", "test")]
        corrupt = CorruptFiles(self.on_corrupt, sum(map(len, pairs)))
        sets: list[FileImages] = []
        for part, size in zip(pairs, self.sizes(), strict=True):
            sources = {a: b for _, a, b in part} if self.forward else {b: a for _, a, b in part}
            sets.append(
                TwoFileImages(
                    paths=list(sources),
                    decoder=TwoFiles(
                        partner=sources, resize=self.resize, **self.decoders(size, self.decoder)
                    ),
                    corrupt=corrupt,
                    workers=self.workers,
                )
            )
        return sets, [[name for name, _, _ in part] for part in pairs]

    def sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Of pictures to train on, and of those held out."""
        return (self.load_height, self.load_width), (self.height, self.width)

    def decoders(
        self, size: tuple[int, int], make: Callable[[tuple[int, int], int], Decoder]
    ) -> dict[str, Decoder]:
        """Of both sides, made of their size and channels."""
        channels = {"source": self.source_channels, "target": self.target_channels}
        return {
            key: replace(make(size, channels[key]), nearest=side == self.nearest)
            for key, side in zip(channels, "ab" if self.forward else "ba", strict=True)
        }


def warn_of_whole_pictures(path: Path, decoder: Decoder) -> None:
    """Say so where a picture looks as if it were one, not two side by side: where its halves are tall."""
    try:
        header = decoder.header(str(path))
    except CorruptImage:
        return  # which reading the pictures will tell
    if header.width < WIDE * header.height:
        log.warning(
            "%s has %d x %d pixels, and is cut into a left half (a) and a right half (b) of %d x %d; if it is one "
            "picture, not a pair, put the pictures into folders A/ and B/ with equal names",
            path,
            header.width,
            header.height,
            header.width // 2,
            header.height,
        )


def expected_pairs(root: Path) -> str:
    """What ``root`` may look like, to end an error message with."""
    return (
        f"\n  side by side:         {root}/train/1.jpg ... {root}/test/1.jpg ... (left half a, right half b)"
        f"\n  two folders:          {root}/A/1.jpg ... {root}/B/1.jpg ... (or source/ and target/)"
        f"\n  with their own split: {root}/trainA/1.jpg {root}/trainB/1.jpg {root}/testA/2.jpg {root}/testB/2.jpg"
    )
