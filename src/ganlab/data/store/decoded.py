"""Images decoded once for all runs: their pixels one after the other in a file, which processes map into memory."""

import errno
import hashlib
import json
import logging
import math
import os
import shutil
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import PIL
from filelock import FileLock, Timeout
from torch import Tensor

from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import CorruptImage, FileDecoder
from ganlab.data.store.known import KnownFiles, alone, content
from ganlab.data.store.workers import in_threads
from ganlab.storage import cache_folder, write_atomically

log = logging.getLogger(__name__)

FORMAT = 1  # a change of how images are decoded or kept is a change of this
PIXELS, SUMS, ABOUT = "pixels", "sums.npy", "about.json"  # the last one is written when the others are whole


class Files(Protocol):
    """What of :class:`~ganlab.data.store.files.FileImages` is needed to keep it decoded."""

    decoder: FileDecoder
    corrupt: CorruptFiles
    targets: Tensor | None
    decoded: "Decoded | None"

    @property
    def files(self) -> Sequence[str]: ...

    @property
    def shape(self) -> tuple[int, int, int]: ...

    def __len__(self) -> int: ...

    def read(self, index: int) -> np.ndarray: ...


class Decoded:
    """(C, H, W) uint8 images of one folder of the cache.

    Each is compared with its checksum when it is read: a damaged one is none, and its file is decoded again.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], about: dict[str, Any]) -> None:
        self.folder, self.shape, self.corrupt = folder, shape, dict(about["corrupt"])
        self.sums = np.load(folder / SUMS)
        if (folder / PIXELS).stat().st_size != math.prod(shape) or self.sums.shape != shape[:1]:
            raise ValueError("the pixels are not those of all images")
        self._pixels: np.ndarray | None = None

    def read(self, index: int) -> np.ndarray | None:
        """(C, H, W), not to be written to; None where it is damaged."""
        if self._pixels is None:
            self._pixels = np.memmap(self.folder / PIXELS, np.uint8, "r", shape=self.shape)
        image = self._pixels[index]
        if zlib.crc32(image.data) == self.sums[index]:
            return image
        if (self.folder / ABOUT).exists():
            (self.folder / ABOUT).unlink(missing_ok=True)
            log.warning(
                "%s is damaged: files are decoded in its place, and kept anew at the next start", self.folder
            )
        return None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_pixels": None}  # each process maps for itself


def keep_decoded(sets: Sequence[Files], limit: float) -> None:
    """Let the sets read from the cache, which is filled first where it lacks them.

    limit: GB (10^9 bytes) that the cache may hold; what was used longest ago makes room. A cache that cannot be
    written, or is too small, is told of, and the sets read their files.
    """
    sets = [images for images in sets if len(images)]
    needed = sum(len(images) * math.prod(images.shape) for images in sets)
    if needed > limit * 1e9:
        log.warning("data.cache=%g is too small for %.1f GB of decoded images: not kept", limit, needed / 1e9)
        return
    root = cache_folder("decoded")
    try:
        folders = [root / key_of(images) for images in sets]
        for images, folder in zip(sets, folders, strict=True):
            with alone(folder.with_suffix(".lock"), "decodes the same images"):
                images.decoded = _found(folder, images) or _made(folder, images, limit, set(folders))
            os.utime(folder / ABOUT)
            images.corrupt.found.update(images.decoded.corrupt)
    except OSError as error:
        reason = (
            "no space is left" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or error
        )
        log.warning("%s: %s, so decoded images are not kept there; images stay in their files", root, reason)
        for images in sets:
            images.decoded = None


def key_of(images: Files) -> str:
    """A name for these images' contents, and for how they are decoded."""
    files = list(images.files)
    contents = KnownFiles(files).answers(files, "content", content, "reading files")
    parts = [FORMAT, PIL.__version__, repr(images.decoder), images.shape, images.corrupt.policy, contents]
    # by its label an image takes a damaged one's place
    if images.corrupt.policy == "skip" and images.targets is not None:
        parts.append(images.targets.tolist())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _found(folder: Path, images: Files) -> Decoded | None:
    try:
        about = json.loads((folder / ABOUT).read_bytes())
        return Decoded(folder, (len(images), *images.shape), about)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s is damaged: its images are decoded anew", folder)
        return None


def _made(folder: Path, images: Files, limit: float, used: set[Path]) -> Decoded:
    size = math.prod(images.shape)
    _make_room(folder.parent, limit * 1e9 - len(images) * size, used)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    sums = np.zeros(len(images), np.uint32)
    try:
        with open(folder / PIXELS, "wb", buffering=0) as file:

            def decode(index: int) -> None:
                with suppress(CorruptImage):  # counted: all of them are told at once
                    pixels = np.ascontiguousarray(images.read(index))
                    sums[index] = zlib.crc32(pixels.data)
                    _write_at(file.fileno(), pixels.tobytes(), index * size)

            in_threads(decode, len(images), "decoding")
            images.corrupt.check()
            os.fsync(file.fileno())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    np.save(folder / SUMS, sums)
    about = {"corrupt": images.corrupt.found, "shape": [len(images), *images.shape]}
    write_atomically(folder / ABOUT, json.dumps(about).encode())
    log.info("%d decoded images are kept in %s (%.0f MB)", len(images), folder, len(images) * size / 1e6)
    return Decoded(folder, (len(images), *images.shape), about)


def _write_at(descriptor: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written


def _make_room(root: Path, room: float, used: set[Path]) -> None:
    """Remove what was used longest ago until the rest takes at most ``room`` bytes."""
    folders = [folder for folder in root.iterdir() if folder.is_dir()]
    sizes = {folder: sum(file.stat().st_size for file in folder.iterdir()) for folder in folders}
    total = sum(sizes.values())
    for folder in sorted(folders, key=_last_use):
        if total <= room:
            return
        if folder in used:
            continue
        with suppress(Timeout), FileLock(folder.with_suffix(".lock"), timeout=0):  # nobody fills it just now
            shutil.rmtree(folder, ignore_errors=True)
            total -= sizes[folder]
            log.info("%s made room for other decoded images (data.cache)", folder)


def _last_use(folder: Path) -> float:
    about = folder / ABOUT
    return about.stat().st_mtime if about.exists() else 0.0
