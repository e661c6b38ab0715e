"""Images that stay in their files: decoded when needed, by worker processes while training."""

import hashlib
import logging
import math
import os
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ganlab.data.base import StoredImages
from ganlab.data.order import IndexStream
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import CorruptImage, FileDecoder, Header
from ganlab.data.store.decoded import Decoded
from ganlab.data.store.known import KnownFiles
from ganlab.data.store.memory import MemoryImages
from ganlab.data.store.workers import in_threads, outlive_signals
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class FileImages:
    """An ordered set of image files, with a label each or none.

    Where an unreadable file is skipped, the next readable one of the same class takes its place: the same one
    on every machine, in every worker and in memory.
    """

    of_one_size = True  # once decoded
    decoded: Decoded | None = None  # where they are kept

    def __init__(
        self,
        *,
        paths: Sequence[str],
        decoder: FileDecoder,
        corrupt: CorruptFiles,
        targets: Tensor | None = None,
        classes: tuple[str, ...] = (),
        workers: int = 2,
    ) -> None:
        self.decoder: FileDecoder = decoder
        self.paths, self.corrupt = paths, corrupt
        self.targets, self.classes, self.workers = targets, classes, workers

    @property
    def files(self) -> Sequence[str]:
        """Every file that is read."""
        return self.paths

    def __len__(self) -> int:
        return len(self.paths)

    def images(self, indices: Tensor) -> Tensor:
        pixels = self._decoded(indices.tolist())
        if self.corrupt.policy == "skip":  # else an unreadable one has raised already, and these are sound
            self.corrupt.check()
        return pixels

    def _decoded(self, indices: Sequence[int]) -> Tensor:
        pixels = np.empty((len(indices), *self.shape), np.uint8)
        for row, index in enumerate(indices):
            pixels[row] = self.read(index)
        return torch.from_numpy(pixels)

    def wanted(self, order: IndexStream, step: int) -> list[Any]:
        """What ``read`` is called with for the batch of a step, in the workers."""
        return order.indices(step).tolist()

    def labels(self, indices: Tensor) -> Tensor | None:
        return None if self.targets is None else self.targets[indices]

    def fingerprint(self) -> str:
        """A hash of every file's path, length and time of change, and of how they are decoded."""
        digest = hashlib.sha256(repr(self.decoder).encode())
        for path in self.paths:
            try:
                status = os.stat(path)
            except OSError as error:
                raise UserError(f"{path} cannot be read: {error.strerror}") from None
            digest.update(f"{path}/{status.st_size}/{status.st_mtime_ns}".encode())
        return digest.hexdigest()

    @property
    def names(self) -> Sequence[str]:
        """What to call each image."""
        return self.paths

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.decoder.channels, self.decoder.height, self.decoder.width

    @property
    def bytes_per_image(self) -> float:
        return math.prod(self.shape)

    def read(self, index: int) -> np.ndarray:
        """(C, H, W) uint8; raises CorruptImage by the policy "error", UserError if no other can stand in."""
        if self.decoded is not None and (kept := self.decoded.read(index)) is not None:
            return kept
        for candidate in self._candidates(index):
            path = self.paths[candidate]
            try:
                return self.decoder(path)
            except CorruptImage as error:
                self.corrupt.found[path] = str(error)
                if self.corrupt.policy == "error":
                    raise
        raise UserError(f"{self.paths[index]} cannot be read, nor any other image of its class")

    def _candidates(self, index: int) -> Iterator[int]:
        """``index``, then all others of its class, round and round."""
        yield index
        for other in range(index + 1, index + len(self)):
            other %= len(self)
            if self.targets is None or self.targets[other] == self.targets[index]:
                yield other

    def check_headers(self, title: str, known: KnownFiles) -> list[Header]:
        """The headers of all readable files; raises UserError for those that can never be used."""

        def look(path: str) -> list[Any] | None:
            try:
                return list(self.decoder.header(path))
            except CorruptImage as error:
                self.corrupt.found[path] = str(error)
                return None

        question = f"header and transparency {hashlib.sha256(repr(self.decoder).encode()).hexdigest()[:16]}"
        answers = known.answers(self.paths, question, look, title)
        return [Header(*header) for header in answers if isinstance(header, list)]

    def find_damage(self) -> None:
        """Decode every file, to note in ``corrupt`` those that cannot be."""

        def look(index: int) -> None:
            path = self.paths[index]
            if path not in self.corrupt.found:
                try:
                    self.decoder(path)
                except CorruptImage as error:
                    self.corrupt.found[path] = str(error)

        in_threads(look, len(self), "looking for more damage")

    def into_memory(self, title: str) -> StoredImages:
        """Decode every file once; the caller looks into ``corrupt`` when it has done so with all of its sets."""
        pixels = np.empty((len(self), *self.shape), np.uint8)

        def decode(index: int) -> None:
            try:
                pixels[index] = self.read(index)
            except CorruptImage:  # counted: all of them are told at once
                pixels[index] = 0

        in_threads(decode, len(self), title)
        return MemoryImages(torch.from_numpy(pixels), self.targets, self.classes, self.names, self.files)

    def batches(
        self, order: IndexStream, first: int, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """See ``StoredImages``; the workers live as long as the pass."""
        loader: DataLoader[Any] = DataLoader(
            self,  # type: ignore[arg-type]  # no Dataset: of that, a loader needs no more than what is here
            batch_sampler=_Steps(self, order, first),
            num_workers=self.workers,
            collate_fn=_as_it_is,
            pin_memory=device.type == "cuda",  # uint8 travels, and becomes float on the device
            worker_init_fn=outlive_signals,
            generator=torch.Generator(),  # its own: nothing is drawn from the global one
        )
        for step, (answer, corrupt) in enumerate(loader, first):
            self.corrupt.found.update(corrupt)
            self.corrupt.check()
            if isinstance(answer, UserError):
                raise answer
            labels = self.labels(order.indices(step))
            yield (
                answer.to(device, non_blocking=True),
                None if labels is None else labels.to(device, non_blocking=True),
            )

    def __getitems__(self, indices: Sequence[int]) -> tuple[Tensor | UserError, dict[str, str]]:
        """One batch, in a worker; a fault travels as a value: it arrives without the worker's traceback."""
        try:
            return self._decoded(indices), dict(self.corrupt.found)
        except UserError as error:
            return error, dict(self.corrupt.found)


class _Steps:
    """What is read for every batch from a step on, without end."""

    def __init__(self, images: FileImages, order: IndexStream, first: int) -> None:
        self.images, self.order, self.first = images, order, first

    def __iter__(self) -> Iterator[list[Any]]:
        return (self.images.wanted(self.order, step) for step in count(self.first))


def _as_it_is(batch: object) -> object:
    return batch


def read_headers(*sets: FileImages) -> list[Header]:
    """The headers of all files of sets that share their ``corrupt``.

    Raises:
        UserError: for files that can never be used, and for unreadable ones: all are named at once, so that whoever
            repairs them need not come back for each.
    """
    known = KnownFiles([path for images in sets for path in images.files])
    headers = [header for images in sets for header in images.check_headers("reading headers", known)]
    corrupt = sets[0].corrupt
    if corrupt.stops:
        log.warning(
            "%d damaged images by their headers alone: decoding all, to name the rest", len(corrupt.found)
        )
        for images in sets:
            images.find_damage()
    corrupt.check()
    return headers
