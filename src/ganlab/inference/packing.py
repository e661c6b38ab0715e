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

from ganlab.data.captions.files import captions_below
from ganlab.data.captions.sets import require_captions
from ganlab.data.disk.indexed import INDEX, VERSION
from ganlab.data.disk.layouts import find_domains, matched
from ganlab.data.disk.listing import Part, class_names, find_images, own_split, split
from ganlab.data.disk.packed import SIDES
from ganlab.data.order import fixed_order
from ganlab.data.translation.folders.paired import expected_pairs
from ganlab.errors import StorageError, UserError
from ganlab.rank import is_first_process
from ganlab.storage import TEMPORARY, digest, write_atomically


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


def pack(
    folder: Path,
    output: Path,
    *,
    megabytes: int,
    labels: bool = False,
    captions: bool = False,
    pairs: bool = False,
) -> dict[str, Any]:
    """Write shards of about ``megabytes`` (10^6 bytes) into ``output``, and say in its index what they hold.

    The samples are shuffled, the same way each time. Files are copied as they are, each picture with the text (.txt)
    that lies beside it. A second call goes on where the first was stopped, and does nothing when all is there.

    labels: with the class (.cls) that its folder names. captions: with those of a list for all pictures or of the texts
    beside them (.txt), of which none may lack. pairs: the pictures of folders A and B as ``7.a.jpg`` and ``7.b.jpg``.

    Raises:
        UserError: no pictures, one without caption or partner, or an output that holds shards of others.
        StorageError: the output cannot be written.
    """
    classes: tuple[str, ...] = ()
    if pairs:
        samples = pairs_below(folder)
    else:
        samples, classes = pictures_below(folder, labels=labels, captions=captions)
    samples = [samples[index] for index in fixed_order(len(samples), "pack").tolist()]
    shards = list(_divided(samples, megabytes * 1_000_000))
    parts = [
        [(sample.key, sample.size, sample.label, sample.captions) for sample in shard] for shard in shards
    ]
    plan = hashlib.sha256(repr([classes, parts]).encode("utf-8", "surrogateescape")).hexdigest()
    index = _begun(output, plan, classes)
    try:
        _write_all(output, shards, index)
    except OSError as error:
        raise StorageError(
            f"{error.filename or output}: {error.strerror or error}; when that is mended, the same command goes on"
        ) from error
    return index


def _write_all(output: Path, shards: Sequence[Sequence[Packed]], index: dict[str, Any]) -> None:
    """Write the shards that the index lacks, and after each of them the index."""
    output.mkdir(parents=True, exist_ok=True)
    done = {shard["name"] for shard in index["shards"]}
    width = max(3, len(str(len(shards) - 1)))
    total, quiet = sum(map(len, shards)), None if is_first_process() else True
    with tqdm(total=total, desc="packing", unit="sample", disable=quiet) as bar:
        for number, shard in enumerate(shards):
            path = output / f"{number:0{width}}.tar"
            if path.name not in done or not path.is_file():
                _write(path, shard, index["classes"])
                about = {"samples": len(shard), "bytes": path.stat().st_size, "sha256": digest(path)}
                index["shards"].append({"name": path.name, **about})
            index["complete"] = number == len(shards) - 1
            write_atomically(output / INDEX, json.dumps(index, indent=1).encode())
            bar.update(len(shard))


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
    samples = []
    for path in paths:
        name = PurePosixPath(path)
        key = _key(path)
        if key in keys:  # a.png beside a.jpg
            key = f"{key}_{name.suffix[1:]}"
        _require_new(key, keys, folder / path)
        files = [(name.suffix.lower(), str(folder / path))]
        beside = (folder / path).with_suffix(".txt")
        if not captions and beside.is_file():
            files.append((".txt", str(beside)))
        size = sum(os.path.getsize(file) for _, file in files)
        samples.append(Packed(key, tuple(files), size, label.get(path, ""), texts.get(path, ())))
    return samples, classes


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


def _key(path: str) -> str:
    """A name without dots: what follows the first is an ending to readers of shards."""
    name = PurePosixPath(path)
    return str(name.with_name(name.name.rpartition(".")[0].replace(".", "_") or "_"))


def _require_new(key: str, keys: set[str], path: Path) -> None:
    if key in keys:
        raise UserError(f"{path} would have the name of another picture in a shard: rename it")
    keys.add(key)


def _divided(samples: Sequence[Packed], most: int) -> Iterator[list[Packed]]:
    shard: list[Packed] = []
    size = 0
    for sample in samples:
        if shard and size + sample.size > most:
            yield shard
            shard, size = [], 0
        shard.append(sample)
        size += sample.size + 1024 * len(sample.files)  # with its header and the rest of its last block
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


def _write(path: Path, shard: Sequence[Packed], classes: Sequence[str]) -> None:
    temporary = path.with_name(path.name + TEMPORARY)
    with open(temporary, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for sample in shard:
                for ending, source in sample.files:
                    _add(tar, f"{sample.key}{ending}", Path(source).read_bytes())
                if sample.captions:
                    _add(tar, f"{sample.key}.txt", "\n".join(map(_in_a_line, sample.captions)).encode())
                if classes:
                    _add(tar, f"{sample.key}.cls", str(classes.index(sample.label)).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _in_a_line(caption: str) -> str:
    return " ".join(caption.splitlines())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))
