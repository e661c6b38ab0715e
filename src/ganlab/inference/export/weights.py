"""A trained model as files to share: weights that cannot run anything, what they are, and checksums."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omegaconf import DictConfig, OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ganlab.config.compose.yaml_files import read_yaml
from ganlab.config.runs.record import saved_config
from ganlab.config.runs.trust import instantiate_foreign
from ganlab.errors import StorageError, UserError
from ganlab.inference.load import load
from ganlab.training.checkpoints import digest

if TYPE_CHECKING:
    from ganlab.models.images.base import LatentGAN
    from ganlab.models.translation.base import ImageToImage

WEIGHTS, STATE, CONFIG, SUMS = "weights.safetensors", "state.json", "config.json", "SHA256SUMS"


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
        (folder / WEIGHTS).write_bytes(
            save(weights, metadata={"format": "pt"})
        )  # save_file: for the owner alone
        for name, content in ((STATE, progress), (CONFIG, about)):
            (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
        sums = [f"{digest(folder / name)}  {name}\n" for name in (WEIGHTS, STATE, CONFIG)]
        (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise StorageError(f"{folder} cannot be written: {error}") from error
    return folder


def load_export(folder: Path) -> "LatentGAN | ImageToImage":
    """The model in an exported folder, in eval mode; it may come from anybody.

    Raises:
        UserError: its configuration would run what is not trusted, or does not fit its weights.
        StorageError: a file is damaged.
    """
    verify(folder)
    about = read_yaml(folder / CONFIG)  # JSON is YAML
    if not isinstance(about, DictConfig):
        raise UserError(f"{folder / CONFIG} describes no model")
    model = instantiate_foreign(about, "model", folder)
    weights = read_weights(folder / WEIGHTS)
    try:
        progress = json.loads((folder / STATE).read_text(encoding="utf-8"))
        missing, unknown = model.load_state_dict(weights | progress["modules"], strict=False)
        model.steps, model.images = int(progress["steps"]), int(progress["images"])
        model.counts |= {name: int(progress["counts"][name]) for name in model.counts}
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{folder / STATE} does not fit {CONFIG} ({error})") from error
    except RuntimeError as error:
        raise UserError(
            f"{folder / WEIGHTS} does not fit {CONFIG}: {str(error).splitlines()[-1].strip()}"
        ) from error
    lacking = [name for name in missing if not name.endswith("_extra_state")]
    if lacking or unknown:
        raise UserError(
            f"{folder / WEIGHTS} does not fit {CONFIG}: {[*lacking, *unknown][0]} is in only one of them"
        )
    return model.eval()


def is_plain(value: object) -> bool:
    """Whether it is made of texts, numbers and the like alone, so that JSON can hold it."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a file of safetensors.

    Raises:
        StorageError: it is none, or damaged.
    """
    try:
        return load_file(path)
    except Exception as error:  # besides its own errors, those of a number or a type that nobody knows
        raise StorageError(f"{path} cannot be read as safetensors: {str(error).splitlines()[0]}") from error


def verify(folder: Path) -> None:
    """Compare the files with their checksums.

    Raises:
        StorageError: one is missing or damaged.
    """
    for name in (WEIGHTS, STATE, CONFIG):
        try:
            sums = dict(
                line.split()[::-1] for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()
            )
            whole = sums[name] == digest(folder / name)
        except (OSError, ValueError, KeyError):
            whole = False
        if not whole:
            raise StorageError(
                f"{folder / name} is damaged or missing: it does not match {SUMS}; fetch it again"
            )
