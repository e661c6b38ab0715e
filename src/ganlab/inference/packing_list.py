"""What of a folder becomes a sample of a shard: a picture, perhaps with captions or a class, or a pair of them."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ganlab.data.captions.files import captions_below
from ganlab.data.captions.sets import require_captions
from ganlab.data.disk.layouts import find_domains, matched
from ganlab.data.disk.listing import Part, class_names, find_images, leads_out, own_split, split
from ganlab.data.disk.packed import SIDES
from ganlab.data.store.corrupt import CorruptFiles, OnCorrupt
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages
from ganlab.data.store.known import KnownFiles
from ganlab.data.translation.folders.paired import expected_pairs
from ganlab.errors import UserError

log = logging.getLogger(__name__)


class Packed(NamedTuple):
    """What becomes one sample.

    key: its name in a shard, without dots. files: the ending of each in the shard, and its path. label: of its class.
    captions: to be written beside it. size: of all files in bytes.
    """

    key: str
    files: tuple[tuple[str, str], ...]
    size: int
    label: str = ""
    captions: tuple[str, ...] = ()


def pictures_below(folder: Path, *, labels: bool, captions: bool) -> tuple[list[Packed], tuple[str, ...]]:
    """The pictures, and the names of their classes."""
    paths = find_images(folder).paths
    parts = split(folder, paths, 0.0) if own_split(folder) else (Part("", paths), Part("", []))
    classes = class_names(folder, *parts) if labels else ()
    label = {path: part.class_of(path) for part in parts for path in part.paths} if labels else {}
    texts: dict[str, tuple[str, ...]] = {}
    if captions:
        found, remedy = captions_below(folder, paths)
        texts = dict(zip(paths, found, strict=True))
        require_captions(texts, remedy)
    keys: set[str] = set()
    samples, real = [], os.path.realpath(folder)
    for path in paths:
        name = PurePosixPath(path)
        key = _key(path)
        if key in keys:  # a.png beside a.jpg
            key = f"{key}_{name.suffix[1:]}"
        _require_new(key, keys, folder / path)
        files = _files_of(folder / path, real, with_text=not captions)
        size = sum(os.path.getsize(file) for _, file in files)
        samples.append(Packed(key, tuple(files), size, label.get(path, ""), texts.get(path, ())))
    return samples, classes


def _files_of(path: Path, root: str, *, with_text: bool) -> list[tuple[str, str]]:
    """A picture, and the text beside it, unless that is a link to a file that is not below ``root``."""
    files, beside = [(path.suffix.lower(), str(path))], path.with_suffix(".txt")
    if with_text and beside.is_file() and not leads_out(str(beside), root):
        files.append((".txt", str(beside)))
    return files


def pairs_below(folder: Path) -> list[Packed]:
    """The pictures of two folders, each with that of its name in the other."""
    found = find_domains(folder, expected_pairs(folder))
    if found is None:
        raise UserError(
            f"{folder} has no folders A and B: pictures that show both sides are packed without pairs=true"
        )
    keys: set[str] = set()
    samples = []
    for part, domains in found.items():
        for name, a, b in matched(domains):
            key = _key(f"{part}/{name}." if "test" in found else f"{name}.")
            _require_new(key, keys, Path(a))
            files = tuple(
                (f".{side}{Path(file).suffix.lower()}", file)
                for side, file in zip(SIDES, (a, b), strict=True)
            )
            samples.append(Packed(key, files, sum(os.path.getsize(file) for _, file in files)))
    return samples


def readable(samples: Sequence[Packed], on_corrupt: OnCorrupt) -> list[Packed]:
    """Those whose pictures are some by their headers, as far as ``on_corrupt`` allows others to be left out."""
    paths = [path for sample in samples for ending, path in sample.files if ending != ".txt"]
    corrupt = CorruptFiles(on_corrupt, len(paths), key="on_corrupt")
    decoder = Decoder(height=1, width=1, channels=3, max_pixels=sys.maxsize)
    read = FileImages(paths=paths, decoder=decoder, corrupt=corrupt)
    read.check_headers("reading headers", KnownFiles(paths))
    if corrupt.stops:
        corrupt.check()
    for text in corrupt.found.values():
        log.warning("left out: %s", text)
    return [sample for sample in samples if not any(path in corrupt.found for _, path in sample.files)]


def _key(path: str) -> str:
    """A name without dots: what follows the first is an ending to readers of shards."""
    name = PurePosixPath(path)
    return str(name.with_name(name.name.rpartition(".")[0].replace(".", "_") or "_"))


def _require_new(key: str, keys: set[str], path: Path) -> None:
    if key in keys:
        raise UserError(f"{path} would have the name of another picture in a shard: rename it")
    keys.add(key)
