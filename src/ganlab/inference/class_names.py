"""Classes by name: what a run or an export knows of them beside its weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ganlab.errors import UserError
from ganlab.inference.export.read import config_of
from ganlab.nearest import did_you_mean
from ganlab.randomness import Draws


class Drawing(Protocol):
    """A model that makes inputs of its own, perhaps of a class."""

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> Any: ...


def class_names(run_dir: Path, data_kind: str) -> list[str]:
    """Those of the data that a run was trained on: only a model of labelled data learns what they mean."""
    if data_kind != "labelled":
        return []
    names = config_of(run_dir).get("class_names")
    return [str(name) for name in names] if isinstance(names, Sequence) and not isinstance(names, str) else []


def number_of(label: int | str, names: Sequence[str], model: Drawing) -> int:
    """The number of a class of ``model``, given as that or by its name; a name that is a number is a name.

    Raises:
        UserError: no such name, or a model without classes.
    """
    if str(label) in names:
        return names.index(str(label))
    try:
        return int(label)
    except ValueError:
        pass
    if names:
        raise UserError(
            f"label={label}: this model has no class of that name{did_you_mean(str(label), names)}"
        )
    try:
        model.inputs(1, Draws(0), 0)
    except UserError as error:  # which says what this model knows in the place of classes
        raise UserError(str(error).replace("label=0", f"label={label}", 1)) from None
    raise UserError(f"label={label}: this model knows its classes by their numbers alone, from 0 on")
