"""Images that stay in their files: decoded when needed, by worker processes while training."""

import hashlib
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Thread
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from ganlab.data.order import IndexStream
from ganlab.data.store.decode import CorruptImage, Decoder
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.rank import is_first_process

log = logging.getLogger(__name__)

OnCorrupt = Literal["error", "skip"]


class CorruptFiles:
    """The unreadable files met so far, and what to do about them.

    ``error``: ``check`` names them and stops. ``skip``: ``check`` warns of each once, and stops when they are
    more than 1% of all ``total`` files.
    """

    def __init__(self, policy: OnCorrupt, total: int) -> None:
        if policy not in ("error", "skip"):
            raise UserError(f"data.on_corrupt={policy}: error (stop and name the file) or skip")
        self.policy, self.total = policy, total
        self.found: dict[str, str] = {}  # path: what to tell of it
        self._told: set[str] = set()

    @property
    def stops(self) -> bool:
        """Are those found so far too many to go on?"""
        return bool(self.found) and (self.policy == "error" or len(self.found) > 0.01 * self.total)

    def check(self) -> None:
        """Raises UserError where training must not go on."""
        new = {path: text for path, text in self.found.items() if path not in self._told}
        self._told.update(new)
        if not self.stops:
            for text in new.values():
                log.warning("unreadable image replaced by another: %s", text)
            return
        named = "; ".join(self.found[path] for path in sorted(self.found)[:5]) + (
            "; ..." if len(self.found) > 5 else ""
        )
        remedy = (
            "repair or remove it, or set data.on_corrupt=skip"
            if self.policy == "error"
            else "data.on_corrupt=skip stops at more than 1%"
        )
        raise UserError(f"{len(self.found)} of {self.total} images cannot be read: {named}: {remedy}")


class FileImages:
    """An ordered set of image files, with a label each or none.

    Where an unreadable file is skipped, the next readable one of the same class takes its place: the same one
    on every machine, in every worker and in memory.
    """

    def __init__(
        self,
        *,
        paths: Sequence[str],
        decoder: Decoder,
        corrupt: CorruptFiles,
        targets: Tensor | None = None,
        classes: tuple[str, ...] = (),
        workers: int = 2,
    ) -> None:
        self.paths, self.decoder, self.corrupt = paths, decoder, corrupt
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

    def wanted(self, order: IndexStream, step: int) -> Sequence:
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
    def bytes_per_image(self) -> int:
        return math.prod(self.shape)

    def read(self, index: int) -> np.ndarray:
        """(C, H, W) uint8; raises CorruptImage by the policy "error", UserError if no other can stand in."""
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

    def check_headers(self, title: str) -> list:
        """The headers of all readable files; raises UserError for those that can never be used."""
        headers = []

        def look(index: int) -> None:
            try:
                headers.append(self.decoder.header(self.paths[index]))
            except CorruptImage as error:
                self.corrupt.found[self.paths[index]] = str(error)

        in_threads(look, len(self), title)
        return headers

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

    def into_memory(self, title: str) -> MemoryImages:
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
        loader = DataLoader(
            self,
            batch_sampler=_Steps(self, order, first),
            num_workers=self.workers,
            collate_fn=_as_it_is,
            pin_memory=device.type == "cuda",  # uint8 travels, and becomes float on the device
            worker_init_fn=_outlive_signals,
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

    def __iter__(self) -> Iterator[Sequence]:
        return (self.images.wanted(self.order, step) for step in count(self.first))


def _as_it_is(batch: object) -> object:
    return batch


def _outlive_signals(worker: int) -> None:
    """Ctrl-C, SIGTERM and SIGHUP reach the whole process group: training, not its workers, decides when to end."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.platform == "linux":  # elsewhere nobody tells who sent a signal
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        Thread(target=_end_when_the_parent_says_so, daemon=True).start()


def _end_when_the_parent_says_so() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)


def read_headers(*sets: FileImages) -> list:
    """The headers of all files of sets that share their ``corrupt``.

    Raises:
        UserError: for files that can never be used, and for unreadable ones: all are named at once, so that whoever
            repairs them need not come back for each.
    """
    headers = [header for images in sets for header in images.check_headers("reading headers")]
    corrupt = sets[0].corrupt
    if corrupt.stops:
        log.warning(
            "%d damaged images by their headers alone: decoding all, to name the rest", len(corrupt.found)
        )
        for images in sets:
            images.find_damage()
    corrupt.check()
    return headers


def in_threads(work: Callable[[int], None], n: int, title: str) -> None:
    """Call ``work`` with 0 to n - 1 under a progress bar; Pillow decodes outside Python's lock."""
    Image.init()  # loads all formats now: threads that do it at the same time get in each other's way
    chunks = [range(start, min(start + 32, n)) for start in range(0, n, 32)]

    def run(chunk: range) -> int:
        for index in chunk:
            work(index)
        return len(chunk)

    hidden = None if is_first_process() else True  # None: shown in a terminal only
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        try:
            with tqdm(total=n, desc=title, unit="image", leave=False, disable=hidden) as bar:
                for done in pool.map(run, chunks):
                    bar.update(done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
