"""A trained model as files to share: weights that cannot run anything, what they are, and checksums."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor

from ganlab.config.runs.record import saved_config
from ganlab.errors import StorageError, UserError
from ganlab.inference.export.read import CONFIG, STATE, SUMS, WEIGHTS
from ganlab.inference.load import load
from ganlab.storage import digest

if TYPE_CHECKING:
    pass


def export(run_dir: Path, checkpoint: Literal["last", "best"] = "last", output: Path | None = None) -> Path:
    """Write the four files of a run's model to ``output``, by default ``<run_dir>/export``; returns the folder.

    Raises:
        UserError: a run that cannot be loaded, or a folder that holds something.
        StorageError: the disk does not take it.
    """
    folder = output or run_dir / "export"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already; choose another output=FOLDER")
    model = load(run_dir, checkpoint)
    cfg: Any = OmegaConf.to_container(saved_config(run_dir), resolve=False)
    about = {key: cfg.get(key) for key in ("chosen", "classes", "class_names", "seed", "model")}
    state = model.state_dict().items()  # cloned: safetensors takes no two tensors that share memory
    weights = {name: value.clone().contiguous() for name, value in state if isinstance(value, Tensor)}
    rest = {name: value for name, value in state if is_plain(value)}  # words, and what else is no tensor
    progress = {"steps": model.steps, "images": model.images, "counts": dict(model.counts), "modules": rest}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # save_file: for the owner alone
        (folder / WEIGHTS).write_bytes(save(weights, metadata={"format": "pt"}))
        for name, content in ((STATE, progress), (CONFIG, about)):
            (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
        sums = [f"{digest(folder / name)}  {name}\n" for name in (WEIGHTS, STATE, CONFIG)]
        (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise StorageError(f"{folder} cannot be written: {error}") from error
    return folder


def is_plain(value: object) -> bool:
    """Whether it is made of texts, numbers and the like alone, so that JSON can hold it."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)
