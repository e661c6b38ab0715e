"""Whose code may run because a run directory names it: the user's own.

Own is what lies in a folder of this command's ``--config-dir``, what the variable ``GANLAB_TRUST`` names (packages or
dotted names, with commas between them), and an installed package that registers itself, by an entry point of the group
``ganlab.plugins`` whose value is the package's name. Never what merely can be imported: the current folder, PYTHONPATH,
whatever is installed.
"""

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from ganlab.storage import as_typed

_folders: list[Path] = []
_on_path: list[str] = []  # of these, what was put on Python's path here


def use(folders: Iterable[str | Path]) -> None:
    """Take these folders for the user's own, and no others: those of a command."""
    for place in _on_path:
        if place in sys.path:
            sys.path.remove(place)
    _on_path.clear()
    _folders.clear()
    add(folders)


def add(folders: Iterable[str | Path]) -> None:
    """Take these folders for the user's own as well; modules in them can be imported from now on.

    They come last on Python's path, so that no folder takes the place of an installed package.
    """
    for folder in map(Path, folders):
        path = folder.expanduser().resolve()
        if path not in _folders:
            _folders.append(path)
        if str(path) not in sys.path:
            sys.path.append(str(path))
            _on_path.append(str(path))


def folders() -> list[Path]:
    """Those in use, absolute."""
    return list(_folders)


def flags() -> list[str]:
    """``--config-dir`` for each folder, as the user would type it."""
    return [word for folder in _folders for word in ("--config-dir", str(as_typed(folder)))]


def is_named(name: str) -> bool:
    """Does GANLAB_TRUST name this, or a package that it is in?"""
    named = {entry.strip() for entry in os.environ.get("GANLAB_TRUST", "").split(",")} - {""}
    parts = name.split(".")
    return any(".".join(parts[: depth + 1]) in named for depth in range(len(parts)))


def is_own(target: str) -> bool:
    """Is this dotted name in the user's own code? Told by where it lies, before any of it is imported."""
    if target.partition(".")[0] in plugins():
        return True
    parts = target.split(".")
    for depth in range(1, len(parts) + 1):
        try:
            spec = importlib.util.find_spec(".".join(parts[:depth]))
        except (ImportError, ValueError, AttributeError):
            return False
        if spec is None:
            return False
        if spec.has_location and spec.origin:
            return _is_inside(Path(spec.origin))
        if spec.submodule_search_locations is None:  # built in
            return False
    return False  # folders without a module


def unseen(module: str) -> str:
    """The end of a sentence about a module that is not found, where it lies in the current folder."""
    package = module.partition(".")[0]
    if package and (Path(f"{package}.py").is_file() or Path(package).is_dir()):
        return f"; what lies in the current folder is not looked at: move {package} into the folder of --config-dir"
    return ""


def _is_inside(file: Path) -> bool:
    return any(path.is_relative_to(folder) for path in (file, file.resolve()) for folder in _folders)


@cache
def plugins() -> frozenset[str]:
    """The installed packages that have registered themselves; a folder that is merely on the path cannot."""
    places = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
    return frozenset(
        entry.module.partition(".")[0]
        for distribution in metadata.distributions(path=places)
        for entry in distribution.entry_points
        if entry.group == "ganlab.plugins"
    )
