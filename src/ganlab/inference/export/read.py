"""Reading an export: weights, words and counts, each checked against its sum."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from safetensors.torch import load_file
from torch import Tensor

from ganlab.config.compose.yaml_files import read_yaml
from ganlab.config.runs.record import saved_config
from ganlab.config.runs.trust import instantiate_foreign
from ganlab.errors import StorageError, UserError
from ganlab.storage import digest

if TYPE_CHECKING:
    from ganlab.models.images.base import LatentGAN
    from ganlab.models.translation.base import ImageToImage


WEIGHTS, STATE, CONFIG, SUMS = "weights.safetensors", "state.json", "config.json", "SHA256SUMS"


def is_export(folder: Path) -> bool:
    return (folder / WEIGHTS).is_file()


def config_of(folder: Path) -> DictConfig:
    """The configuration of a run, or what an export keeps of it: the model, its data's name and classes.

    Raises:
        UserError: the file is damaged.
    """
    if not is_export(folder):
        return saved_config(folder)
    about = read_yaml(folder / CONFIG)  # JSON is YAML
    if not isinstance(about, DictConfig):
        raise UserError(f"{folder / CONFIG} describes no model")
    return about


def names_in(cfg: DictConfig) -> dict[str, str]:
    """The names of the model and of the data; ``unknown`` where a configuration from elsewhere does not say."""
    chosen = cfg.get("chosen")
    found = chosen if isinstance(chosen, DictConfig) else {}
    return {part: str(found.get(part) or "unknown") for part in ("model", "data")}


def load_export(folder: Path) -> "LatentGAN | ImageToImage":
    """The model in an exported folder, in eval mode; it may come from anybody.

    Raises:
        UserError: its configuration would run what is not trusted, or does not fit its weights.
        StorageError: a file is damaged.
    """
    verify(folder)
    model = instantiate_foreign(config_of(folder), "model", folder)
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
