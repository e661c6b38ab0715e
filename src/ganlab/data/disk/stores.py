"""Archives in stores that a network leads to, by fsspec: https://, s3://, gs://, hf:// and its other kinds."""

import errno
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from ganlab.data.disk.downloads import CHUNK, PATIENCE, PAUSE, TRIES, reason_of
from ganlab.data.store.workers import in_threads
from ganlab.errors import UserError

ADDRESS = re.compile(r"(\w[\w+.-]+):/+(?=[^/])")  # a Path leaves one slash of two
BLOCK = 8 * CHUNK  # bytes that are asked for at once
STATE = (  # what a store tells of a file, by which another content is known
    *("size", "ETag", "etag", "Content-MD5", "md5Hash", "blob_id"),
    *("mtime", "created", "updated", "Last-Modified", "LastModified", "last_modified"),
)
EXTRAS = {"hf": "hub", "s3": "remote", "s3a": "remote", "gs": "remote", "gcs": "remote"}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NEVER = (FileNotFoundError, PermissionError, IsADirectoryError)  # a second try ends alike


class Unreachable(Exception):
    """A store that did not answer, or stopped doing so: says why."""


class Remote(NamedTuple):
    """An archive of a store; bytes: 0 where the store does not tell. key: tells its content from any other."""

    url: str
    bytes: int
    key: str


def is_address(text: str) -> bool:
    """Does ``data.root`` name a store, and no folder of this machine?"""
    return ADDRESS.match(text) is not None


def require_no_address(root: str) -> None:
    """Raises UserError where a folder of this machine is needed, and ``root`` names a store."""
    if is_address(root):
        raise UserError(
            f"data.root={root}: expected a folder of this machine; of a store, archives are read, by data=shards and "
            "its kin"
        )


class Store:
    """What is read of the store of ``root``.

    Raises:
        UserError: of all methods: no such kind of store, a missing package, or nothing there.
        Unreachable: of all methods but the constructor, after three tries.
    """

    def __init__(self, root: str) -> None:
        from fsspec.core import url_to_fs

        self.root = ADDRESS.sub(r"\1://", root, count=1)
        self.kind = self.root.partition(":")[0]
        self.streams = self.kind in ("http", "https")
        if "::" in root:  # of fsspec: one store within another, whose files may say what is to be read or run
            raise UserError(f"data.root={root}: expected the address of one store, without ::")
        if self.kind in ("file", "local"):
            path = self.root.partition("://")[2]
            raise UserError(f"data.root={root} is on this machine and needs no copy: try data.root=/{path}")
        try:
            self.files, _ = url_to_fs(
                self.root, skip_instance_cache=True, **(_patient() if self.streams else {})
            )
        except ImportError as error:
            extra = EXTRAS.get(self.kind)
            remedy = f"pip install 'ganlab[{extra}]'" if extra else reason_of(error)
            raise UserError(
                f"data.root={root}: a package for {self.kind}:// is not installed: {remedy}"
            ) from error
        except Exception as error:  # an unknown kind, or credentials that cannot be read
            raise UserError(
                f"data.root={root}: {reason_of(error)}; https://, s3://, gs:// or hf://?"
            ) from error

    def matching(self, pattern: str) -> list[str]:
        """The addresses of what matches a pattern, sorted."""
        found = self._tried(pattern, self.files.glob)
        return sorted(self.files.unstrip_protocol(path) for path in found or ())

    def read(self, url: str) -> bytes | None:
        """All of a small file; None where there is none, or it is not ours to read."""
        return self._tried(url, self.files.cat_file)

    def states(self, urls: Sequence[str]) -> list[Remote | None]:
        """What the store tells of each; None of one that is not there."""
        found: list[Remote | None] = [None] * len(urls)

        def look(place: int) -> None:
            url = urls[place]
            info = self._tried(url, self.files.info)
            if info is not None and info.get("type") != "directory":
                state = repr([url, *((name, info[name]) for name in STATE if info.get(name) is not None)])
                key = hashlib.sha256(state.encode()).hexdigest()
                found[place] = Remote(url, int(info.get("size") or 0), key)

        in_threads(look, len(urls), "looking for shards")
        return found

    def fetch(self, remote: Remote, part: Path, tell: Callable[[int], object]) -> None:
        """Bring ``part`` up to its full length, from where it ends; ``tell`` hears of the bytes that have come.

        Raises:
            UserError: it is not there, or has another length than it should.
            InterruptedError: ``tell`` has raised it.
        """

        def go_on(url: str) -> bool:
            done = part.stat().st_size if part.exists() else 0
            if done and done == remote.bytes:
                return True
            file, start = self._opened(url, done)
            with closing(file), open(part, "ab" if start else "wb") as copy:
                while chunk := file.read(CHUNK):
                    copy.write(chunk)
                    tell(len(chunk))
                length = copy.tell()
            if length < remote.bytes:
                raise ConnectionError(f"cut off after {length:,} of {remote.bytes:,} bytes")
            return True

        if self._tried(remote.url, go_on) is None:
            raise UserError(f"data.root={self.root}: there is no {remote.url}, or it is not yours to read")
        if remote.bytes and (length := part.stat().st_size) != remote.bytes:
            part.unlink()
            raise UserError(
                f"{remote.url} has {length:,} bytes instead of {remote.bytes:,}: it, or the index.json beside it, is "
                "out of date; upload them again"
            )

    def _opened(self, url: str, start: int) -> tuple[Any, int]:
        """A file to read from, and the place at which it begins: ``start``, or 0 of a server that knows no parts."""
        if not self.streams:
            file = self.files.open(url, "rb", block_size=BLOCK)
            file.seek(start)
            return file, start
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        file = self.files.open(
            url, "rb", block_size=0, size=1, headers=headers
        )  # the size is not asked for again
        return file, start if file.r.status == 206 else 0

    def _tried(self, url: str, ask: Callable[[str], Any]) -> Any:
        """The answer; None for what is not there or is forbidden."""
        for left in reversed(range(TRIES)):
            try:
                return ask(url)
            except (UserError, InterruptedError):
                raise
            except NEVER:
                return None
            except OSError as error:
                if error.filename is not None or error.errno in FULL:  # of the disk here, not of the network
                    raise
                reason = reason_of(error)
            except Exception as error:  # of whichever library speaks to the store
                if getattr(error, "status", 500) in (401, 403, 404, 410):
                    return None
                endless = type(error).__name__ == "TooManyRedirects"  # of aiohttp, which says no more
                reason = "it leads on and on, from one address to the next" if endless else reason_of(error)
            if left:
                time.sleep(PAUSE)
        raise Unreachable(f"{url}: {reason} ({TRIES} tries)")


def _patient() -> dict[str, Any]:
    """Of fsspec's HTTP: proxies and .netrc as the environment has them, and no longer wait for a silent server."""
    from aiohttp import ClientTimeout

    patience = ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
    return {"client_kwargs": {"trust_env": True, "timeout": patience}}
