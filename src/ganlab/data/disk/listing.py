"""Which images lie below a folder, in an order that is the same on every machine."""

import difflib
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from lightning.pytorch.utilities.rank_zero import rank_zero_only

from ganlab.data.disk.sheets import is_sheet
from ganlab.data.store.decode import EXTENSIONS, ending, why_unread
from ganlab.errors import UserError
from ganlab.randomness import derive

log = logging.getLogger(__name__)

LABELS = "data.labels=true"
HELD_OUT = ("test", "val", "valid", "validation")
UNREAD = (".jxl", ".psd", ".svg", ".exr", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf")
NAMED = (*EXTENSIONS, *UNREAD)
CONVERT = "convert them first, for instance with: magick mogrify -format png *"


class Listing(NamedTuple):
    """Images by their path below the root ("/" between its parts), sorted, and what was left out.

    others, links: how many. odd: files that somebody may have meant, by the reason why they are passed over.
    """

    paths: list[str]
    others: int
    links: int
    odd: dict[str, list[str]]


def find_images(root: Path, expected: str | None = None) -> Listing:
    """All images below ``root``, without hidden files and folders, and without the sheets of ``ganlab sample``.

    Links to folders, and links to files elsewhere, are not followed: a folder of pictures from somebody else could
    otherwise show any file of this machine.

    expected: what to end an error message with; None: ``expected_tree``.

    Raises:
        UserError: no such folder, one that may not be read, or one without images.
    """
    expected = expected or expected_tree(root)
    require_folder(root, expected)
    listing = _walk(root)
    if not listing.paths:
        links = f"{listing.links} links to folders or out of it, which are not followed"
        left_out = "; ".join([f"{listing.others} other files, {links}", *in_words(listing.odd)])
        raise UserError(f"{root} holds no images ({left_out}); expected{expected}")
    warn_of_odd(root, listing.odd)
    return listing


def _walk(root: Path) -> Listing:
    found, real = Listing([], 0, 0, {}), os.path.realpath(root)
    others = links = 0
    for folder, folders, files in os.walk(root, onerror=_raise_unreadable):
        below = "" if folder == str(root) else f"{Path(folder).relative_to(root).as_posix()}/"
        links += sum(os.path.islink(os.path.join(folder, name)) for name in folders)
        folders[:] = [name for name in folders if not hidden(name)]
        for name in files:
            path = os.path.join(folder, name)
            if hidden(name) or not name.lower().endswith(NAMED) or is_sheet(folder, name):
                others += 1
            elif leads_out(path, real):
                links += 1
            elif reason := why_odd(path):
                found.odd.setdefault(reason, []).append(printable(os.path.relpath(path, root)))
            else:
                found.paths.append(below + name)
    return found._replace(paths=sorted(found.paths), others=others, links=links)


def leads_out(path: str, root: str) -> bool:
    """Is this a link to a file that is not below ``root``, itself without links?"""
    return os.path.islink(path) and not Path(os.path.realpath(path)).is_relative_to(root)


def why_odd(path: str) -> str:
    """Why a file with an image's name is passed over; "" for one that is not."""
    if not is_text(path):
        return "names that are no text in UTF-8: rename them"
    if path.lower().endswith(UNREAD):
        return f"formats that cannot be read: {CONVERT}{ending(path)}"
    if reason := why_unread(path):
        return f"{reason}, or {CONVERT}{ending(path)}"
    if not os.path.isfile(path):  # opening a pipe would wait for ever
        return "no files, but pipes, devices or links to nothing: remove them"
    return ""


def is_text(name: str) -> bool:
    """Can this name be written into a text? Names on a disk are bytes, and need not be UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()


def in_words(odd: Mapping[str, Sequence[str]], maximum: int = 3) -> list[str]:
    """``2 files (a.heic, b.heic) have ...``, the first of many names."""
    return [
        f"{len(names)} left out ({', '.join(sorted(names)[:maximum])}{', ...' * (len(names) > maximum)}): {reason}"
        for reason, names in odd.items()
    ]


@rank_zero_only
def warn_of_odd(root: Path, odd: Mapping[str, Sequence[str]]) -> None:
    for sentence in in_words(odd):
        log.warning("%s: %s", root, sentence)


def hidden(name: str) -> bool:
    """Dot files, among them macOS's ``._a.png``, and the folder that its archives bring along."""
    return name.startswith(".") or name == "__MACOSX"


class Part(NamedTuple):
    """The images of one split, and the folder below the root ("" or "train/") that they all lie in."""

    base: str
    paths: list[str]

    def class_of(self, path: str) -> str:
        """The first folder below the base; "" for an image that lies in none."""
        first, slash, _ = path[len(self.base) :].partition("/")
        return first if slash else ""


def split(root: Path, paths: Sequence[str], test_fraction: float) -> tuple[Part, Part]:
    """Train and held-out images: by ``train`` and one of ``HELD_OUT`` if they exist, else by hashed path."""
    if held_out := own_split(root):
        parts = [Part(base, [p for p in paths if p.startswith(base)]) for base in ("train/", f"{held_out}/")]
        for part in parts:
            if not part.paths:
                raise UserError(f"{root / part.base} holds no images; expected{expected_tree(root)}")
        return parts[0], parts[1]
    chosen = [held_out_by_hash(path, test_fraction) for path in paths]
    return (
        Part("", [path for path, out in zip(paths, chosen, strict=True) if not out]),
        Part("", [path for path, out in zip(paths, chosen, strict=True) if out]),
    )


def held_out_by_hash(name: str, share: float) -> bool:
    """Whether ``name`` is one of a ``share`` of all names: the same ones in every run and on every machine."""
    return derive(0, "held out", name) < share * 2**63


def class_names(root: Path, train: Part, test: Part, wish: str = LABELS) -> tuple[str, ...]:
    """The sorted names of the class folders, which ``wish`` asks for.

    Raises:
        UserError: an image outside every class folder, a class without images to train on.
    """
    for part in (train, test):
        loose = [path for path in part.paths if not part.class_of(path)]
        if loose:
            raise UserError(
                f"{wish}, but {len(loose)} images lie in no class folder, for instance "
                f"{root / loose[0]}; expected{expected_tree(root)}"
            )
    trained = {train.class_of(path) for path in train.paths}
    held_out = {test.class_of(path) for path in test.paths}
    lacking = sorted({*class_folders(root, wish), *held_out} - trained)
    if lacking:
        others = f" (nor {len(lacking) - 1} other folders)" if len(lacking) > 1 else ""
        held = not train.base and lacking[0] in held_out
        remedy = "all are held out: set data.test_fraction=0 or add some" if held else "add some or remove it"
        raise UserError(
            f"{wish}, but {root / train.base / lacking[0]} holds no images to train on{others}: {remedy}; "
            f"classes with images: {', '.join(sorted(trained)[:20])}{', ...' * (len(trained) > 20)}"
        )
    return tuple(sorted(trained))


def class_folders(root: Path, wish: str = LABELS) -> tuple[str, ...]:
    """The names of the classes of a labelled folder, sorted: nothing in them is looked at.

    Raises:
        UserError: no such folder, or none in it.
    """
    require_folder(root, expected_tree(root))
    base = root / "train" if own_split(root) else root
    try:
        found = sorted(entry.name for entry in os.scandir(base) if entry.is_dir() and not hidden(entry.name))
    except OSError as error:
        _raise_unreadable(error)
    if strange := [name for name in found if not is_text(name)]:
        raise UserError(
            f"{base} has a folder {printable(strange[0])}, whose name is no text in UTF-8: rename it"
        )
    if not found:
        raise UserError(f"{wish}, but {base} holds no folders; expected{expected_tree(root)}")
    return tuple(found)


def own_split(root: Path) -> str | None:
    """The name of the held-out part, where ``root`` is divided by its owner: it stands beside ``train``."""
    held_out = next((name for name in HELD_OUT if (root / name).is_dir()), None)
    return held_out if (root / "train").is_dir() else None


def expected_tree(root: Path) -> str:
    """What ``root`` may look like, to end an error message with."""
    return (
        f"\n  flat or nested:     {root}/a.png {root}/more/b.jpg ..."
        f"\n  data.labels=true:   {root}/cat/a.png {root}/dog/b.jpg ..."
        f"\n  with its own split: {root}/train/... {root}/test/..."
    )


def require_folder(root: Path, expected: str) -> None:
    """Raises UserError where ``root`` is no folder: says which part of it is missing, and what has a name like it."""
    if not is_text(str(root)):
        raise UserError(f"data.root={printable(str(root))}: its name is no text in UTF-8; rename it")
    if root.is_dir():
        return
    if root.exists() and not root.is_file():
        raise UserError(f"data.root={root} is a pipe or a device: give the folder; expected{expected}")
    if root.is_file():
        raise UserError(
            f"data.root={root} is a file: unpack it and give the folder, or read it by data=shards; expected{expected}"
        )
    absolute = Path(os.path.abspath(root))
    parent = next(folder for folder in absolute.parents if folder.is_dir())
    name = absolute.relative_to(parent).parts[0]
    near = difflib.get_close_matches(
        name.lower(), by_lower := {entry.lower(): entry for entry in os.listdir(parent)}
    )
    hint = f"; did you mean {' or '.join(str(parent / by_lower[found]) for found in near)}?" if near else ""
    raise UserError(f"data.root={root}: there is no {parent / name}{hint or '.'} Expected{expected}")


def _raise_unreadable(error: OSError) -> NoReturn:
    raise UserError(f"{error.filename} cannot be read: {error.strerror}")
