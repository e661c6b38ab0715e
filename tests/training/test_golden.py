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
from tests.support.runs import training_state

GOLDEN = Path(__file__).parents[1] / "data"
BEFORE, AFTER = 4, 8  # steps when the file was written, and when the numbers beside it were
BEFORE_A_NORM = {f"{net}.layers.{n}.bias" for net in ("generator", "average.average") for n in (0, 3)}
IDLE = {"moment 1.1", "moment 1.5"}  # the second moments of these biases ...
ROUNDING = 1e-12  # ... are below this: what rounding leaves, squared
WORDS = [
    "model=mlp_gan",
    "model.generator.widths=[16,16]",
    "model.discriminator.widths=[16]",
    "model.optimizers.discriminator.betas=[0.5,0.999]",  # those of the model when the file was written
    "model.optimizers.generator.betas=[0.5,0.999]",
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


def told_apart(found: dict[str, float], expected: dict[str, float]) -> list[str]:
    """The numbers that no rounding explains.

    A bias before a batch normalization has the gradient 0. What a processor leaves of it is rounding, which Adam
    divides by its own size, so that the bias may go anywhere; its moment tells that there was no gradient.
    """
    assert found.keys() == expected.keys()
    wrong = [name for name in IDLE if max(found[name], expected[name]) > ROUNDING]
    meant = expected.keys() - BEFORE_A_NORM - IDLE
    return wrong + [name for name in meant if found[name] != pytest.approx(expected[name], rel=1e-3, abs=0)]


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


def go_on(schema: int, folder: Path) -> list[str]:
    """What differs at the end of a run that goes on from the file of a schema."""
    golden = GOLDEN / f"golden_schema_{schema}"
    shutil.copytree(golden, folder, dirs_exist_ok=True)
    train(compose([*WORDS, f"trainer.max_steps={AFTER}", "resume=auto"]), folder)
    return told_apart(numbers(folder), json.loads((golden / "expected.json").read_text()))


@pytest.mark.parametrize("schema", range(1, base.SCHEMA + 1))
def test_R10_a_checkpoint_of_an_earlier_version_goes_on_as_it_would_have(schema, tmp_path):
    assert go_on(schema, tmp_path) == []


def _moments(checkpoint: dict) -> None:
    for optimizer in checkpoint["optimizer_states"]:
        for moments in optimizer["state"].values():
            moments["exp_avg_sq"].zero_()


def _steps(checkpoint: dict) -> None:
    checkpoint["ganlab"]["steps"] -= 1  # draws are a function of the step


def _images(checkpoint: dict) -> None:
    checkpoint["ganlab"]["images"] = 0  # the average's memory is a part of them


@pytest.mark.parametrize(
    ("lose", "seen_in"),
    [(_moments, "moment 0.0"), (_steps, "generator/loss"), (_images, "average.average.layers.4.bias")],
    ids=["moments", "steps", "images"],
)
def test_R10_control_what_a_checkpoint_loses_is_noticed(lose, seen_in, tmp_path, monkeypatch):
    load = base.GAN.on_load_checkpoint

    def on_load_checkpoint(self, checkpoint):
        lose(checkpoint)
        load(self, checkpoint)

    monkeypatch.setattr(base.GAN, "on_load_checkpoint", on_load_checkpoint)
    assert seen_in in go_on(1, tmp_path)


def test_R10_a_checkpoint_of_a_later_version_is_refused(tmp_path, monkeypatch):
    shutil.copytree(GOLDEN / "golden_schema_1", tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(base, "SCHEMA", 0)
    with pytest.raises(UserError, match=r"written by a later version of ganlab .*; update ganlab"):
        train(compose([*WORDS, f"trainer.max_steps={AFTER}", "resume=auto"]), tmp_path)


if __name__ == "__main__":
    make(GOLDEN / f"golden_schema_{base.SCHEMA}")
