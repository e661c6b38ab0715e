"""A folder of pictures as shards: tar files of WebDataset's layout, with an index and checksums."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tqdm import tqdm

from ganlab.data.disk.indexed import INDEX, VERSION
from ganlab.data.order import fixed_order
from ganlab.data.store.corrupt import OnCorrupt
from ganlab.errors import StorageError, UserError
from ganlab.inference.packing_list import Packed, pairs_below, pictures_below, readable
from ganlab.rank import is_first_process
from ganlab.storage import TEMPORARY, digest, write_atomically

LOCK = ".lock"  # in the output, which one process at a time writes


def pack(
    folder: Path,
    output: Path,
    *,
    megabytes: int,
    labels: bool = False,
    captions: bool = False,
    pairs: bool = False,
    on_corrupt: OnCorrupt = "error",
) -> dict[str, Any]:
    """Write shards of about ``megabytes`` (10^6 bytes) into ``output``, and say in its index what they hold.

    The samples are shuffled, the same way each time. Files are copied as they are, each picture with the text (.txt)
    that lies beside it. A second call goes on where the first was stopped, and does nothing when all is there.

    labels: with the class (.cls) that its folder names. captions: with those of a list for all pictures or of the texts
    beside them (.txt), of which none may lack. pairs: the pictures of folders A and B as ``7.a.jpg`` and ``7.b.jpg``.
    on_corrupt: what is done about files that by their header are no images; "skip" leaves up to 1% of them out.

    Raises:
        UserError: no pictures, unreadable ones, one without caption or partner, or an output that holds shards of
            others.
        StorageError: the output cannot be written.
    """
    classes: tuple[str, ...] = ()
    if pairs:
        samples = pairs_below(folder)
    else:
        samples, classes = pictures_below(folder, labels=labels, captions=captions)
    samples = readable(samples, on_corrupt)
    samples = [samples[index] for index in fixed_order(len(samples), "pack").tolist()]
    shards = list(_divided(samples, megabytes * 1_000_000))
    parts = [
        [(sample.key, sample.size, sample.label, sample.captions) for sample in shard] for shard in shards
    ]
    plan = hashlib.sha256(repr([classes, parts]).encode("utf-8", "surrogateescape")).hexdigest()
    try:
        with _alone(output):
            index = _begun(output, plan, classes)
            _write_all(output, shards, index)
    except OSError as error:
        raise StorageError(
            f"{error.filename or output}: {error.strerror or error}; when that is mended, the same command goes on"
        ) from error
    return index


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Hold ``output`` for this process; raises UserError where another one packs into it."""
    output.mkdir(parents=True, exist_ok=True)
    lock = FileLock(output / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"another ganlab pack writes into {output}: wait for its end, or choose another with output=DIRECTORY"
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # of Windows, where what is open stays
            (output / LOCK).unlink()  # still held: who has it open already finds it gone, and asks anew
        lock.release()


def _write_all(output: Path, shards: Sequence[Sequence[Packed]], index: dict[str, Any]) -> None:
    """Write the shards that the index lacks, and after each of them the index."""
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
        if any(path.name != LOCK for path in output.iterdir()):
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
