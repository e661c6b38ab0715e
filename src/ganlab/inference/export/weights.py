"""A trained model's own weights as files: they cannot run anything, and ganlab makes the model of them again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from safetensors.torch import save
from torch import Tensor

from ganlab.inference.export.read import CONFIG, STATE, WEIGHTS
from ganlab.models.base import GAN


def write_weights(model: GAN, cfg: DictConfig, folder: Path) -> None:
    """``weights.safetensors``, ``config.json`` and ``state.json`` of a model and the configuration of its run.

    Raises:
        OSError, SafetensorError: the disk does not take it.
    """
    tree: Any = OmegaConf.to_container(cfg, resolve=False)
    about = {key: tree.get(key) for key in ("chosen", "classes", "class_names", "seed", "model")}
    state = model.state_dict().items()  # cloned: safetensors takes no two tensors that share memory
    weights = {name: value.clone().contiguous() for name, value in state if isinstance(value, Tensor)}
    rest = {name: value for name, value in state if is_plain(value)}  # words, and what else is no tensor
    progress = {"steps": model.steps, "images": model.images, "counts": dict(model.counts), "modules": rest}
    # save_file: for the owner alone
    (folder / WEIGHTS).write_bytes(save(weights, metadata={"format": "pt"}))
    for name, content in ((STATE, progress), (CONFIG, about)):
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")


def is_plain(value: object) -> bool:
    """Whether it is made of texts, numbers and the like alone, so that JSON can hold it."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)
