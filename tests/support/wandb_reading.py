"""W&B's own reader on its files, and no account, no network, no settings of the machine."""

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VARIABLES = ("WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_MODE", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_DIR")


def alone(patch: pytest.MonkeyPatch, home: Path) -> None:
    """As on a machine on which W&B was never used; what the process already knows is forgotten."""
    import wandb

    wandb.teardown()
    patch.setenv("HOME", str(home))
    patch.delenv("NETRC", raising=False)
    for name in VARIABLES:
        patch.delenv(name, raising=False)


def starts(run_dir: Path) -> list[Path]:
    """The file of each start of the run, the first start first."""
    found = run_dir.glob("wandb/*run-*/run-*.wandb")
    return sorted(found, key=lambda path: path.parent.name.removeprefix("offline-"))


def records(path: Path, kind: str) -> list[dict[str, Any]]:
    """All records of one kind in a file of W&B: run, history, metric, ..."""
    return [record[kind] for record in map(json.loads, _inspect(path)) if record["type"] == kind]


def history(path: Path) -> list[dict[str, Any]]:
    return [record["item"] for record in records(path, "history")]


def summary(path: Path) -> dict[str, Any]:
    return json.loads("\n".join(_inspect(path, "--summary")))["summary"]


@functools.cache
def _inspect(path: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
