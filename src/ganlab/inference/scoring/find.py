"""From the word that a user types to what it names."""

from pathlib import Path
from typing import Any

from ganlab.config.runs.resume import LATEST, find_run, is_run
from ganlab.errors import UserError
from ganlab.inference.export.read import is_export
from ganlab.inference.scoring.arrays import Array, read_array
from ganlab.inference.scoring.made import Generated, named_data
from ganlab.inference.scoring.pictures import Folder, OnCorrupt, Zip
from ganlab.inference.scoring.sides import Side
from ganlab.inference.scoring.statistics import Statistics

KINDS = (
    "a folder of images, a .zip, a .npy or .npz (uint8 images, or mu and sigma), a run, an export, "
    "or data:NAME:SPLIT"
)


def run_named(word: str) -> Path | None:
    """The run or export that ``word`` names; None for anything else."""
    path = Path(word).expanduser()
    if word.partition(":")[0] == LATEST and not path.exists():
        return find_run(word)
    return path if is_run(path) or is_export(path) else None


def side(key: str, word: str, *, on_corrupt: OnCorrupt, workers: int, **drawn: Any) -> Side | Statistics:
    """What ``key=word`` names; ``drawn`` says how many images a model draws, and how: see ``Generated``.

    Raises:
        UserError: nothing is there, or what is there is none of ``KINDS``; the sentence names it.
    """
    if word.startswith("data:"):
        return named_data(word)
    if folder := run_named(word):
        return Generated(folder, **drawn)
    path = Path(word).expanduser()
    if path.is_dir():
        return Folder(path, on_corrupt=on_corrupt, workers=workers)
    if not path.exists():
        raise UserError(f"{key}={word}: there is no such file or folder; expected {KINDS}")
    if not path.is_file():
        raise UserError(f"{key}={word} is a pipe or a device; expected {KINDS}")
    if path.suffix == ".zip":
        return Zip(path, on_corrupt=on_corrupt, workers=workers)
    if path.suffix in (".npy", ".npz"):
        found = read_array(path)
        return found if isinstance(found, Array) else Statistics(path, found)
    raise UserError(f"{key}={word} is a file of another kind; expected {KINDS}")
