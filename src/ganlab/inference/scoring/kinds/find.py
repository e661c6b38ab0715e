"""From the word that a user types to what it names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlab.config.runs.resume import LATEST, find_run, is_run
from ganlab.errors import UserError
from ganlab.inference.export.read import is_export
from ganlab.inference.scoring.kinds.arrays import Array, read_array
from ganlab.inference.scoring.kinds.base import Side
from ganlab.inference.scoring.kinds.foreign import (
    FUNCTION,
    SCRIPTS,
    function_generator,
    onnx_generator,
    script_generator,
)
from ganlab.inference.scoring.kinds.made import Generated, named_data
from ganlab.inference.scoring.kinds.pictures import Folder, OnCorrupt, Zip
from ganlab.inference.scoring.kinds.statistics import Statistics

KINDS = (
    "a folder of images, a .zip, a .npy or .npz (uint8 images, or mu and sigma), a run, an export, "
    "data:NAME:SPLIT, or with z=normal:128 a generator (.onnx, TorchScript, module:function)"
)


def run_named(word: str) -> Path | None:
    """The run or export that ``word`` names; None for anything else."""
    path = Path(word).expanduser()
    if word.partition(":")[0] == LATEST and not path.exists():
        return find_run(word)
    return path if is_run(path) or is_export(path) else None


def require_there(key: str, word: str) -> None:
    """Raises UserError where ``key=word`` names no data, no model, no file and no folder."""
    named = word.startswith("data:") or FUNCTION.fullmatch(word) or run_named(word)
    if not named and not Path(word).expanduser().exists():
        raise UserError(f"{key}={word}: there is no such file or folder; expected {KINDS}")


def side(
    key: str, word: str, *, on_corrupt: OnCorrupt, workers: int, z: str | None = None, **drawn: Any
) -> Side | Statistics:
    """What ``key=word`` names; ``drawn`` says how many images a model draws, and how: see ``Generated``.

    z: the noise of a generator that is none of ganlab's; see ``Foreign``.

    Raises:
        UserError: nothing is there, or what is there is none of ``KINDS``; the sentence names it.
    """
    if word.startswith("data:"):
        return named_data(word)
    if folder := run_named(word):
        return Generated(folder, **drawn)
    path = Path(word).expanduser()
    noise = {"z": z, "n": drawn.get("n"), "seed": drawn.get("seed")}
    if FUNCTION.fullmatch(word) and not path.exists():
        return function_generator(word, **noise)
    if path.is_dir():
        return Folder(path, on_corrupt=on_corrupt, workers=workers)
    require_there(key, word)
    if not path.is_file():
        raise UserError(f"{key}={word} is a pipe or a device; expected {KINDS}")
    if path.suffix == ".zip":
        return Zip(path, on_corrupt=on_corrupt, workers=workers)
    return _in_file(key, path, noise)


def _in_file(key: str, path: Path, noise: Mapping[str, Any]) -> Side | Statistics:
    if path.suffix in (".npy", ".npz"):
        found = read_array(path)
        return found if isinstance(found, Array) else Statistics(path, found)
    if path.suffix == ".onnx":
        return onnx_generator(path, **noise)
    if path.suffix in SCRIPTS:
        return script_generator(path, **noise)
    raise UserError(f"{key}={path} is a file of another kind; expected {KINDS}")
