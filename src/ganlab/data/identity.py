"""What tells data apart from other data: kept in checkpoints, so that a resumed run knows if its data was changed."""

import hashlib
import logging
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from ganlab.data.store.known import KnownFiles, absolute, common_folder

log = logging.getLogger(__name__)

ENDS = 8192  # bytes that are read at either end of a file

Identity = dict[str, Any]


def identity_of(splits: Sequence[Any]) -> Identity:
    """Of the sets in ``splits``: images, captioned images, or sides of examples by name, each a split's.

    Of files: their names below the folder that all of them share, and a hash of each one's length, first and last 8 kB.
    A file that is gone, new or renamed, or has another length or other ends, is noticed. A folder that was copied,
    moved or touched is the same; and so, unnoticed, is a file of more than 16 kB that was changed in its middle alone
    and kept its length. Besides: a hash of labels and captions. Of images without files of their own, such as those of
    a package or a download: their number, and a hash of their pixels.
    """
    sets = [stored for split in splits for stored in _stored(split)]
    files = sorted({file for stored in sets for file in _files(stored)})
    rest = hashlib.sha256()
    for stored in sets:
        rest.update(_beside_files(stored))
    identity = {"count": sum(map(len, sets)), "rest": rest.hexdigest()}
    return identity | (_of_files(files) if files else {})


def _stored(split: Any) -> Iterator[Any]:
    yield from (side.images for side in split.values()) if isinstance(split, Mapping) else (split,)


def _files(stored: Any) -> Sequence[str]:
    """Of a set that stays in its files; none of one that holds its images, such as a user's own class."""
    return getattr(stored, "files", ())


def _beside_files(stored: Any) -> bytes:
    """What a set holds besides its files: captions, labels; all of it where there are no files."""
    if not _files(stored):
        return stored.fingerprint().encode()
    if captions := getattr(stored, "all_captions", None):
        return repr([tuple(texts) for texts in captions]).encode()
    targets = getattr(stored, "targets", None)
    return b"" if targets is None else targets.cpu().numpy().tobytes()


def _of_files(files: Sequence[str]) -> Identity:
    paths = absolute(files)
    root = common_folder(paths)
    below = len(os.path.join(root, ""))
    ends = KnownFiles(files).answers(files, "ends", ends_of, "reading the ends of files")
    digests = torch.tensor(ends, dtype=torch.int64)
    names = "\0".join(path[below:].replace(os.sep, "/") for path in paths)
    packed = zlib.compress(names.encode("utf-8", "surrogateescape"))
    return {"root": root, "names": torch.frombuffer(bytearray(packed), dtype=torch.uint8), "digests": digests}


def ends_of(path: str) -> int:
    """A hash of a file's length, first and last ``ENDS`` bytes; 0 if it cannot be read."""
    try:
        with open(path, "rb") as file:
            length = os.fstat(file.fileno()).st_size
            digest = hashlib.sha256(f"{length}/".encode() + file.read(ENDS))
            file.seek(max(ENDS, length - ENDS))
            digest.update(file.read(ENDS))
    except OSError:
        return 0
    return int.from_bytes(digest.digest()[:8], "big", signed=True)


def changes(before: Identity, now: Identity, *, same_settings: bool) -> str:
    """In words what ``now`` is no longer as ``before``; "" if nothing is.

    same_settings: both were read alike, so that labels, captions and pixels can be compared beside the files. Of pixels
    without files a warning is logged: another version of a library, or another processor, may round them otherwise.
    """
    if ("names" in before) != ("names" in now):
        return "it is of another kind"
    difference = _changed_files(before, now) if "names" in now else ""
    if difference or not same_settings or before["rest"] == now["rest"]:
        return difference
    if "names" in now:
        return "the files are the same, but not their labels, captions or split"
    if before["count"] != now["count"]:
        return f"it has {now['count']:,} images, and had {before['count']:,}"
    log.warning(
        "the data's pixels are not quite those that the run began with: another version of the library that holds or "
        "resizes them, or another processor, makes them otherwise"
    )
    return ""


def _changed_files(before: Identity, now: Identity) -> str:
    old, new = _by_name(before), _by_name(now)
    roots = before["root"], now["root"]
    # a folder less or more inside the same one
    if roots[0] != roots[1] and os.path.commonpath(roots) in roots:
        old, new = (
            {f"{root}/{name}": digest for name, digest in files.items()}
            for root, files in zip(roots, (old, new), strict=True)
        )
    kinds = {
        ("is gone", "are gone"): [name for name in old if name not in new],
        ("is new", "are new"): [name for name in new if name not in old],
        ("has other contents", "have other contents"): [n for n in old if n in new and old[n] != new[n]],
    }
    return ", ".join(_phrase(names, *verbs) for verbs, names in kinds.items() if names)


def _phrase(names: Sequence[str], one: str, several: str) -> str:
    shown = names[0].encode("utf-8", "replace").decode()
    return f"1 file {one} ({shown})" if len(names) == 1 else f"{len(names):,} files {several} ({shown}, ...)"


def _by_name(identity: Identity) -> dict[str, int]:
    packed = identity["names"].numpy().tobytes()
    names = zlib.decompress(packed).decode("utf-8", "surrogateescape").split("\0")
    return dict(zip(names, identity["digests"].tolist(), strict=True))
