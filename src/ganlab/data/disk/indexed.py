"""Archives with the index that ``ganlab pack`` writes beside them, and whether they are still what it says."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ganlab.data.disk.packed import Sample, archives_of, samples_of
from ganlab.data.store.known import KnownFiles, alone, content
from ganlab.errors import UserError
from ganlab.storage import cache_folder

INDEX, VERSION = "index.json", 1
AGAIN = "copy it again, or pack again"


def all_samples(root: Path, *, verify: bool = True) -> list[Sample]:
    """All images of the archives that ``root`` means, in order.

    verify: compare each archive of an index with its checksum when this machine reads it for the first time.

    Raises:
        UserError: archives that are missing, damaged, cut off or not those of the index beside them.
    """
    archives = archives_of(root)
    samples: list[Sample] = []
    for folder, group in groupby(archives, lambda archive: Path(archive).parent):
        own = list(group)
        index = index_of(folder, own, whole=root.is_dir())
        if index and verify:
            require_sums(own, index["sums"])
        samples += samples_of(own, index.get("classes", ()))
    return samples


def index_of(folder: Path, archives: Sequence[str], *, whole: bool) -> dict[str, Any]:
    """What ``ganlab pack`` wrote beside ``archives``, with "sums" by their names; empty where there is none.

    whole: all that it names must be there.

    Raises:
        UserError: it cannot be read, or is of other archives than these: of an earlier or a later packing.
    """
    if not (folder / INDEX).is_file():
        return {}
    try:
        index = json.loads((folder / INDEX).read_bytes())
        if index["version"] > VERSION:
            raise UserError(f"{folder / INDEX} was written by a later version of ganlab; update ganlab")
        lengths = {shard["name"]: int(shard["bytes"]) for shard in index["shards"]}
        index["sums"] = {shard["name"]: str(shard["sha256"]) for shard in index["shards"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / INDEX} cannot be read ({error}); remove it, or pack again") from error
    if not index.get("complete"):
        raise UserError(f"{folder / INDEX}: ganlab pack was stopped here; the same command goes on with it")
    asked = {Path(archive).name for archive in archives}
    if strange := sorted(asked - lengths.keys()):
        raise UserError(
            f"{folder / strange[0]} is not in the {INDEX} beside it, which is of another packing: remove the one that "
            "is out of date, or pack again"
        )
    for name in lengths if whole else sorted(asked):
        path = folder / name
        there = path.stat().st_size if path.is_file() else None
        if there != lengths[name]:
            what = "is not there" if there is None else f"has {there:,} bytes"
            raise UserError(f"{path} {what}, and {INDEX} says {lengths[name]:,}: {AGAIN}")
    return index


def require_sums(archives: Sequence[str], sums: dict[str, str]) -> None:
    """Compare archives that this machine does not know yet with their SHA-256; of several processes one reads them.

    Raises:
        UserError: one that differs.
    """
    with alone(cache_folder("files") / "sums.lock", "reads shards"):
        found = KnownFiles(archives).answers(archives, "content", content, "checking shards")
    for archive, own in zip(archives, found, strict=True):
        if own is not None and own != sums[Path(archive).name][: len(str(own))]:
            raise UserError(
                f"{archive} is damaged: its SHA-256 is not the one in {INDEX}; {AGAIN}, or train on what is there with "
                "data.verify=false"
            )
