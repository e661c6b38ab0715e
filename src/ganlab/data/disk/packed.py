"""What lies in archives that are read where they are: shards of WebDataset's layout, zip files of StyleGAN's."""

import json
import re
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ganlab.data.store.decode import EXTENSIONS
from ganlab.errors import UserError

INDEX, VERSION = "index.json", 1
EXPECTED = (
    "; expected data.root='shards/{000..999}.tar', 'shards/*.tar', a folder of .tar files, a .tar or a .zip"
)
RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
STORED, DEFLATED = 0, 8  # methods of zip files


class Place(NamedTuple):
    """Where a member's bytes lie."""

    archive: str
    start: int
    size: int
    method: int = STORED


class Sample(NamedTuple):
    """name: of the image, "/" between its parts. label: where the archive gives one."""

    name: str
    place: Place
    label: str | None


def archives_of(root: Path) -> list[str]:
    """The archives that ``root`` means, in order.

    Raises:
        UserError: none, some of a range that are missing, or others than the index beside them names.
    """
    text = str(root)
    if re.match(r"\w[\w+.-]+:/", text):
        raise UserError(
            f"data.root={text}: shards are read from file systems of this machine; fetch them, or mount the store"
        )
    if found := RANGE.search(text):
        first, last = found.groups()
        numbers = range(int(first), int(last) + 1)
        paths = [RANGE.sub(str(number).zfill(len(first)), text) for number in numbers]
    elif root.is_dir():
        paths = sorted(glob(f"{glob_escaped(text)}/*.tar"))
    else:
        paths = sorted(glob(text)) or ([text] if root.suffix in (".tar", ".zip") else [])
    if not paths:
        raise UserError(f"data.root={text}: no shards are there{EXPECTED}")
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        more = f", nor {len(missing) - 1} others of {len(paths)}" if len(missing) > 1 else ""
        raise UserError(f"data.root={text}: there is no file {missing[0]}{more}{EXPECTED}")
    for path in paths:
        if not path.lower().endswith((".tar", ".zip")):
            raise UserError(f"{path} is no .tar and no .zip: unpack what is compressed as a whole{EXPECTED}")
    return paths


def glob_escaped(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def index_of(archives: Sequence[str]) -> dict[str, Any]:
    """What ``ganlab pack`` wrote beside the archives; empty where there is none.

    Raises:
        UserError: it cannot be read, or names a shard that is not there, or has another length.
    """
    folder = Path(archives[0]).parent
    if not (folder / INDEX).is_file():
        return {}
    try:
        index = json.loads((folder / INDEX).read_bytes())
        if index["version"] > VERSION:
            raise UserError(f"{folder / INDEX} was written by a later version of ganlab; update ganlab")
        lengths = {shard["name"]: int(shard["bytes"]) for shard in index["shards"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / INDEX} cannot be read ({error}); remove it, or pack again") from error
    if not index.get("complete"):
        raise UserError(f"{folder / INDEX}: ganlab pack was stopped here; the same command goes on with it")
    for name, length in lengths.items():
        path = folder / name
        there = path.stat().st_size if path.is_file() else None
        if there != length:
            what = "is not there" if there is None else f"has {there:,} bytes"
            raise UserError(f"{path} {what}, and {INDEX} says {length:,}: copy it again, or pack again")
    return index


def samples_of(archives: Sequence[str], names: Sequence[str] = ()) -> list[Sample]:
    """All images of the archives, in order; names: of the classes that numbers of labels mean.

    Raises:
        UserError: an archive that is damaged or cut off, or an image that is there twice.
    """
    found: list[Sample] = []
    for archive in archives:
        try:
            found += _of_zip(archive) if archive.lower().endswith(".zip") else _of_tar(archive)
        except (tarfile.TarError, zipfile.BadZipFile, struct.error, EOFError, ValueError, OSError) as error:
            raise UserError(f"{archive} is damaged or cut off ({error}): copy it again") from error
    if not found:
        raise UserError(f"{archives[0]} and {len(archives) - 1} others hold no images")
    named = {str(number): name for number, name in enumerate(names)}
    return [sample._replace(label=named.get(sample.label or "", sample.label)) for sample in found]


def _of_tar(archive: str) -> Iterator[Sample]:
    """A sample's members share their name up to the first dot: 7.jpg, and 7.cls or 7.json for its label."""
    images: dict[str, tuple[str, Place]] = {}
    labels: dict[str, str] = {}
    with tarfile.open(archive, "r:") as tar, open(archive, "rb") as raw:
        raw.seek(-tarfile.BLOCKSIZE, 2)
        if any(raw.read()):
            raise ValueError("its end is missing")
        for member in tar:
            name = PurePosixPath(member.name)
            stem, dot, ending = name.name.partition(".")
            if not member.isfile() or not stem or not dot:
                continue
            key, ending = str(name.with_name(stem)), f".{ending.lower()}"
            if ending.endswith(EXTENSIONS):
                if key in images:
                    raise ValueError(f"it holds two images called {key}")
                images[key] = member.name, Place(archive, member.offset_data, member.size)
            elif ending in (".cls", ".json") and (file := tar.extractfile(member)):
                label = _label(ending, file.read(1_000_000))
                labels |= {} if label is None else {key: label}
    return (Sample(name, place, labels.get(key)) for key, (name, place) in images.items())


def _label(ending: str, content: bytes) -> str | None:
    if ending == ".cls":
        return content.decode().strip()
    value = json.loads(content)
    label = value.get("label") if isinstance(value, dict) else None
    return None if label is None else str(label)


def _of_zip(archive: str) -> Iterator[Sample]:
    """Labels are in dataset.json: {"labels": [["00000/img00000000.png", 6], ...]}."""
    samples, labels = [], {}
    with zipfile.ZipFile(archive) as file, open(archive, "rb") as raw:
        for info in file.infolist():
            if PurePosixPath(info.filename).name == "dataset.json":
                labels = dict(json.loads(file.read(info)).get("labels") or [])
            if info.is_dir() or not info.filename.lower().endswith(EXTENSIONS):
                continue
            if info.flag_bits & 1 or info.compress_type not in (STORED, DEFLATED):
                raise ValueError(f"{info.filename} is encrypted, or compressed in a way that is not read")
            raw.seek(info.header_offset + 26)
            lengths = struct.unpack("<HH", raw.read(4))  # of the name and of further fields
            place = Place(
                archive, info.header_offset + 30 + sum(lengths), info.compress_size, info.compress_type
            )
            samples.append((info.filename, place))
    given = {name: str(label) for name, label in labels.items() if label is not None}
    return (Sample(name, place, given.get(name)) for name, place in samples)
