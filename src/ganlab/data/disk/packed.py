"""What lies in archives that are read where they are: shards of WebDataset's layout, zip files of StyleGAN's."""

import json
import re
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from ganlab.data.disk.archives import DAMAGE
from ganlab.data.disk.listing import HELD_OUT, held_out_by_hash
from ganlab.data.store.decode import EXTENSIONS
from ganlab.errors import UserError
from ganlab.lexicon import TEXT_KEYS, captions_in

SIDES = ("a", "b")
EXPECTED = (
    "; expected data.root='shards/{000..999}.tar', 'shards/*.tar', a folder of .tar files, a .tar or a .zip"
)
RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
STORED, DEFLATED = 0, 8  # methods of zip files
BESIDE = (".cls", ".txt", ".json")
MANY = 1_000_000  # shards that one address may number
LARGEST = 1_000_000  # bytes of a file beside an image


class Damaged(UserError):
    """An archive that cannot be read."""

    def __init__(self, archive: str, reason: str) -> None:
        super().__init__(f"{archive} is damaged or cut off ({reason}): copy it again")
        self.archive, self.reason = archive, reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:  # it may come from another process
        return Damaged, (self.archive, self.reason)


class Place(NamedTuple):
    """Where a member's bytes lie."""

    archive: str
    start: int
    size: int
    method: int = STORED


class Sample(NamedTuple):
    """An image of an archive.

    name: "/" between its parts. label, captions: where the archive gives some; bytes that are no UTF-8 are surrogates.
    side: of a pair, a or b; else "". fault: why a file beside it cannot be read, which matters to whom needs that file.
    """

    name: str
    place: Place
    label: str | None = None
    captions: tuple[str, ...] = ()
    side: str = ""
    fault: str = ""

    @property
    def path(self) -> str:
        """What to call it."""
        return f"{self.place.archive}/{self.name}"

    @property
    def key(self) -> str:
        """What the files of a sample share: their name up to its first dot."""
        name = PurePosixPath(self.name)
        return str(name.with_name(name.name.partition(".")[0]))


def archives_of(root: Path) -> list[str]:
    """The archives that ``root`` means, in order.

    Raises:
        UserError: none, some of a range that are missing, or others than the index beside them names.
    """
    text = str(root)
    if RANGE.search(text):
        paths = numbered(text)
    elif root.is_dir():
        paths = sorted(glob(f"{glob_escaped(text)}/*.tar"))
    else:
        paths = sorted(glob(text)) or ([text] if root.suffix in (".tar", ".zip") else [])
    if not paths:
        raise UserError(f"data.root={text}: no shards are there{EXPECTED}")
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        more = f", nor {len(missing) - 1} others of {len(paths)}" if len(missing) > 1 else ""
        raise UserError(f"data.root={text}: there is no file {missing[0]}{more}{EXPECTED}")
    for path in paths:
        if not path.lower().endswith((".tar", ".zip")):
            raise UserError(f"{path} is no .tar and no .zip: unpack what is compressed as a whole{EXPECTED}")
    return paths


def numbered(text: str) -> list[str]:
    """What ``shards/{000..999}.tar`` stands for; nothing of a text without braces.

    Raises:
        UserError: more than a million.
    """
    found = RANGE.search(text)
    if not found:
        return []
    first, last = found.groups()
    if max(len(first), len(last)) > 18 or int(last) - int(first) >= MANY:
        raise UserError(f"data.root={text}: {found[0]} are more than {MANY:,} shards; name fewer")
    return [RANGE.sub(str(number).zfill(len(first)), text) for number in range(int(first), int(last) + 1)]


def glob_escaped(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def samples_of(archives: Sequence[str], names: Sequence[str] = ()) -> list[Sample]:
    """All images of the archives, in order; names: of the classes that numbers of labels mean.

    Raises:
        Damaged: an archive is, or is cut off.
        UserError: an image that is there twice, or none.
    """
    found: list[Sample] = []
    for archive in archives:
        try:
            found += _of_zip(archive) if archive.lower().endswith(".zip") else _of_tar(archive)
        except (*DAMAGE, IndexError, OSError) as error:
            raise Damaged(archive, str(error)) from error
    if not found:
        more = f" (nor do {len(archives) - 1} others)" if len(archives) > 1 else ""
        raise UserError(f"{archives[0]} holds no images{more}")
    named = {str(number): name for number, name in enumerate(names)}
    return [sample._replace(label=named.get(sample.label or "", sample.label)) for sample in found]


def divided(samples: Sequence[Sample], test_fraction: float) -> tuple[list[Sample], list[Sample]]:
    """Those to train on, and those held out: both sides of a pair go the same way."""
    folders = {sample.name.partition("/")[0] for sample in samples}
    apart = next((name for name in HELD_OUT if {"train", name} <= folders), None)
    if apart:
        parts = [[s for s in samples if s.name.startswith(f"{base}/")] for base in ("train", apart)]
        return parts[0], parts[1]
    hashed = [sample.key if sample.side else sample.name for sample in samples]
    pairs = list(zip(samples, [held_out_by_hash(name, test_fraction) for name in hashed], strict=True))
    return [s for s, is_out in pairs if not is_out], [s for s, is_out in pairs if is_out]


def _of_tar(archive: str) -> Iterator[Sample]:
    """A sample's members share their name up to the first dot: 7.jpg, or 7.a.jpg and 7.b.jpg, or 7.txt."""
    images: dict[tuple[str, str], tuple[str, Place]] = {}
    said: dict[str, dict[str, Any]] = {}
    with tarfile.open(archive, "r:") as tar, open(archive, "rb") as raw:
        raw.seek(-tarfile.BLOCKSIZE, 2)
        if any(raw.read()):
            raise ValueError("its end is missing")
        for member in tar:
            name = PurePosixPath(member.name)
            stem, dot, ending = name.name.partition(".")
            if not member.isfile() or not stem or not dot:
                continue
            key, ending = str(name.with_name(stem)), f".{ending.lower()}"
            if ending.endswith(EXTENSIONS):
                side = _side(member.name)
                if (key, side) in images:
                    raise UserError(f"{archive} holds two images called {key}: rename one of them")
                images[key, side] = member.name, Place(archive, member.offset_data, member.size)
            elif ending in BESIDE and (file := tar.extractfile(member)):
                said.setdefault(key, {}).update(_said(member, ending, file))
    return (
        Sample(name, place, side=side, **said.get(key, {})) for (key, side), (name, place) in images.items()
    )


def _side(name: str) -> str:
    """The side of a pair that ``7.a.jpg`` shows; "" for the image of any other name."""
    side = PurePosixPath(name).name.lower().split(".")[1]
    return side if side in SIDES else ""


def _said(member: tarfile.TarInfo, ending: str, file: IO[bytes]) -> dict[str, Any]:
    """The label or the captions that a file beside an image gives, or why it cannot be read."""
    if member.size > LARGEST:
        reason = f"it has {member.size:,} bytes, and {LARGEST:,} at most are read"
        return {"fault": f"{member.name} cannot be read: {reason}"}
    content = file.read()
    try:
        if ending == ".cls":
            return {"label": content.decode().strip() or None}
        if ending == ".txt":
            return {"captions": captions_in(content.decode("utf-8-sig", "surrogateescape"))}
        return _of_json(json.loads(content))
    except (ValueError, RecursionError) as error:
        return {"fault": f"{member.name} cannot be read: {error}"}


def _of_json(value: Any) -> dict[str, Any]:
    """Its label and its captions: one text, a caption a line, or a list of them, as in a list for a folder."""
    value = value if isinstance(value, dict) else {}
    found: dict[str, Any] = {} if value.get("label") is None else {"label": str(value["label"])}
    key = next((key for key in TEXT_KEYS if value.get(key) is not None), None)
    if key is None:
        return found
    texts = value[key]
    if isinstance(texts, str):
        return found | {"captions": captions_in(texts)}
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return found | {"captions": tuple(text.strip() for text in texts)}
    return found | {"fault": f"{key} of a .json must be text, or a list of texts"}


def _of_zip(archive: str) -> Iterator[Sample]:
    """Labels are in dataset.json: {"labels": [["00000/img00000000.png", 6], ...]}."""
    samples: list[tuple[str, Place]] = []
    labels: dict[str, str] = {}
    with zipfile.ZipFile(archive) as file, open(archive, "rb") as raw:
        for info in file.infolist():
            if PurePosixPath(info.filename).name == "dataset.json":
                labels = _labels_of(file.read(info), f"{archive}/{info.filename}")
            if info.is_dir() or not info.filename.lower().endswith(EXTENSIONS):
                continue
            if info.flag_bits & 1 or info.compress_type not in (STORED, DEFLATED):
                raise UserError(
                    f"{archive}/{info.filename} is encrypted, or compressed in a way that is not read: pack it anew"
                )
            raw.seek(info.header_offset + 26)
            lengths = struct.unpack("<HH", raw.read(4))  # of the name and of further fields
            place = Place(
                archive, info.header_offset + 30 + sum(lengths), info.compress_size, info.compress_type
            )
            samples.append((info.filename, place))
    return (Sample(name, place, labels.get(name), side=_side(name)) for name, place in samples)


def _labels_of(content: bytes, place: str) -> dict[str, str]:
    """The labels by the names of images; raises UserError for a list of another form."""
    try:
        labels = dict(json.loads(content)["labels"] or [])
    except KeyError:
        return {}
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(
            f'{place} cannot be read ({error}): expected {{"labels": [["a.png", 6], ...]}}'
        ) from error
    return {name: str(label) for name, label in labels.items() if label is not None}
