"""Images with captions, packed into archives."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Unpack

from ganlab.bounds import Share, Weight
from ganlab.data.captions.folder import Captioned, CaptionFileOptions, CaptionFiles
from ganlab.data.captions.sets import require_captions
from ganlab.data.disk.listing import is_text
from ganlab.data.disk.members import PackedDecoder, PackedImages, archives_among
from ganlab.data.disk.packed import Sample, divided
from ganlab.data.disk.samples import all_samples
from ganlab.data.disk.settings import NO_ROOT, require_share
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.errors import UserError


class CaptionShards(CaptionFiles):
    """The images of tar files, read where they lie, with the captions beside them: ``.txt``, one a line, or ``.json``.

    Held out are the same images as by ``Shards``. Captions match the images whose captions are all the same.

    Args:
        verify: See ``Shards``.
        download_limit: See ``Shards``.
        test_fraction: Share of the images that is held out, 0 to 0.9.
    """

    def __init__(
        self,
        *,
        verify: bool = True,
        download_limit: Weight = 50.0,
        test_fraction: Share = 0.1,
        **options: Unpack[CaptionFileOptions],
    ) -> None:
        super().__init__(**options)
        if self.nowhere:
            raise UserError(f"data=shards_captions {NO_ROOT}")
        require_share(test_fraction)
        self.verify, self.download_limit, self.test_fraction = verify, download_limit, test_fraction

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """All images by their paths; raises UserError for what cannot be read."""
        found = all_samples(self.address, verify=self.verify, download_limit=self.download_limit)
        return {sample.path: sample for sample in found}

    def listed(self) -> tuple[list[Captioned], list[Captioned]]:
        require_text(self.samples)
        require_captions(
            {path: sample.captions for path, sample in self.samples.items()},
            "each image of a shard needs a .txt of its name: ganlab pack FOLDER captions=true",
        )
        train, test = (
            [Captioned(sample.path, sample.captions, sample.captions) for sample in part]
            for part in divided(list(self.samples.values()), self.test_fraction)
        )
        return train, test

    def files(self, part: Sequence[Captioned], corrupt: CorruptFiles) -> PackedImages:
        samples = [self.samples[entry.path] for entry in part]
        return PackedImages(
            archives=archives_among(samples),
            paths=[sample.path for sample in samples],
            decoder=PackedDecoder.of(
                samples, height=self.load_height, width=self.load_width, channels=self.channels
            ),
            corrupt=corrupt,
            workers=self.workers,
        )


def require_text(samples: Mapping[str, Sample]) -> None:
    """Raises UserError for captions that cannot be read or are not in UTF-8: names the first."""
    for path, sample in samples.items():
        if sample.fault:
            raise UserError(f"the captions of {path}: {sample.fault}")
        if not all(map(is_text, sample.captions)):
            raise UserError(f"the captions of {path} are no text in UTF-8: convert them, and pack again")
