"""Archives with the index that ``ganlab pack`` writes beside them, and whether they are still what it says."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.data.store.known import KnownFiles, alone, content
from ganlab.errors import UserError
from ganlab.storage import cache_folder

INDEX, VERSION = "index.json", 1
AGAIN = "copy it again, or pack again"


def index_of(folder: Path, archives: Sequence[str], *, whole: bool) -> dict[str, Any]:
    """What ``ganlab pack`` wrote beside ``archives``, with "sums" by their names; empty where there is none.

    whole: all that it names must be there.

    Raises:
        UserError: it cannot be read, or is of other archives than these: of an earlier or a later packing.
    """
    if not (folder / INDEX).is_file():
        return {}
    try:
        content = (folder / INDEX).read_bytes()
    except OSError as error:
        raise UserError(f"{folder / INDEX} cannot be read ({error})") from error
    index = parsed_index(content, str(folder / INDEX))
    asked, lengths = {Path(archive).name for archive in archives}, index["lengths"]
    require_listed(str(folder), asked, index)
    for name in lengths if whole else sorted(asked):
        path = folder / name
        there = path.stat().st_size if path.is_file() else None
        if there != lengths[name]:
            what = "is not there" if there is None else f"has {there:,} bytes"
            raise UserError(f"{path} {what}, and {INDEX} says {lengths[name]:,}: {AGAIN}")
    return index


def parsed_index(content: bytes, place: str) -> dict[str, Any]:
    """An index that lies at ``place``, with "sums" and "lengths" by the names of shards.

    Raises:
        UserError: it cannot be read, or not yet, or is of a packing that was stopped.
    """
    try:
        index = json.loads(content)
        if index["version"] > VERSION:
            raise UserError(f"{place} was written by a later version of ganlab; update ganlab")
        index["lengths"] = {shard["name"]: int(shard["bytes"]) for shard in index["shards"]}
        index["sums"] = {shard["name"]: str(shard["sha256"]) for shard in index["shards"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{place} cannot be read ({error}); remove it, or pack again") from error
    if not index.get("complete"):
        raise UserError(f"{place}: ganlab pack was stopped here; the same command goes on with it")
    return index


def require_listed(folder: str, names: Iterable[str], index: dict[str, Any]) -> None:
    """Raises UserError for a shard that the index beside it does not name."""
    if strange := sorted(set(names) - index["lengths"].keys()):
        raise UserError(
            f"{folder}/{strange[0]} is not in the {INDEX} beside it, which is of another packing: remove the one that "
            "is out of date, or pack again"
        )


def first_damaged(archives: Sequence[str], sums: Mapping[str, str]) -> str | None:
    """The first archive whose SHA-256 is not that of ``sums``; archives that this machine has not read yet are read.

    Of several processes one reads them, and the others wait.
    """
    with alone(cache_folder("files") / "sums.lock", "reads shards"):
        found = KnownFiles(archives).answers(archives, "content", content, "checking shards")
    for archive, own in zip(archives, found, strict=True):
        if own is not None and own != sums[archive][: len(str(own))]:
            return archive
    return None
