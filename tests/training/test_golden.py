"""Checkpoints of earlier versions go on: files that are never made anew, one for each schema.

A change of what checkpoints hold raises ``SCHEMA`` in ``ganlab.models.base``, teaches ``on_load_checkpoint`` what files
of the schema before lack, and adds a file, made by ``python -m tests.training.test_golden``.
"""

import json
import shutil
from pathlib import Path

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.models import base
from ganlab.training.run import train
from tests.helpers import training_state

GOLDEN = Path(__file__).parents[1] / "data"
BEFORE, AFTER = 4, 8  # steps when the file was written, and when the numbers beside it were
WORDS = [
    "model=mlp_gan",
    "model.generator.widths=[16,16]",
    "model.discriminator.widths=[16]",
    "metrics=none",
    "data.image_size=8",
    "data.batch_size=16",
    "trainer=cpu",
    "callbacks.samples=null",
    "callbacks.log.every_steps=4",
    "callbacks.checkpoints.every_images=64",
    "callbacks.checkpoints.keep=1",
]


def numbers(folder: Path) -> dict[str, float]:
    """The mean losses of the last steps, and the norm of each weight, moment and average at the end."""
    published = json.loads((folder / "results.json").read_text())["last"]
    found = {name: value for name, value in published.items() if name.endswith("loss")}
    state = training_state(folder)
    for name, value in state["state_dict"].items():
        if torch.is_tensor(value) and value.is_floating_point():
            found[name] = float(value.norm())
    for number, optimizer in enumerate(state["optimizer_states"]):
        for key, moments in optimizer["state"].items():
            found[f"moment {number}.{key}"] = float(moments["exp_avg_sq"].norm())
    return found


def make(folder: Path) -> None:
    """Train, keep the file of the middle, and go on to the end for the numbers."""
    shutil.rmtree(folder, ignore_errors=True)
    train(compose([*WORDS, f"trainer.max_steps={BEFORE}"]), folder)
    alias = shutil.ignore_patterns("last.ckpt")
    kept = shutil.copytree(folder / "checkpoints", folder / "kept", ignore=alias)
    train(compose([*WORDS, f"trainer.max_steps={AFTER}", "resume=auto"]), folder)
    expected = numbers(folder)
    for path in folder.iterdir():
        if path != kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    kept.rename(folder / "checkpoints")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


@pytest.mark.parametrize("schema", range(1, base.SCHEMA + 1))
def test_R10_a_checkpoint_of_an_earlier_version_goes_on_as_it_would_have(schema, tmp_path):
    golden = GOLDEN / f"golden_schema_{schema}"
    shutil.copytree(golden, tmp_path, dirs_exist_ok=True)
    train(compose([*WORDS, f"trainer.max_steps={AFTER}", "resume=auto"]), tmp_path)
    expected = json.loads((golden / "expected.json").read_text())
    assert numbers(tmp_path) == pytest.approx(expected, rel=1e-3, abs=1e-6)  # processors round differently


def test_R10_a_checkpoint_of_a_later_version_is_refused(tmp_path, monkeypatch):
    shutil.copytree(GOLDEN / "golden_schema_1", tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(base, "SCHEMA", 0)
    with pytest.raises(UserError, match=r"written by a later version of ganlab .*; update ganlab"):
        train(compose([*WORDS, f"trainer.max_steps={AFTER}", "resume=auto"]), tmp_path)


if __name__ == "__main__":
    make(GOLDEN / f"golden_schema_{base.SCHEMA}")
