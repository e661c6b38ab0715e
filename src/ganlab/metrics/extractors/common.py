"""What the extractors share: which images they take, how exactly they compute, how a file is recognised."""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Self, TypeVar

import torch
from torch import Tensor, nn

from ganlab.pixels import laid_on
from ganlab.types import Extractor

GROUND = 128  # under transparent pictures
Network = TypeVar("Network", bound=nn.Module)


class ReadOnce(Generic[Network]):
    """A network whose weights are read when they are first needed, and that computes on one device."""

    def __init__(self) -> None:
        self._device = torch.device("cpu")
        self._network: Network | None = None

    def read(self) -> Network:
        """The network with its weights, in eval mode; raises UserError where they cannot be had."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Find, verify and read the weights; a second call does nothing.

        Raises:
            UserError: they are missing, damaged or not the ones that belong here.
        """
        self.network()

    def network(self) -> Network:
        """The network where it computes, read once."""
        if self._network is None:
            self._network = self.read().to(self._device)
        return self._network

    def to(self, device: torch.device) -> Self:
        """Compute on ``device`` from now on."""
        self._device = torch.device(device)
        if self._network is not None:
            self._network.to(self._device)
        return self


def as_seen(images: Tensor) -> Tensor:
    """(B, 1, 3 or 4, H, W) uint8 to the same with 1 or 3 channels: RGBA is laid on mid-grey.

    On it both a black picture and a white one are seen, and white that should be transparent is told from what is.
    Raises TypeError unless ``images`` is uint8, ValueError for another shape.
    """
    if images.dtype != torch.uint8:
        raise TypeError(f"images of {images.dtype}: extractors take uint8 in 0..255; convert with to_uint8")
    if images.dim() != 4 or images.shape[1] not in (1, 3, 4):
        raise ValueError(f"images of shape {tuple(images.shape)}: extractors take (B, 1, 3 or 4, H, W)")
    return laid_on(images, GROUND) if images.shape[1] == 4 else images


def resize_in_words(extractor: Extractor, shape: Sequence[int]) -> str:
    """How images (C, H, W) are brought to the network's input: more is to be said of RGBA, and of those not square."""
    channels, height, width = shape
    laid = f"RGBA laid on mid-grey ({GROUND}), " * (channels == 4)
    squeezed = f", {height}x{width} squeezed to a square" * (height != width)
    return f"{laid}{extractor.resize}{squeezed}"


@contextmanager
def full_float32(device: torch.device) -> Iterator[None]:
    """No gradients, no autocast, no TF32: a score is the same number in any run and on any device."""
    # PyTorch gives these modules their attributes when it is imported
    settings = (
        torch.backends.cudnn.conv,  # type: ignore[attr-defined]
        torch.backends.cuda.matmul,
        torch.backends.mkldnn.conv,  # type: ignore[attr-defined]
        torch.backends.mkldnn.matmul,  # type: ignore[attr-defined]
    )
    before = [setting.fp32_precision for setting in settings]
    try:
        for setting in settings:
            setting.fp32_precision = "ieee"
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        for setting, precision in zip(settings, before, strict=True):
            setting.fp32_precision = precision


def sha256_of(path: Path) -> str:
    """All 64 hexadecimal digits; raises OSError if the file cannot be read, or is a device or a pipe without end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
