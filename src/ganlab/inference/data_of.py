"""The data that belongs to a trained model: its run's, or what is named beside an export."""

from pathlib import Path
from typing import Any

from ganlab.config.runs.trust import instantiate_saved
from ganlab.errors import UserError
from ganlab.inference.export.read import config_of, is_export, names_in


def data_of(run_dir: Path, model: Any = None, given: Any = None) -> Any:
    """The data that a run was trained on, found and read; or ``given``, which must be such as the model makes.

    Raises:
        UserError: this is an export, which has none, and none is given; or it is gone, or of another shape.
    """
    if given is None:
        require_data(run_dir)
        given = instantiate_saved(run_dir, "data")
    elif model.data_kind != "captions":  # a check would give it the words of this data
        model.check(given.shape, given.classes)
    given.prepare()
    return given


def require_data(run_dir: Path) -> None:
    """Raises UserError for an export: it has the name of its data and nothing else of it."""
    if is_export(run_dir):
        name = names_in(config_of(run_dir))["data"]
        raise UserError(
            f"{run_dir} is an export and knows no data: name some, as in data={name}, which it was trained on, with "
            "its settings (data.image_size=...)"
        )
