"""Copies of a store's archives on this machine: fetched once, kept for later runs, and read where they lie.

Each set of archives has a folder, named by what they hold: what changes in the store gets another one, which shares
the archives that are the same, so that a run keeps what it began with.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock
from typing import IO, NamedTuple

from tqdm import tqdm

from ganlab.data.disk.downloads import hidden_bar
from ganlab.data.disk.kept import ABOUT, about_of, hidden_in, is_whole, newest_of
from ganlab.data.disk.stores import Remote, Store, Unreachable
from ganlab.data.disk.wanted import Wanted, wanted_of
from ganlab.data.store.known import alone
from ganlab.errors import StorageError, UserError
from ganlab.storage import cache_folder, write_atomically

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

HELD = "in_use"
PARALLEL = 4  # archives that are fetched at once
_holding: list[IO[bytes]] = []  # open as long as this process lives: nobody makes room of what it reads


class Copies(NamedTuple):
    """Archives of a store, as they lie here. sums: SHA-256 by archive, where an index beside them has some."""

    archives: list[str]
    classes: list[str]
    sums: dict[str, str]


def copies_of(root: str, limit: float) -> Copies:
    """The archives that the address ``root`` means, fetched where they are not here yet, by one process at a time.

    limit: GB (10^9 bytes) of copies that may be kept on this machine; what was used longest ago makes room. A store
    that does not answer is no fault where all copies are here.

    Raises:
        UserError: no such store or archives, others than the index beside them names, more than ``limit``, or a
            connection that is cut off again and again.
        StorageError: the copies cannot be written.
    """
    store, place = Store(root), cache_folder("shards")
    try:
        wanted = wanted_of(store)
        folder = place / wanted.folder
        _hold(folder)
        if not is_whole(folder):
            with alone(place / ".lock", "fetches shards"):
                if not is_whole(folder):
                    _fill(store, wanted, folder, limit)
    except Unreachable as error:
        kept = newest_of(place, store.root)
        if kept is None:
            raise UserError(
                f"data.root={root}: {error}; what has come is kept, and the next start goes on with it"
            ) from None
        log.warning("%s; its copies in %s are used", error, kept)
        folder = kept
        _hold(folder)
    except OSError as error:
        raise StorageError(
            f"{error.filename or place}: {error.strerror or error}; GANLAB_CACHE names another folder for shards"
        ) from error
    with suppress(OSError):
        os.utime(folder / HELD)
    about = about_of(folder)
    sums = {str(folder / name): sum_ for name, sum_ in about["sums"].items()}
    return Copies([str(folder / name) for name in about["archives"]], about["classes"], sums)


def forget(archive: str) -> None:
    """Remove a copy that is damaged, and empty it where other folders share it: the next start fetches it anew."""
    with suppress(OSError):
        os.truncate(archive, 0)
    Path(archive).unlink(missing_ok=True)


def _hold(folder: Path) -> None:
    """Have others see, until this process ends, that it reads this folder."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / HELD, "ab")  # noqa: SIM115  # as long as this process lives
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_SH)  # waits for one that clears it
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(folder / HELD)):
                _holding.append(file)
                return
        file.close()


def _fill(store: Store, wanted: Wanted, folder: Path, limit: float) -> None:
    """Fetch what is not here, after room was made for it."""
    for own, there in _shared(folder.parent, wanted):
        if not (folder / own).exists():
            (folder / own).parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                os.link(there, folder / own)
    missing = {
        name: remote for name, remote in wanted.archives.items() if not _is_here(folder / name, remote)
    }
    _make_room(folder, wanted, missing, limit)
    _fetch(store, missing, folder)
    about = {
        "root": hidden_in(wanted.root),
        "archives": {name: (folder / name).stat().st_size for name in wanted.archives},
        "keys": {name: remote.key for name, remote in wanted.archives.items()},
        "classes": wanted.classes,
        "sums": wanted.sums,
    }
    write_atomically(folder / ABOUT, json.dumps(about).encode())


def _is_here(path: Path, remote: Remote) -> bool:
    return path.is_file() and path.stat().st_size == (remote.bytes or path.stat().st_size)


def _shared(place: Path, wanted: Wanted) -> Iterator[tuple[str, Path]]:
    """Names of archives that another folder has as well, and where."""
    names = {remote.key: name for name, remote in wanted.archives.items()}
    for about in place.glob(f"*/{ABOUT}"):
        with suppress(OSError, ValueError):
            for there, key in about_of(about.parent)["keys"].items():
                if key in names:
                    yield names[key], about.parent / there


def _make_room(folder: Path, wanted: Wanted, missing: dict[str, Remote], limit: float) -> None:
    """Remove what was used longest ago and is in nobody's use, until these copies are within ``limit``.

    Raises:
        UserError: they never are, or the disk is too small.
    """
    all_of_it = sum(remote.bytes for remote in wanted.archives.values())
    if all_of_it > limit * 1e9:
        raise UserError(
            f"data.root={wanted.root} has {all_of_it / 1e9:,.1f} GB, more than data.download_limit={limit:g}: raise "
            "it, or name fewer shards, as in {000..099}.tar"
        )
    others = sorted(
        (held for held in folder.parent.glob(f"*/{HELD}") if held.parent != folder),
        key=lambda held: held.stat().st_mtime,
    )
    sizes = {
        held: sum(path.stat().st_size for path in held.parent.rglob("*") if path.is_file()) for held in others
    }
    for held in others:
        if sum(sizes.values()) + all_of_it <= limit * 1e9:
            break
        if _cleared(held):
            del sizes[held]
    if (kept := sum(sizes.values())) and kept + all_of_it > limit * 1e9:
        log.warning(
            "%.1f GB of shards are in use by other runs, beyond data.download_limit=%g", kept / 1e9, limit
        )
    coming, free = sum(remote.bytes for remote in missing.values()), shutil.disk_usage(folder).free
    if coming > free:
        raise UserError(
            f"data.root={wanted.root}: {coming / 1e9:,.1f} GB are to be fetched, and {free / 1e9:,.1f} GB are free "
            f"below {folder.parent}; GANLAB_CACHE names another folder"
        )


def _cleared(held: Path) -> bool:
    """Remove a folder, unless a process that lives reads it."""
    with open(held, "ab") as file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
        shutil.rmtree(held.parent, ignore_errors=True)
    return True


def _fetch(store: Store, missing: dict[str, Remote], folder: Path) -> None:
    """Several at once; each has its name when it is whole."""
    stop, lock = Event(), Lock()
    total = sum(remote.bytes for remote in missing.values())
    with (
        ThreadPoolExecutor(PARALLEL) as pool,
        tqdm(
            desc="fetching shards", total=total, unit="B", unit_scale=True, leave=False, disable=hidden_bar()
        ) as bar,
    ):

        def tell(n: int) -> None:
            if stop.is_set():
                raise InterruptedError
            with lock:
                bar.update(n)

        def get(name: str, remote: Remote) -> None:
            part = folder / f"{name}.part"
            part.parent.mkdir(parents=True, exist_ok=True)
            tell(part.stat().st_size if part.exists() else 0)
            store.fetch(remote, part, tell)
            part.replace(folder / name)

        try:
            for one in as_completed([pool.submit(get, *pair) for pair in missing.items()]):
                one.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
