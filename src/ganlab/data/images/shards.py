"""Images packed into archives: shards of WebDataset's layout, or a zip file of StyleGAN's."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Unpack

import torch

from ganlab.bounds import Weight
from ganlab.data.base import Splits
from ganlab.data.disk.listing import HELD_OUT, Listing
from ganlab.data.disk.members import PackedDecoder, PackedImages, archives_among
from ganlab.data.disk.packed import Sample, divided
from ganlab.data.disk.samples import all_samples
from ganlab.data.images.folder import Folder, LabelledOptions, describe
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.files import read_headers
from ganlab.data.store.holding import in_memory_if_small
from ganlab.errors import UserError

DIGITS = 100  # of a label that is a number


class PackedFolder(Folder):
    """Images that are members of something larger, and have the labels that ``samples`` gives."""

    @property
    def samples(self) -> list[Sample]:
        """All images, with labels as they are asked for."""
        raise NotImplementedError

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, numbers by their size and names by the alphabet; empty without ``labels``."""
        labels = {sample.label or "" for sample in self.samples} if self.labels else set()
        numbers = all(label.isdecimal() and len(label) <= DIGITS for label in labels)
        return tuple(sorted(labels, key=lambda label: (int(label), "") if numbers else (0, label)))

    def load(self) -> Splits:
        parts = self.parts()
        corrupt = CorruptFiles(self.on_corrupt, len(self.samples))
        train, test = (self._packed(part, corrupt) for part in parts)
        headers = read_headers(train, test)
        describe(self.address, Listing([], 0, 0, {}), (train, test), headers, self.background)
        return in_memory_if_small(train, test, self.memory_limit, self.cache)

    def parts(self) -> tuple[list[Sample], list[Sample]]:
        """Those to train on, and those held out."""
        return divided(self.samples, self.test_fraction)

    def reader(self, samples: Sequence[Sample]) -> PackedDecoder:
        """What turns these samples into pixels."""
        return PackedDecoder.of(samples, **self.decoding((self.height, self.width), self.channels))

    def archives(self, samples: Sequence[Sample]) -> list[str]:
        """The files in which these samples lie."""
        return archives_among(samples)

    def _packed(self, samples: Sequence[Sample], corrupt: CorruptFiles) -> PackedImages:
        number = {name: index for index, name in enumerate(self.classes)}
        targets = torch.tensor([number[sample.label or ""] for sample in samples]) if self.labels else None
        return PackedImages(
            archives=self.archives(samples),
            paths=[sample.path for sample in samples],
            decoder=self.reader(samples),
            corrupt=corrupt,
            targets=targets,
            classes=self.classes,
            workers=self.workers,
        )


class Shards(PackedFolder):
    """The images of tar files, or of a zip file, which stay packed: each is read where it lies.

    So the order is as shuffled as that of a folder, any number of processes shares any number of shards, and a resumed
    run goes on bit for bit. Labels are those of ``.cls`` or ``.json`` beside an image, of a zip's ``dataset.json``, or
    else the first folder of an image's name. Held out are the images below ``test`` where others lie below ``train``,
    else those whose names, hashed, fall below ``test_fraction``.

    Args:
        root: ``shards/{000..999}.tar``, ``shards/*.tar``, a folder of such files, one .tar or one .zip; of this machine
            or of a store, ``https://...``, ``s3://...`` and what else fsspec knows, which are fetched first.
        verify: Compare shards that ``ganlab pack`` wrote with their checksums when they are first read on a machine.
        download_limit: GB (10^9 bytes) of a store's shards that may be kept on this machine, in ``GANLAB_CACHE``.
        labels: Batches carry labels.
        options: See ``Folder``.
    """

    def __init__(
        self,
        *,
        verify: bool = True,
        download_limit: Weight = 50.0,
        labels: bool = False,
        **options: Unpack[LabelledOptions],
    ) -> None:
        super().__init__(labels=labels, **options)
        self.verify, self.download_limit = verify, download_limit

    @cached_property
    def samples(self) -> list[Sample]:
        """All images, with labels as they are asked for; raises UserError for what cannot be read."""
        samples = all_samples(self.address, verify=self.verify, download_limit=self.download_limit)
        if not self.labels:
            return samples
        if faulty := next((sample for sample in samples if sample.label is None and sample.fault), None):
            raise UserError(f"data.labels=true, but the label of {faulty.path}: {faulty.fault}")
        if any(sample.label is not None for sample in samples):
            lacking = [sample for sample in samples if sample.label is None]
        else:
            samples = [sample._replace(label=_first_folder(sample.name)) for sample in samples]
            lacking = [sample for sample in samples if not sample.label]
        if lacking:
            more = f" (nor have {len(lacking) - 1} others)" if len(lacking) > 1 else ""
            raise UserError(
                f"data.labels=true, but {lacking[0].name} in {lacking[0].place.archive} has no label{more}: give it a "
                ".cls file, or all of them folders"
            )
        return samples


def _first_folder(name: str) -> str:
    """The class of ``cat/7.png`` and ``train/cat/7.png``."""
    parts = PurePosixPath(name).parts[:-1]
    parts = parts[1:] if parts[:1] and parts[0] in ("train", *HELD_OUT) else parts
    return parts[0] if parts else ""
