"""Small sets: all images in one uint8 tensor on the training device, batched there by index."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganlab.data.order import IndexStream
from ganlab.memory_budget import require_memory

AT_ONCE = 1000  # images that are converted together


class MemoryImages:
    """(N, C, H, W) uint8 and perhaps (N,) int64 labels; they stay on the device that last trained on them.

    names: what to call each image; none for those that have no file of their own. files: that they were read from, if
    any.
    """

    def __init__(
        self,
        pixels: Tensor,
        targets: Tensor | None = None,
        classes: tuple[str, ...] = (),
        names: Sequence[str] = (),
        files: Sequence[str] = (),
    ) -> None:
        self.pixels, self.targets, self.classes = pixels, targets, classes
        self.names, self.files = names, files

    def __len__(self) -> int:
        return len(self.pixels)

    def images(self, indices: Tensor) -> Tensor:
        return self.pixels.index_select(0, indices.to(self.pixels.device, non_blocking=True))

    def labels(self, indices: Tensor) -> Tensor | None:
        if self.targets is None:
            return None
        return self.targets.index_select(0, indices.to(self.targets.device, non_blocking=True))

    def fingerprint(self) -> str:
        """A hash of size and pixels."""
        digest = hashlib.sha256(str(tuple(self.pixels.shape)).encode())
        digest.update(self.pixels.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def move(self, device: torch.device) -> None:
        """Bring everything to ``device``; nothing is copied where it is there already."""
        self.pixels = self.pixels.to(device)
        self.targets = None if self.targets is None else self.targets.to(device)

    def batches(
        self, order: IndexStream, first: int, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """See ``StoredImages``."""
        self.move(device)
        for step in count(first):
            indices = order.indices(step).to(device, non_blocking=True)
            yield self.images(indices), self.labels(indices)


def resized(pixels: Tensor, height: int, width: int) -> Tensor:
    """(N, C, h, w) uint8 to (N, C, height, width), bilinear, antialiased where it shrinks.

    Raises:
        UserError: that does not fit into the memory.
    """
    if pixels.shape[2:] == (height, width):
        return pixels
    n, channels = pixels.shape[:2]
    needed = (n + 4 * min(n, AT_ONCE)) * channels * height * width
    require_memory(needed, f"{n} images of {height} x {width} pixels")
    sheets = []
    for chunk in pixels.split(AT_ONCE):  # as floats, four times as large
        chunk = interpolate(chunk.float(), (height, width), mode="bilinear", antialias=True)
        sheets.append(chunk.round_().clamp_(0, 255).to(torch.uint8))
    return torch.cat(sheets)


def with_channels(pixels: Tensor, channels: int) -> Tensor:
    """(N, 1 or 3, H, W) uint8 to ``channels``: grey is repeated, RGB becomes luma (ITU-R 601)."""
    if pixels.shape[1] == channels:
        return pixels
    if channels == 3:
        return pixels.expand(-1, 3, -1, -1).contiguous()
    weights = torch.tensor([0.299, 0.587, 0.114])
    luma = [torch.tensordot(chunk.float(), weights, dims=([1], [0])) for chunk in pixels.split(AT_ONCE)]
    return torch.cat(luma).round_().clamp_(0, 255).to(torch.uint8).unsqueeze(1)
