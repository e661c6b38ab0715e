"""Your own label maps, and pictures of what they say."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from ganlab.bounds import Count, ImageSize, Whole
from ganlab.data.base import Channels
from ganlab.data.disk.layouts import Domains, find_domains, held_out_share, matched
from ganlab.data.disk.settings import FolderData
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.label_maps import LabelDecoder
from ganlab.data.store.pairs import TwoFileImages, TwoFiles
from ganlab.data.translation.base import PictureFolderOptions
from ganlab.data.translation.semantic import Regions, SemanticData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.errors import UserError

log = logging.getLogger(__name__)

SIDES = (("labels", "images"), ("annotations", "images"))


class SemanticFolderOptions(PictureFolderOptions, total=False):
    """The constructor arguments of ``SemanticFolder`` that have the usual defaults."""

    target_channels: Channels


class SemanticFolder(FolderData, SemanticData):
    """Label maps and pictures of equal names below ``root``, resized to ``load_size`` and cropped.

    In folders labels (or annotations) and images, also as train/labels or labels/train. A label map holds ids: grey
    levels, or places in a palette. Held out is the part "test" or "val" if there is one, else ``test_fraction``.

    Args:
        first_id: The id in files that means 0; those below it stand for what nobody knows, as 255 does.
        colours: Of label maps that hold colours: the colours of ids 0, 1, ..., names or "#rrggbb".
        resize: Pictures may be of another size than their label maps: they are stretched to its proportions.
        options: See ``FolderData`` and ``SemanticData``.
    """

    def __init__(
        self,
        *,
        regions: Regions,
        first_id: Whole = 0,
        colours: Sequence[str] = (),
        resize: bool = False,
        image_size: ImageSize = 256,
        load_size: ImageSize | None = 286,
        batch_size: Count = 4,
        **options: Unpack[SemanticFolderOptions],
    ) -> None:
        super().__init__(
            regions=regions, image_size=image_size, load_size=load_size, batch_size=batch_size, **options
        )
        if colours and len(colours) != regions:
            raise UserError(
                f"data.colours names {len(colours)} colours, and data.regions={regions}: one for each region"
            )
        self.first_id, self.colours, self.resize = first_id, tuple(colours), resize

    def found(self) -> tuple[Path, dict[str, Domains]]:
        """The root, and label maps (a) and pictures (b) by split."""
        root = self.root
        found = find_domains(root, expected_maps(root), SIDES)
        if found is None:
            raise UserError(f"{root} holds no folder labels/; expected{expected_maps(root)}")
        return root, found if "test" in found else held_out_share(found["train"], self.test_fraction)

    def load(self) -> ExampleSplits:
        root, found = self.found()
        pairs = [matched(found[part]) for part in ("train", "test")]
        log.info("%s: %d label maps to train on, %d held out", root, *map(len, pairs))
        corrupt = CorruptFiles(self.on_corrupt, sum(map(len, pairs)))
        sizes = (self.load_height, self.load_width), (self.height, self.width)
        sets = [
            TwoFileImages(
                paths=[label for _, label, _ in part],
                decoder=TwoFiles(
                    partner={label: image for _, label, image in part},
                    source=LabelDecoder(
                        **self.decoding(size, 1),
                        regions=self.regions,
                        first=self.first_id,
                        colours=self.colours,
                    ),
                    target=self.decoder(size, self.target_channels),
                    resize=self.resize,
                ),
                corrupt=corrupt,
                workers=self.workers,
            )
            for part, size in zip(pairs, sizes, strict=True)
        ]
        names = [[name for name, _, _ in part] for part in pairs]
        return ExampleSplits(
            *({"pair": Named(*named)} for named in zip(self.stored(sets), names, strict=True))
        )


def expected_maps(root: Path) -> str:
    """What ``root`` may look like, to end an error message with."""
    return (
        f"\n  two folders:          {root}/labels/1.png ... {root}/images/1.jpg ..."
        f"\n  with their own split: {root}/train/labels/1.png {root}/train/images/1.jpg {root}/test/labels/2.png ..."
    )
