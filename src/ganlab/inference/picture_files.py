"""A user's own picture files: which there are, where their translations go, how they are read and written."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from ganlab.data.disk.listing import UNREAD, hidden, in_words, is_text, printable, warn_of_odd, why_odd
from ganlab.data.disk.sheets import is_sheet
from ganlab.data.store.crops import WholeDecoder
from ganlab.data.store.decode import EXTENSIONS
from ganlab.data.store.label_maps import UNKNOWN, LabelDecoder
from ganlab.errors import StorageError, UserError
from ganlab.pixels import from_uint8, to_uint8

LARGEST = 2 * 89_478_485  # pixels: beyond, Pillow takes a file for an attack
JPEG = {"quality": 95, "subsampling": 0}
KEPT: dict[str, dict[str, Any]] = {  # formats that translations keep, and how they are written
    ".png": {},
    ".bmp": {},
    ".tif": {"compression": "tiff_deflate"},
    ".tiff": {"compression": "tiff_deflate"},
    ".tga": {},
    ".webp": {"lossless": True},
    ".jpg": JPEG,
    ".jpeg": JPEG,
}
Format = Literal["keep", "png"]


class Found(NamedTuple):
    """A file, and its path below the folder that was given."""

    path: Path
    below: Path


def find_pictures(key: str, root: Path, leave_out: Path | None = None) -> list[Found]:
    """A file by itself, or all picture files below a folder, sorted, but for hidden ones and those below ``leave_out``.

    Raises:
        UserError: nothing is there, or a folder holds no pictures; the sentence begins with ``key``.
    """
    if not is_text(str(root)):
        raise UserError(f"{key}={printable(str(root))}: its name is no text in UTF-8; rename it")
    if root.is_file():
        return [Found(root, Path(root.name))]
    if not root.is_dir():
        what = (
            "neither a file nor a folder, but a pipe or a device"
            if root.exists()
            else "no such file or folder"
        )
        raise UserError(f"{key}={root}: {what}")
    inside = leave_out.resolve() if leave_out and leave_out.resolve() != root.resolve() else None
    found: list[Found] = []
    odd: dict[str, list[str]] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not hidden(name) and Path(folder, name).resolve() != inside]
        for name in names:
            path = Path(folder, name)
            if hidden(name) or not name.lower().endswith((*EXTENSIONS, *UNREAD)) or is_sheet(folder, name):
                continue
            if reason := why_odd(str(path)):
                odd.setdefault(reason, []).append(printable(str(path.relative_to(root))))
            else:
                found.append(Found(path, path.relative_to(root)))
    if not found:
        why = "; ".join(in_words(odd)) or f"they end in {', '.join(EXTENSIONS[:6])}, ..."
        raise UserError(f"{key}={root} holds no pictures; {why}")
    warn_of_odd(root, odd)
    return sorted(found)


def targets(found: Sequence[Found], folder: Path, form: Format) -> dict[Path, Path]:
    """Where each picture's translation goes: below ``folder`` under its own name; formats not kept become PNG."""
    formats = KEPT if form == "keep" else (".png",)
    own = {path: folder / below for path, below in found if below.suffix.lower() in formats}
    taken = set(own.values())
    for path, below in found:
        if path not in own:
            target = folder / below.with_suffix(".png")
            own[path] = folder / below.with_name(f"{below.name}.png") if target in taken else target
            taken.add(own[path])
    return own


def require_apart(root: Path, folder: Path, sources: Iterable[Path], written: Iterable[Path]) -> None:
    """Raises UserError if translations would lie among what was given, or overwrite any of it."""
    if folder.resolve() == (root if root.is_dir() else root.parent).resolve():
        raise UserError(f"output={folder} is where the input lies: choose another folder")
    originals = {path.resolve() for path in sources}
    for path in written:
        if path.resolve() in originals:
            raise UserError(f"output={folder} would overwrite {path}: choose another folder")


def read_picture(path: Path, channels: int) -> Tensor:
    """(1, channels, H, W) in [-1, 1], upright; raises UserError for a file that cannot be read."""
    decoder = WholeDecoder(height=1, width=1, channels=channels, max_pixels=LARGEST)
    return from_uint8(torch.tensor(decoder(str(path)))).unsqueeze(0)


def read_label_map(path: Path) -> Tensor:
    """(1, 1, H, W) in [-1, 1], of ids: grey levels, or places in a palette; raises UserError for colours."""
    decoder = LabelDecoder(height=1, width=1, channels=1, max_pixels=LARGEST, regions=UNKNOWN)
    with decoder.opened(str(path)) as image:
        return from_uint8(torch.tensor(decoder.ids(image)))[None, None]


def as_image(picture: Tensor) -> Image.Image:
    """(C, H, W) in [-1, 1]."""
    pixels = to_uint8(picture).cpu().permute(1, 2, 0)  # (H, W, C)
    return Image.fromarray((pixels.squeeze(2) if pixels.shape[2] == 1 else pixels.contiguous()).numpy())


def write_picture(picture: Tensor, path: Path) -> None:
    """Write (C, H, W) in [-1, 1] in the format of the path's suffix, whole or not at all.

    Raises:
        StorageError: the disk does not take it.
    """
    image = as_image(picture)
    suffix = path.suffix.lower()
    temporary = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(temporary, format=Image.registered_extensions()[suffix], **KEPT[suffix])
        os.replace(temporary, path)
    except (OSError, ValueError) as error:  # ValueError: more pixels to a side than the format has
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error}") from error
