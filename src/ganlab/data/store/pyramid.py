"""Small copies of images that stay in their files, for a model that learns small images first."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice

import numpy as np
import torch
from torch import Tensor

from ganlab.data.order import IndexStream
from ganlab.data.store.decode import CorruptImage
from ganlab.data.store.files import FileImages
from ganlab.data.store.memory import MemoryImages
from ganlab.data.store.workers import in_threads


class Pyramid:
    """Image files, and as many pixels of each in memory as together take at most ``memory_limit`` MB (10^6 bytes).

    A model that grows trains on the copies until it needs more pixels than they have, so that no large file is decoded
    for a few pixels of it. The copies are made once, when a training starts that needs them. Everything else, and every
    other model, reads the files.
    """

    def __init__(self, files: FileImages, memory_limit: int) -> None:
        self.whole, self.classes, self.names = files, files.classes, files.names
        self.targets, self.files = files.targets, files.files
        channels, self.side, _ = files.shape
        while self.side and len(files) * channels * self.side**2 > memory_limit * 1e6:
            self.side = self.side // 2 if self.side % 2 == 0 else 0  # 0: no copies

    def __len__(self) -> int:
        return len(self.whole)

    def images(self, indices: Tensor) -> Tensor:
        return self.whole.images(indices)

    def labels(self, indices: Tensor) -> Tensor | None:
        return self.whole.labels(indices)

    def fingerprint(self) -> str:
        return self.whole.fingerprint()

    def batches(
        self, order: IndexStream, first: int, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """See ``StoredImages``; the images are small while ``order`` asks for no more."""
        enough = next((step for step in count(first) if order.side_at(step) > self.side), first)
        if enough > first:
            yield from islice(self.copies().batches(order, first, device), enough - first)
        yield from self.whole.batches(order, enough, device)

    def copies(self) -> MemoryImages:
        """All images averaged down to ``side`` x ``side``."""
        factor = self.whole.shape[1] // self.side
        pixels = np.zeros((len(self), self.whole.shape[0], self.side, self.side), np.uint8)

        def average(index: int) -> None:
            with suppress(CorruptImage):  # counted: all of them are told at once
                blocks = self.whole.read(index).reshape(-1, self.side, factor, self.side, factor)
                pixels[index] = blocks.mean((2, 4)).round()

        in_threads(average, len(self), f"averaging down to {self.side} x {self.side}")
        self.whole.corrupt.check()
        return MemoryImages(torch.from_numpy(pixels), self.whole.targets, self.classes)
