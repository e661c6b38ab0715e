"""Archives of pictures, unpacked so that nothing lands outside their folder, and nothing is left half there."""

import errno
import gzip
import http.client
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from tqdm import tqdm

from ganlab.data.disk.downloads import (
    CHUNK,
    Archive,
    Refused,
    check,
    download,
    hidden_bar,
    one_at_a_time,
    reason_of,
)
from ganlab.errors import UserError

# members, and bytes that one byte of archive may become: photographs hardly grow
MANY, RATIO = 1_000_000, 200
DAMAGED = (errno.EINVAL, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)  # places and names that are none
DAMAGE = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    struct.error,
)


def obtain(parent: Path, archives: Sequence[Archive]) -> None:
    """See that the folder of every archive is in ``parent``: unpacked from there, or downloaded first.

    Raises:
        UserError: one cannot be had; it says which file from where belongs where.
    """
    for archive in archives:
        if (parent / archive.folder).is_dir():
            continue
        try:
            with one_at_a_time(parent):  # processes of one run start together
                if not (parent / archive.folder).is_dir():
                    _obtain(parent, archive)
        except (Refused, OSError, http.client.HTTPException) as error:
            raise UserError(
                f"{parent / archive.folder} is missing: {reason_of(error)}; put {archive.name} into {parent} by hand "
                f"and start again, it is unpacked for you: {archive}"
            ) from None


def _obtain(parent: Path, archive: Archive) -> None:
    path, record = parent / archive.name, parent / f"{archive.name}.sha256"
    present, recorded = path.is_file(), archive.sha256 is None and record.is_file()
    if recorded:
        archive = archive._replace(sha256=record.read_text().split()[0])
    try:
        digest = check(path, archive) if present else download(archive, path)
    except Refused as error:
        raise Refused(f"{error}, which {record} keeps of the first one" if recorded else error) from None
    work = parent / f".{archive.folder}.unpacking"
    shutil.rmtree(work, ignore_errors=True)  # of a process that was killed: the lock is ours
    try:
        unpack(path, work)
        record.write_text(f"{digest}  {archive.name}\n")
        inner = work / archive.folder
        (inner if inner.is_dir() else work).rename(parent / archive.folder)
    except Refused:
        if not present:
            path.unlink()
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Member(NamedTuple):
    """A file in an archive; ``open`` reads it."""

    name: str
    open: Callable[[], IO[bytes]]


def unpack(path: Path, folder: Path) -> None:
    """Write the files of an archive below ``folder``, which is made.

    Raises:
        Refused: a damaged archive, one that would write elsewhere, holds links or devices, or grows out of bounds.
    """
    folder.mkdir(parents=True)
    left = RATIO * path.stat().st_size
    try:
        members = _zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path)
        for number, member in enumerate(
            tqdm(members, f"unpacking {path.name}", leave=False, disable=hidden_bar())
        ):
            target = _inside(folder, member.name, path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, target.open("xb") as file:
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise Refused(f"{path.name} unpacks to more than {RATIO} times its size")
                    file.write(chunk)
            if number >= MANY:
                raise Refused(f"{path.name} holds more than {MANY} files")
    except FileExistsError as error:
        raise Refused(f"{path.name} holds {error.filename} twice") from None
    except DAMAGE as error:
        raise Refused(f"{path.name} is damaged ({error})") from None
    except OSError as error:
        if error.errno in DAMAGED:
            raise Refused(f"{path.name} is damaged ({error.strerror})") from None
        raise  # the disk's fault


def _inside(folder: Path, name: str, archive: str) -> Path:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in name:
        raise Refused(f"{archive} would write {name!r}, outside its folder")
    return folder.joinpath(*parts)


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"{path.name} holds {info.filename!r}, a link or a device")
            if not info.filename.endswith("/"):
                yield Member(info.filename, partial(archive.open, info))


def _tar_members(path: Path) -> Iterator[Member]:
    with open(path, "rb") if path.suffix == ".tar" else gzip.open(path) as raw:
        with tarfile.open(fileobj=raw, mode="r|") as archive:
            for info in archive:
                if not (info.isfile() or info.isdir()):
                    raise Refused(f"{path.name} holds {info.name!r}, a link or a device")
                if info.isfile():
                    # never None of a file
                    yield Member(info.name, partial(archive.extractfile, info))  # type: ignore[arg-type]
        while raw.read(CHUNK):  # to the end, where the checksum is
            pass
