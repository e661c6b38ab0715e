"""What earlier starts have found out about image files, for as long as their names, lengths and times are the same."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from ganlab.data.store.workers import in_threads
from ganlab.storage import cache_folder, write_atomically

log = logging.getLogger(__name__)

VERSION = 1  # of the format, and of what is found out
FRESH = 2.0  # seconds in which a file may change once more without its times telling so

Fact = list[Any] | int | str | None


class KnownFiles:
    """Facts about files that lie below one folder, by file and question, kept in the user's cache.

    A file that was written to, replaced, moved or touched has another length, inode or time of change, and is asked
    again; so is one that has changed in the last two seconds. A cache that is damaged or cannot be written is none.
    """

    def __init__(self, files: Sequence[str]) -> None:
        root = common_folder(absolute(files))
        name = hashlib.sha256(root.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = cache_folder("files") / f"{name}.json"
        self._stamps: dict[str, str] = {}  # by file
        self._facts: dict[str, dict[str, Fact]] = {}  # by question and file
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self.path.read_bytes())
            if kept["version"] == VERSION:
                self._stamps, self._facts = kept["stamps"], kept["facts"]

    def answers(
        self, files: Sequence[str], question: str, ask: Callable[[str], Fact], title: str
    ) -> list[Fact]:
        """The facts of ``files``; ``ask`` is called, in threads, for those that are not known, and None is not kept."""
        names, kept = absolute(files), self._facts.setdefault(question, {})
        stamps = [_stamp(name) for name in names]
        found: list[Fact] = [
            kept.get(name) if stamp and self._stamps.get(name) == stamp.text else None
            for name, stamp in zip(names, stamps, strict=True)
        ]
        unknown = [index for index, fact in enumerate(found) if fact is None]

        def look(place: int) -> None:
            found[unknown[place]] = ask(files[unknown[place]])

        in_threads(look, len(unknown), title)
        settled = (time.time() - FRESH) * 1e9
        new = [index for index in unknown if found[index] is not None and _older(stamps[index], settled)]
        for index in new:
            self._remember(names[index], stamps[index], question, found[index])
        if new:
            self._write()
        return found

    def _remember(self, name: str, stamp: "Stamp | None", question: str, fact: Fact) -> None:
        text = stamp.text if stamp else ""
        if self._stamps.get(name) != text:
            for answers in self._facts.values():
                answers.pop(name, None)
        self._stamps[name], self._facts[question][name] = text, fact

    def _write(self) -> None:
        own = self.path.with_suffix(f".{os.getpid()}")  # two runs may write at once
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"version": VERSION, "stamps": self._stamps, "facts": self._facts})
            write_atomically(own, text.encode("utf-8", "surrogateescape"))
            os.replace(own, self.path)


class Unknown(KnownFiles):
    """Of which nothing is known, and nothing kept."""

    def __init__(self) -> None:
        self._stamps, self._facts = {}, {}

    def _write(self) -> None:
        pass


@contextmanager
def alone(path: Path, doing: str) -> Iterator[None]:
    """One process at a time; others wait, and say that it ``doing``. Where no lock can be made, nobody waits."""
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=1)
    except Timeout:
        log.info("waiting for another process, which %s", doing)
        lock.acquire()
    except OSError:
        log.debug("%s cannot be locked", path)
    try:
        yield
    finally:
        lock.release()


def content(path: str) -> str | None:
    """A hash of all of a file; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:32]
    except OSError:
        return None


class Stamp(NamedTuple):
    """A file's length, times and inode as a text, and the later one of the times in nanoseconds."""

    text: str
    time: int


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    written, changed = status.st_mtime_ns, status.st_ctime_ns
    return Stamp(f"{status.st_size}/{written}/{changed}/{status.st_ino}", max(written, changed))


def _older(stamp: Stamp | None, moment: float) -> bool:
    return stamp is not None and stamp.time < moment


def absolute(files: Sequence[str]) -> list[str]:
    """``os.path.abspath`` of each, which is asked once for each folder."""
    folders: dict[str, str] = {}
    paths = []
    for file in files:
        folder, slash, name = file.rpartition(os.sep)
        if folder not in folders:
            folders[folder] = os.path.join(os.path.abspath(folder or slash), "")
        paths.append(folders[folder] + name)
    return paths


def common_folder(paths: Sequence[str]) -> str:
    """The folder that all of these absolute paths lie in; "" of none."""
    folders = {path.rpartition(os.sep)[0] or os.sep for path in paths}
    return os.path.commonpath(folders) if folders else ""
