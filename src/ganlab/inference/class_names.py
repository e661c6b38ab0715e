"""Classes by name: what a run or an export knows of them beside its weights."""

from collections.abc import Sequence
from pathlib import Path

from ganlab.errors import UserError
from ganlab.inference.export.read import config_of
from ganlab.nearest import did_you_mean


def class_names(run_dir: Path, data_kind: str) -> list[str]:
    """Those of the data that a run was trained on: only a model of labelled data learns what they mean."""
    if data_kind != "labelled":
        return []
    names = config_of(run_dir).get("class_names")
    return [str(name) for name in names] if isinstance(names, Sequence) and not isinstance(names, str) else []


def number_of(label: int | str, names: Sequence[str]) -> int:
    """The number of a class, which is given as that or by its name; a name that is a number is a name.

    Raises:
        UserError: no such name.
    """
    if str(label) in names:
        return names.index(str(label))
    try:
        return int(label)
    except ValueError:
        pass
    known = did_you_mean(str(label), names) or "; if it knows classes, then by their numbers, from 0 on"
    raise UserError(f"label={label}: this model has no class of that name{known}")
