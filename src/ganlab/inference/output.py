"""The folder that a command writes pictures into: only that command's pictures lie there when it is done."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ganlab.data.disk.sheets import MANIFEST
from ganlab.data.store.decode import EXTENSIONS
from ganlab.errors import StorageError, UserError

WRITTEN = ("gallery.html", "points.csv")  # beside pictures

Marks = dict[str, list[int]]  # path below the folder: size in bytes, time of change in nanoseconds


@contextmanager
def fresh_folder(folder: Path, run_dir: Path) -> Iterator[Path]:
    """``folder``, made where it is missing, without what an earlier command wrote there from the same run.

    Nobody else's file is deleted or overwritten. A score on the folder would count stale pictures too.

    Raises:
        UserError: it is a file, cannot be written, or holds pictures that are not of this run or were changed since.
        StorageError: the disk does not take what is written.
    """
    created = make_writable(folder)
    home = os.path.relpath(run_dir.resolve(), folder.resolve())  # a run may move, with what lies in it
    remove_earlier(folder, home)
    before = marks(folder)
    try:
        yield folder
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        written = {name: mark for name, mark in marks(folder).items() if before.get(name) != mark}
        with suppress(OSError):  # a full disk: whoever writes here next is told of what lies there
            if written or not created:
                listed = json.dumps({"run": home, "files": written})
                (folder / MANIFEST).write_text(listed, encoding="utf-8")
            for path in created if not written else ():
                path.rmdir()


@contextmanager
def replaced_folder(folder: Path, run_dir: Path) -> Iterator[Path]:
    """A temporary folder, whose files take the place of an earlier command's in ``folder`` once all went well.

    Raises:
        UserError, StorageError: as ``fresh_folder``; where the folder cannot be had, before anything is computed.
    """
    created = make_writable(folder)
    earlier_files(folder, os.path.relpath(run_dir.resolve(), folder.resolve()))
    for path in created:
        path.rmdir()
    with TemporaryDirectory() as temporary:
        yield Path(temporary)
        with fresh_folder(folder, run_dir):
            for path in sorted(Path(temporary).rglob("*")):  # contents alone: who may read follows the umask
                there = folder / path.relative_to(temporary)
                if path.is_dir():
                    there.mkdir(exist_ok=True)
                else:
                    shutil.copyfile(path, there)


def make_writable(folder: Path) -> list[Path]:
    """Make the folder, unless it is there, and write into it; returns what was made, the innermost first.

    Raises:
        UserError: that is not to be had.
    """
    remedy = "choose another place with output=FOLDER"
    probe = folder / f"{MANIFEST}.{os.getpid()}"
    try:
        created = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(f"{folder} cannot be a folder, for a file is there already: {remedy}") from error
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror}): {remedy}") from error
    return created


def earlier_files(folder: Path, home: str) -> set[str]:
    """What the manifest lists and is as it was written; raises UserError where there are other pictures or pages."""
    run, listed = earlier(folder)
    there = marks(folder)
    own = {name for name, mark in there.items() if run == home and listed.get(name) == mark}
    left = sorted(name for name in there.keys() - own if name.lower().endswith((*EXTENSIONS, *WRITTEN)))
    if left:
        named = ", ".join(left[:3]) + ", ..." * (len(left) > 3)
        whose = (
            "of another run" if listed and run != home else "that this run's last command did not leave there"
        )
        raise UserError(
            f"{folder} holds {len(left)} pictures or pages {whose} ({named}): choose another output=FOLDER, or move "
            "them"
        )
    return own


def remove_earlier(folder: Path, home: str) -> None:
    """Delete what the manifest lists, as it was written; raises UserError where that leaves a picture."""
    own = earlier_files(folder, home)
    for name in own:
        (folder / name).unlink()
    for inner in sorted({(folder / name).parent for name in own} - {folder}, reverse=True):
        if not any(inner.iterdir()):
            shutil.rmtree(inner)


def earlier(folder: Path) -> tuple[str, Marks]:
    """The run and the files of the last command that wrote here; nothing where no manifest says so."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return str(found["run"]), dict(found["files"])
    except (OSError, ValueError, LookupError, TypeError):
        return "", {}


def marks(folder: Path) -> Marks:
    """Every file below ``folder`` but the manifest; links are not followed, so that nothing outside is ever named."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            if path != folder / MANIFEST:
                status = path.lstat()
                found[path.relative_to(folder).as_posix()] = [status.st_size, status.st_mtime_ns]
    return found
