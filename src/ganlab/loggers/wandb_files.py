"""What W&B keeps in ``wandb/`` of the run directory: its id, a file for each start; and what it is given to keep."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def run_id(folder: Path, *, resumed: bool) -> str:
    """The id of the W&B run: a resumed run has that of its first start.

    Raises:
        OSError: if ``folder`` cannot be written. (W&B itself would go on in the folder for temporary files.)
    """
    path = folder / "id"
    folder.mkdir(parents=True, exist_ok=True)
    if resumed and path.is_file():
        return path.read_text().strip()
    swept = "WANDB_SWEEP_ID" in os.environ  # W&B's own sweeps have chosen the id
    identity = os.environ.get("WANDB_RUN_ID") if swept else None
    path.write_text(identity or secrets.token_hex(4))
    return path.read_text()


def files(folder: Path, identity: str) -> list[Path]:
    """``(offline-)run-<time>-<id>/run-<id>.wandb`` of each start, the newest first."""
    found = folder.glob(f"*run-*-{identity}*/run-{identity}.wandb")
    return sorted(found, key=lambda path: path.parent.name.removeprefix("offline-"), reverse=True)


def last_step(paths: Iterable[Path], *, otherwise: int) -> int:
    """The last step in the files, newest first; -1 if there is none, ``otherwise`` if W&B cannot read them."""
    for path in paths:
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", str(path)]
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
            step = json.loads(output)["step"]
        except (OSError, subprocess.SubprocessError, ValueError, KeyError):
            return otherwise
        if step is not None:
            return int(step)
    return -1


def mark_uploaded(paths: Iterable[Path]) -> None:
    """Tell ``wandb sync`` to leave offline files alone: the run is online now and has what they hold."""
    for path in paths:
        if path.parent.name.startswith("offline-"):
            path.with_suffix(".wandb.synced").touch()


def keep_models(run: Any, run_dir: Path, results: dict[str, Any]) -> None:
    """Log the checkpoints as versions of one artifact, with their configuration: aliases ``best`` and ``last``."""
    import wandb

    aliases: dict[Path, list[str]] = {}
    for alias in ("best", "last"):
        path = run_dir / "checkpoints" / f"{alias}.ckpt"
        if path.exists():
            aliases.setdefault(path.resolve(), []).append(alias)
    keys = ("model", "data", "seed", "steps", "images")
    about: dict[str, Any] = {key: results[key] for key in keys if key in results}
    for path, names in aliases.items():
        artifact = wandb.Artifact(f"model-{run.id}", type="model", metadata={**about, "file": path.name})
        artifact.add_file(str(path), name="model.ckpt")
        if (config := run_dir / ".hydra" / "config.yaml").is_file():
            artifact.add_file(str(config), name="config.yaml")
        run.log_artifact(artifact, aliases=names)
