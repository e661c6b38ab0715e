"""Run directories written by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a run directory: its overrides, and what else results.json says."""

    def write(*overrides: str, status: str = "finished", **results) -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "overrides.yaml").write_text(json.dumps(overrides))  # JSON is YAML
        (folder / ".hydra" / "config.yaml").write_text("chosen: {model: dcgan, data: digits}\nseed: 0\n")
        words = dict(word.split("=") for word in overrides)
        told = {"model": words.get("model", "dcgan"), "data": "digits", "seed": int(words.get("seed", 0))}
        base = {
            "schema": 1,
            **told,
            "status": status,
            "images": 4000,
            "steps": 60,
            "seconds": 12.0,
            "last": {},
        }
        (folder / "results.json").write_text(json.dumps(base | results))
        return folder

    return write
