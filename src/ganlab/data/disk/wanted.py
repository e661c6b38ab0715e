"""What a store has of ``data.root``: its archives, and what the index beside them says."""

import hashlib
import posixpath
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ganlab.data.disk.indexed import INDEX, parsed_index, require_listed
from ganlab.data.disk.packed import EXPECTED, numbered
from ganlab.data.disk.stores import Remote, Store
from ganlab.errors import UserError


class Wanted(NamedTuple):
    """Archives by their names below the folder that they share; sums: SHA-256 of those that an index names."""

    root: str
    archives: dict[str, Remote]
    classes: list[str]
    sums: dict[str, str]

    @property
    def folder(self) -> str:
        """A name for a folder of copies: readable, and another one for other contents."""
        parts = repr([(name, remote.key) for name, remote in self.archives.items()])
        shown = re.sub(r"[^\w.-]+", "_", self.root.partition("://")[2].rpartition("@")[2].partition("?")[0])
        return f"{shown[:60]}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


def wanted_of(store: Store) -> Wanted:
    """What the store has now.

    Raises:
        UserError: no archives, or others than an index beside them names.
        Unreachable: the store does not answer.
    """
    urls = _listed(store)
    if not urls:
        raise UserError(f"data.root={store.root}: no shards are there{EXPECTED}")
    names, found = dict(zip(urls, _names(urls), strict=True)), Wanted(store.root, {}, [], {})
    for parent, group in groupby(urls, lambda url: url.rpartition("/")[0]):
        own = list(group)
        index = _index(store, parent)
        for remote in _indexed(index, own, parent) if index else _states(store, own):
            found.archives[names[remote.url]] = remote
        found.sums.update({names[url]: index["sums"][_last(url)] for url in own if index})
        found.classes.extend([] if found.classes else index.get("classes", []))
    return found


def _listed(store: Store) -> list[str]:
    """The addresses of the archives: as they are written, as an index has them, or as the store lists them."""
    root = store.root.rstrip("/")
    if root.lower().partition("?")[0].endswith((".tar", ".zip")):
        return numbered(root) or (store.matching(root) if re.search(r"[*\[]", root) else [root])
    index = _index(store, root)
    return [f"{root}/{name}" for name in index.get("lengths", ())] or store.matching(f"{root}/*.tar")


def _names(urls: Sequence[str]) -> list[str]:
    """What copies are called below a folder; raises UserError for what is no name there."""
    paths = [url.partition("://")[2].partition("?")[0] for url in urls]
    common = posixpath.commonpath([path.rpartition("/")[0] for path in paths])
    names = [path[len(common) :].strip("/") for path in paths]
    for name, url in zip(names, urls, strict=True):
        if (
            set(name.split("/")) & {"", ".", ".."}
            or "\\" in name
            or not name.lower().endswith((".tar", ".zip"))
        ):
            raise UserError(f"{url} is no name of a shard, which ends with .tar or .zip")
    return names


def _index(store: Store, parent: str) -> dict[str, Any]:
    content = None if "?" in store.root else store.read(f"{parent}/{INDEX}")
    return {} if content is None else parsed_index(content, f"{parent}/{INDEX}")


def _indexed(index: dict[str, Any], urls: Sequence[str], parent: str) -> list[Remote]:
    require_listed(parent, map(_last, urls), index)
    return [Remote(url, index["lengths"][_last(url)], index["sums"][_last(url)]) for url in urls]


def _states(store: Store, urls: Sequence[str]) -> list[Remote]:
    states = store.states(urls)
    missing = [url for url, state in zip(urls, states, strict=True) if state is None]
    if missing:
        more = f", nor {len(missing) - 1} others of {len(urls)}" if len(missing) > 1 else ""
        raise UserError(
            f"data.root={store.root}: there is no {missing[0]}{more}, or it is not yours to read{EXPECTED}"
        )
    return [state for state in states if state is not None]


def _last(url: str) -> str:
    return url.rpartition("/")[2]
