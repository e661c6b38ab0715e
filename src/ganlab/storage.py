"""Files that are whole or not there: written atomically, synchronised to disk, known by their digests."""

import errno
import hashlib
import os
from pathlib import Path

from ganlab.errors import UserError

TEMPORARY = ".partial"


def cache_folder(name: str) -> Path:
    """Where ``name`` is kept for later runs: in ``$GANLAB_CACHE``, else ``ganlab`` in the user's cache directory."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("GANLAB_CACHE") or Path(cache) / "ganlab") / name


def as_typed(path: Path) -> Path:
    """The path as the user would type it: relative where it lies below the present folder."""
    path = path.resolve()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file so that it is there whole or not at all."""
    temporary = path.with_name(path.name + TEMPORARY)
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` last through a power failure, where the system offers it."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def digest(path: Path) -> str:
    if path.exists() and not path.is_file():  # a pipe may never end, or never begin
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_published(path: Path, sha256: str, remedy: str) -> None:
    """Refuse all but the published file, whose digest begins with ``sha256``; ``remedy`` says where it is to be had.

    Raises:
        UserError: the file is missing, cannot be read, or is another.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no regular file: {remedy}")
    try:
        found = digest(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from None
    if not found.startswith(sha256):
        raise UserError(
            f"{path} is damaged or another file: its SHA-256 begins with {found[:8]}, not with {sha256}; {remedy}"
        )
