"""Images in an array of NumPy, as StudioGAN, guided diffusion and others write their samples."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import Pictures, Side

IMAGES, LABELS = ("images", "samples", "x", "arr_0"), ("labels", "y", "arr_1")
EXPECTED = "expected uint8 of (n, height, width, 1 or 3) or (n, 1 or 3, height, width)"


class Array(Side):
    """(n, H, W, 1 or 3), (n, 1 or 3, H, W) or (n, H, W) uint8; of a .npy no more is read than is looked at.

    Raises:
        UserError: any other array.
    """

    def __init__(self, path: Path, pixels: np.ndarray, labels: np.ndarray | None = None) -> None:
        super().__init__()
        self.title, self.path = f"the array {path}", path
        self.pixels = oriented(path, pixels)
        self.targets = None if labels is None else as_labels(path, labels, len(self.pixels))

    def __len__(self) -> int:
        return len(self.pixels)

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        for start in range(0, len(order), batch_size):
            places = list(order[start : start + batch_size])
            yield Pictures(torch.from_numpy(np.ascontiguousarray(self.pixels[places])), places)

    def labels(self) -> Tensor | None:
        return self.targets

    def fingerprint(self) -> str:
        """Of the file's path, length and time of change."""
        status = self.path.stat()
        text = f"{self.path.resolve()}/{status.st_size}/{status.st_mtime_ns}"
        return hashlib.sha256(text.encode()).hexdigest()


def read_array(path: Path) -> Array | dict[str, np.ndarray]:
    """The images in a .npy or .npz; what an .npz without images holds, by name.

    Raises:
        UserError: it cannot be read, would run code, or holds images of another kind.
    """
    found: dict[str, np.ndarray]
    try:
        if path.suffix == ".npy":
            found = {IMAGES[-1]: np.lib.format.open_memmap(path, mode="r")}
        else:
            with np.load(path, allow_pickle=False) as archive:
                found = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise UserError(f"{path} cannot be read as an array of NumPy: {str(error).splitlines()[0]}") from None
    except Exception as error:  # zipfile and zlib have errors of their own
        raise UserError(f"{path} is damaged ({error}): write or fetch it again") from None
    if "mu" in found or "feats" in found:
        return found
    name = next((name for name in IMAGES if name in found), None)
    if name is None:
        raise UserError(
            f"{path} holds {', '.join(found) or 'nothing'}: expected images ({', '.join(IMAGES)}) or statistics "
            "(mu and sigma)"
        )
    return Array(path, found[name], next((found[key] for key in LABELS if key in found), None))


def oriented(path: Path, pixels: np.ndarray) -> np.ndarray:
    """(n, 1 or 3, H, W) of images whichever way round; raises UserError, which names what is there, for others."""
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    shape = pixels.shape
    if pixels.ndim != 4 or not ({shape[1], shape[3]} & {1, 3}) or 0 in shape:
        raise UserError(f"{path} holds an array of shape {shape}: {EXPECTED}")
    if pixels.dtype != np.uint8:
        raise UserError(
            f"{path} holds {pixels.dtype} {in_range(pixels)}: {EXPECTED}, with 0 to 255 for black to white"
        )
    return pixels if shape[1] in (1, 3) else pixels.transpose(0, 3, 1, 2)


def in_range(pixels: np.ndarray) -> str:
    """``from -1 to 0.98``, and how many are not finite, of the first images."""
    if not np.issubdtype(pixels.dtype, np.number):
        return "which are no numbers"
    first = np.asarray(pixels[:100], np.float64)
    broken = int((~np.isfinite(first)).sum())
    finite = first[np.isfinite(first)]
    values = f"from {finite.min():.3g} to {finite.max():.3g}" if finite.size else "without a finite one"
    return values + (f", {broken} of them NaN or infinite in the first {len(first)} images" if broken else "")


def as_labels(path: Path, labels: np.ndarray, n: int) -> Tensor:
    """(n,) int64 of numbers, or of one-hot rows."""
    if labels.ndim == 2:
        labels = labels.argmax(1)
    if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"{path} holds labels of shape {labels.shape}, {labels.dtype}: expected {n} whole numbers"
        )
    return torch.from_numpy(labels.astype(np.int64))
