"""Your own two domains of pictures."""

import logging
from pathlib import Path
from typing import Literal, Unpack

from ganlab.data.domains import find_domains, held_out_share
from ganlab.data.example_sets import ExampleSplits, Named
from ganlab.data.files import FileOptions, FileSettings
from ganlab.data.folder import worker_count
from ganlab.data.streaming import CorruptFiles, FileImages
from ganlab.data.unpaired import UnpairedData
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class UnpairedFolder(UnpairedData):
    """Pictures of two domains below ``root``, resized to ``load_size`` and cropped; held-out ones at ``image_size``.

    They lie in trainA and trainB, with testA and testB, as CycleGAN has them, or in A and B alone, of which
    ``test_fraction`` is held out; train/A and A/train are understood as well.

    Args:
        files: See ``FileSettings``.
    """

    def __init__(
        self,
        *,
        a_channels: Literal[1, 3] = 3,
        b_channels: Literal[1, 3] = 3,
        image_size: int | tuple[int, int] = 256,
        load_size: int | tuple[int, int] | None = 286,
        batch_size: int = 1,
        flip: bool | float = True,
        seed: int = 0,
        **files: Unpack[FileOptions],
    ) -> None:
        super().__init__(
            a_channels=a_channels,
            b_channels=b_channels,
            image_size=image_size,
            load_size=load_size,
            batch_size=batch_size,
            flip=flip,
            seed=seed,
        )
        self.settings = FileSettings(**files)

    def folder(self) -> Path:
        """Where the pictures are."""
        return self.settings.folder

    def load(self) -> ExampleSplits:
        root = self.folder()
        found = find_domains(root, expected_domains(root))
        if found is None:
            raise UserError(
                f"{root} has no folders of two domains, trainA/ and trainB/; expected{expected_domains(root)}"
            )
        if "test" not in found:
            found = held_out_share(found["train"], self.settings.test_fraction)
        domains = [domain for part in ("train", "test") for domain in found[part]]
        log.info("%s: %d a and %d b to train on, %d and %d held out", root, *(len(d.paths) for d in domains))
        corrupt = CorruptFiles(self.settings.on_corrupt, sum(len(domain.paths) for domain in domains))
        train, test = (self.load_height, self.load_width), (self.height, self.width)
        sets = [
            FileImages(
                paths=domain.files(),
                decoder=self.settings.decoder(size, channels),
                corrupt=corrupt,
                workers=(worker_count(self.settings.workers) + 1) // 2,  # both sides decode at the same time
            )
            for domain, size, channels in zip(
                domains, (train, train, test, test), 2 * (self.a_channels, self.b_channels), strict=True
            )
        ]
        named = [
            Named(images, domain.names())
            for images, domain in zip(self.settings.stored(sets), domains, strict=True)
        ]
        return ExampleSplits({"a": named[0], "b": named[1]}, {"a": named[2], "b": named[3]})


def expected_domains(root: Path) -> str:
    """What ``root`` may look like, to end an error message with."""
    return (
        f"\n  with its own split: {root}/trainA/... {root}/trainB/... {root}/testA/... {root}/testB/..."
        f"\n  without:            {root}/A/... {root}/B/..."
    )
