"""Files from the network: resumed where they were cut off, and there only when they are whole and checked."""

import hashlib
import http.client
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

from ganlab.rank import is_first_process

log = logging.getLogger(__name__)

CHUNK = 1 << 20
TRIES, PAUSE, PATIENCE = 3, 2.0, 30.0  # seconds: between tries, and until a silent server is given up


class Archive(NamedTuple):
    """A .zip, .tar or .tar.gz archive that holds one folder, ``folder``.

    size in bytes and sha256 are those that others have published; None where nobody has: then the SHA-256 of the
    first file that is used is written beside it, and any later one must have the same.
    """

    url: str
    folder: str
    size: int | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        facts = [f"{self.size / 1e6:,.0f} MB"] if self.size else []
        facts += [f"SHA-256 {self.sha256}"] if self.sha256 else ["nobody has published its checksum"]
        return f"{self.url} ({', '.join(facts)})"


class Refused(Exception):
    """Says why a file is not used."""


def download(archive: Archive, path: Path) -> str:
    """Fetch to ``path``, which appears only when it is whole and checked; returns its SHA-256.

    A ``.part`` file beside it is gone on with.

    Raises:
        OSError, HTTPException: from the network, after three tries.
        Refused: not the file that was meant; it is removed.
    """
    log.info("downloading %s", archive)
    part = path.with_name(f"{path.name}.part")
    for left in reversed(range(TRIES)):
        try:
            _fetch(archive, part)
            break
        except (OSError, http.client.HTTPException) as error:
            if not left or (isinstance(error, HTTPError) and error.code < 500):
                raise
            log.warning("%s: %s; trying again", archive.url, reason_of(error))
            time.sleep(PAUSE)
    try:
        digest = check(part, archive)
    except Refused:
        part.unlink()
        raise
    part.replace(path)
    return digest


def _fetch(archive: Archive, part: Path) -> None:
    """Bring ``part`` up to its full length, from where it ends if the server can do that."""
    done = part.stat().st_size if part.exists() else 0
    if done and done == archive.size:
        return
    resume = {"Range": f"bytes={done}-"} if done else {}
    try:
        response = urlopen(Request(archive.url, headers={"User-Agent": "ganlab", **resume}), timeout=PATIENCE)
    except HTTPError as error:
        if error.code == 416:  # nothing after the end: whole already, or another file than before
            if error.headers.get("Content-Range") == f"bytes */{done}":
                return
            part.unlink()
            raise ConnectionError("the server holds another file than before") from None
        raise
    with response:
        if response.status != 206:
            done = 0  # all of it comes again
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        if total is not None and shutil.disk_usage(part.parent).free < total - done:
            raise Refused(f"{archive.name} has {total / 1e6:,.0f} MB, more than is free on the disk")
        with part.open("ab" if done else "wb") as file, _bar(archive.name, total, done) as bar:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
            got = file.tell()
    if total is not None and got != total:
        raise ConnectionError(f"cut off after {got} of {total} bytes")


def check(path: Path, archive: Archive) -> str:
    """The SHA-256 of a file.

    Raises:
        Refused: it, or the length, is not the archive's.
    """
    size, digest = path.stat().st_size, hashlib.sha256()
    if archive.size not in (None, size):
        raise Refused(f"{archive.name} has {size} bytes instead of {archive.size}")
    with path.open("rb") as file, _bar(f"checking {archive.name}", size, 0) as bar:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            bar.update(len(chunk))
    if archive.sha256 not in (None, digest.hexdigest()):
        raise Refused(f"{archive.name} has the SHA-256 {digest.hexdigest()} instead of {archive.sha256}")
    return digest.hexdigest()


def reason_of(error: Exception) -> str:
    """What an error says, in one line."""
    reason: object = error
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        reason = error.reason
    return " ".join(str(reason).split())[:300] or type(reason).__name__


def _bar(title: str, total: int | None, done: int) -> tqdm:
    return tqdm(
        desc=title, total=total, initial=done, unit="B", unit_scale=True, leave=False, disable=hidden_bar()
    )


def hidden_bar() -> bool | None:
    """Of a progress bar, ``disable``: only the first process shows it, in a terminal."""
    return None if is_first_process() else True


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Processes of one run that start together would write over each other's downloads."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".download.lock"):
        yield
