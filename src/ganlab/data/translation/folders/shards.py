"""Your own pairs of pictures, packed into archives: two images of one name, or one that shows both side by side."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from ganlab.bounds import Weight
from ganlab.data.disk.members import PackedDecoder, PackedImages, archives_among
from ganlab.data.disk.packed import Sample, divided
from ganlab.data.disk.samples import all_samples
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Decoder
from ganlab.data.store.pairs import Halves, PairDecoder, TwoFiles
from ganlab.data.translation.folders.paired import HALVES, PairedFolder
from ganlab.errors import UserError


class PairedShards(PairedFolder):
    """Pairs of tar or zip files, which stay packed: ``7.a.jpg`` and ``7.b.jpg``, or pictures that show both sides.

    Held out are the pairs below ``test`` where others lie below ``train``, else ``test_fraction``.

    Args:
        verify: Compare shards that ``ganlab pack`` wrote with their checksums when they are first read on a machine.
        download_limit: GB of a store's shards that may be kept on this machine, in ``GANLAB_CACHE``.
        options: See ``PairedFolder``.
    """

    def __init__(self, *, verify: bool = True, download_limit: Weight = 50.0, **options: Any) -> None:
        super().__init__(**options)
        self.verify, self.download_limit = verify, download_limit

    def pairs(self) -> tuple[list[PackedImages], list[list[str]], str]:
        samples = all_samples(self.address, verify=self.verify, download_limit=self.download_limit)
        sides = {sample.side for sample in samples}
        if "" in sides and len(sides) > 1:
            alone = next(sample for sample in samples if not sample.side)
            raise UserError(f"{alone.path} is no half of a pair (.a and .b), as others are: pack again")
        corrupt = CorruptFiles(
            self.on_corrupt, len({(sample.place.archive, sample.key) for sample in samples})
        )
        parts = divided(samples, self.test_fraction)
        sets = [
            self._of(part, size, corrupt, side_by_side="" in sides)
            for part, size in zip(parts, self.sizes(), strict=True)
        ]
        names = [[PurePosixPath(path).name.partition(".")[0] for path in images.paths] for images in sets]
        return sets, names, HALVES if "" in sides else "two images each"

    def _of(
        self, part: Sequence[Sample], size: tuple[int, int], corrupt: CorruptFiles, *, side_by_side: bool
    ) -> PackedImages:
        partner = {sample.path: "" for sample in part} if side_by_side else self._partners(part)

        def make(size: tuple[int, int], channels: int) -> Decoder:
            return PackedDecoder.of(part, **self.decoding(size, channels))

        both = self.decoders(size, make)
        decoder: PairDecoder = Halves(source_left=self.forward, **both)
        if not side_by_side:
            decoder = TwoFiles(partner=partner, resize=self.resize, **both)
        return PackedImages(
            archives=archives_among(part),
            paths=list(partner),
            decoder=decoder,
            corrupt=corrupt,
            workers=self.workers,
        )

    def _partners(self, part: Sequence[Sample]) -> dict[str, str]:
        """The target's path by the source's."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for sample in part:
            found.setdefault((sample.place.archive, sample.key), {})[sample.side] = sample.path
        if alone := [next(iter(sides.values())) for sides in found.values() if len(sides) < 2]:
            raise UserError(f"{len(alone)} images have no other side (.a or .b), for instance {alone[0]}")
        source, target = ("a", "b") if self.forward else ("b", "a")
        return {sides[source]: sides[target] for sides in found.values()}
