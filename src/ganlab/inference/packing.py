"""A folder of pictures as shards: tar files of WebDataset's layout, with an index and checksums."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tqdm import tqdm

from ganlab.data.disk.listing import Part, class_names, find_images, own_split, split
from ganlab.data.disk.packed import INDEX, VERSION
from ganlab.data.order import fixed_order
from ganlab.errors import StorageError, UserError
from ganlab.rank import is_first_process
from ganlab.storage import TEMPORARY, digest, write_atomically


class Picture(NamedTuple):
    """path: below the folder. key: its name in a shard, without dots. label: of its class; "" for none."""

    path: str
    key: str
    label: str
    size: int


def pack(folder: Path, output: Path, *, megabytes: int, labels: bool) -> dict[str, Any]:
    """Write shards of about ``megabytes`` (10^6 bytes) into ``output``, and say in its index what they hold.

    The pictures are shuffled, the same way each time. Their files are copied as they are, each with the caption (.txt)
    that lies beside it, and with its class (.cls) where ``labels`` are asked for. A second call goes on where the first
    was stopped, and does nothing when all is there.

    Raises:
        UserError: no pictures, or an output that holds shards of others.
        StorageError: the output cannot be written.
    """
    pictures, classes = chosen(folder, labels)
    shards = list(_divided(pictures, megabytes * 1_000_000))
    plan = hashlib.sha256(repr([classes, shards]).encode("utf-8", "surrogateescape")).hexdigest()
    index = _begun(output, plan, classes)
    width = max(3, len(str(len(shards) - 1)))
    try:
        output.mkdir(parents=True, exist_ok=True)
        done = {shard["name"] for shard in index["shards"]}
        bar = tqdm(
            total=len(pictures), desc="packing", unit="image", disable=None if is_first_process() else True
        )
        with bar:
            for number, shard in enumerate(shards):
                path = output / f"{number:0{width}}.tar"
                if path.name not in done or not path.is_file():
                    _write(path, folder, shard, classes)
                    about = {"samples": len(shard), "bytes": path.stat().st_size, "sha256": digest(path)}
                    index["shards"].append({"name": path.name, **about})
                index["complete"] = number == len(shards) - 1
                write_atomically(output / INDEX, json.dumps(index, indent=1).encode())
                bar.update(len(shard))
    except OSError as error:
        raise StorageError(
            f"{error.filename or output}: {error.strerror or error}; when that is mended, the same command goes on"
        ) from error
    return index


def chosen(folder: Path, labels: bool) -> tuple[list[Picture], tuple[str, ...]]:
    """The pictures in the order in which they are packed, and the names of their classes."""
    paths = find_images(folder).paths
    parts = split(folder, paths, 0.0) if own_split(folder) else (Part("", paths), Part("", []))
    classes = class_names(folder, *parts) if labels else ()
    label = {path: part.class_of(path) for part in parts for path in part.paths} if labels else {}
    keys: set[str] = set()
    pictures = []
    for path in paths:
        name = PurePosixPath(path)
        key = str(name.with_name(name.name[: -len(name.suffix)].replace(".", "_") or "_"))
        if key in keys:  # a.png beside a.jpg
            key = f"{key}_{name.suffix[1:]}"
        if key in keys:
            raise UserError(f"{folder / path} would have the name of another picture in a shard: rename it")
        keys.add(key)
        pictures.append(Picture(path, key, label.get(path, ""), (folder / path).stat().st_size))
    return [pictures[index] for index in fixed_order(len(pictures), "pack").tolist()], classes


def _divided(pictures: Sequence[Picture], most: int) -> Iterator[list[Picture]]:
    shard: list[Picture] = []
    size = 0
    for picture in pictures:
        if shard and size + picture.size > most:
            yield shard
            shard, size = [], 0
        shard.append(picture)
        size += picture.size + 1024  # with its header and the rest of its last block
    if shard:
        yield shard


def _begun(output: Path, plan: str, classes: Sequence[str]) -> dict[str, Any]:
    """The index of a stopped call with the same plan, or a new one."""
    new = {"version": VERSION, "plan": plan, "classes": list(classes), "complete": False, "shards": []}
    if not (output / INDEX).is_file():
        if output.is_dir() and any(output.iterdir()):
            raise UserError(
                f"{output} is not empty, and holds no {INDEX}; choose another with output=DIRECTORY"
            )
        return new
    try:
        index = json.loads((output / INDEX).read_bytes())
        same = index["version"] == VERSION and index["plan"] == plan and isinstance(index["shards"], list)
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise UserError(
            f"{output} holds shards of other pictures, or with other settings; choose another with output=DIRECTORY"
        )
    there = [shard for shard in index["shards"] if _is_whole(output / shard["name"], shard["bytes"])]
    return new | {"shards": there}


def _is_whole(path: Path, length: int) -> bool:
    return path.is_file() and path.stat().st_size == length


def _write(path: Path, folder: Path, shard: Sequence[Picture], classes: Sequence[str]) -> None:
    temporary = path.with_name(path.name + TEMPORARY)
    with open(temporary, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for picture in shard:
                source = folder / picture.path
                _add(tar, f"{picture.key}{source.suffix.lower()}", source.read_bytes())
                caption = source.with_suffix(".txt")
                if caption.is_file():
                    _add(tar, f"{picture.key}.txt", caption.read_bytes())
                if classes:
                    _add(tar, f"{picture.key}.cls", str(classes.index(picture.label)).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))
