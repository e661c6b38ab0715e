"""Weights & Biases: online if an account is configured, else offline; never a question."""

import os
import sys
from pathlib import Path
from typing import Literal

from lightning.pytorch.loggers import WandbLogger


def wandb_logger(
    *,
    save_dir: Path,
    project: str = "ganlab",
    name: str | None = None,
    mode: Literal["online", "offline", "disabled"] | None = None,
) -> WandbLogger:
    """A Lightning logger for W&B.

    mode: null takes WANDB_MODE, else online if a key is configured, else offline (upload later with ``wandb sync``).
    """
    import wandb

    mode = mode or os.environ.get("WANDB_MODE") or ("online" if _has_key(wandb) else "offline")
    settings = wandb.Settings(console="off", disable_git=True, save_code=False, silent=True)
    return WandbLogger(save_dir=str(save_dir), project=project, name=name, mode=mode, settings=settings)


def finish_wandb() -> None:
    """End the present W&B run, if there is one: the next job of a sweep would log into it."""
    if wandb := sys.modules.get("wandb"):
        wandb.finish()


def _has_key(wandb) -> bool:
    try:
        return bool(wandb.login(prompt=False, verify=False))
    except Exception:  # a malformed key must not stop a training run
        return False
