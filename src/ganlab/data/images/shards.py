"""Images packed into archives: shards of WebDataset's layout, or a zip file of StyleGAN's."""

import hashlib
import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import PurePosixPath

import torch

from ganlab.data.base import Splits
from ganlab.data.disk.listing import HELD_OUT, Listing, held_out_by_hash
from ganlab.data.disk.members import PackedDecoder, PackedImages
from ganlab.data.disk.packed import Sample, archives_of, index_of, samples_of
from ganlab.data.images.folder import Folder, describe
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.files import read_headers
from ganlab.data.store.holding import in_memory_if_small
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class Shards(Folder):
    """The images of tar files, or of a zip file, which stay packed: each is read where it lies.

    So the order is as shuffled as that of a folder, any number of processes shares any number of shards, and a resumed
    run goes on bit for bit. Labels are those of ``.cls`` or ``.json`` beside an image, of a zip's ``dataset.json``, or
    else the first folder of an image's name. Held out are the images below ``test`` where others lie below ``train``,
    else those whose names, hashed, fall below ``test_fraction``.

    Args:
        root: ``shards/{000..999}.tar``, ``shards/*.tar``, a folder of such files, one .tar or one .zip.
        labels: Batches carry labels.
        options: See ``Folder``.
    """

    @cached_property
    def samples(self) -> list[Sample]:
        """All images, with labels as they are asked for; raises UserError for what cannot be read."""
        archives = archives_of(self.root)
        samples = samples_of(archives, index_of(archives).get("classes", ()))
        if not self.labels:
            return samples
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

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, numbers by their size and names by the alphabet; empty without ``labels``."""
        labels = {sample.label or "" for sample in self.samples} if self.labels else set()
        numbers = all(label.isdecimal() for label in labels)
        return tuple(sorted(labels, key=lambda label: (int(label), "") if numbers else (0, label)))

    def load(self) -> Splits:
        parts = divided(self.samples, self.test_fraction)
        corrupt = CorruptFiles(self.on_corrupt, len(self.samples))
        train, test = (self._packed(part, corrupt) for part in parts)
        headers = read_headers(train, test)
        describe(self.root, Listing([], 0, 0, {}), (train, test), headers)
        return in_memory_if_small(train, test, self.memory_limit, self.cache)

    def _packed(self, samples: Sequence[Sample], corrupt: CorruptFiles) -> PackedImages:
        paths = [f"{sample.place.archive}/{sample.name}" for sample in samples]
        places = {path: sample.place for path, sample in zip(paths, samples, strict=True)}
        chosen = hashlib.sha256(repr([sample.name for sample in samples]).encode()).hexdigest()[:16]
        number = {name: index for index, name in enumerate(self.classes)}
        targets = torch.tensor([number[sample.label or ""] for sample in samples]) if self.labels else None
        settings = self.decoding((self.height, self.width), self.channels)
        return PackedImages(
            paths=paths,
            decoder=PackedDecoder(places=places, chosen=chosen, **settings),
            corrupt=corrupt,
            targets=targets,
            classes=self.classes,
            workers=self.workers,
        )


def divided(samples: Sequence[Sample], test_fraction: float) -> tuple[list[Sample], list[Sample]]:
    """Those to train on, and those held out."""
    folders = {sample.name.partition("/")[0] for sample in samples}
    apart = next((name for name in HELD_OUT if {"train", name} <= folders), None)
    if apart:
        parts = [[s for s in samples if s.name.startswith(f"{base}/")] for base in ("train", apart)]
        return parts[0], parts[1]
    out = [held_out_by_hash(sample.name, test_fraction) for sample in samples]
    pairs = list(zip(samples, out, strict=True))
    return [s for s, is_out in pairs if not is_out], [s for s, is_out in pairs if is_out]


def _first_folder(name: str) -> str:
    """The class of ``cat/7.png`` and ``train/cat/7.png``."""
    parts = PurePosixPath(name).parts[:-1]
    parts = parts[1:] if parts[:1] and parts[0] in ("train", *HELD_OUT) else parts
    return parts[0] if parts else ""
