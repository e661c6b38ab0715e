"""What was changed between two starts of a run: it goes on, and says what begins anew, or is refused in a sentence."""

import logging
import os
import shutil
from pathlib import Path

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.training.machine import machine, warn_of_other_machine
from ganlab.training.run import train
from tests.support.pictures import fill
from tests.support.runs import training_state

BASE = {
    "model": "dcgan",
    "data.image_size": "8",
    "data.batch_size": "8",
    "metrics": "none",
    "trainer": "cpu",
    "trainer.threads": "1",
    "callbacks.samples": "null",
    "model.generator.width": "4",
    "model.discriminator.width": "4",
}
ALLOWED = "allow_change=[model,data,seed,trainer,metrics]"
RMSPROP = {
    "model.optimizers.generator._target_": "torch.optim.RMSprop",
    "~model.optimizers.generator.betas": None,
}


def words(changes: dict, **more: str) -> list[str]:
    merged = BASE | changes | {f"trainer.{key}": value for key, value in more.items()}
    return [key if value is None else f"{key}={value}" for key, value in merged.items()]


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("begun")
    train(compose(words({}, max_steps="2")), folder)
    return folder


GOES_ON = {  # what is changed, and what a warning says of it
    "loss": ({"model/loss": "hinge"}, ""),
    "class": ({"model": "lsgan"}, ""),
    "seed": ({"seed": "5"}, ""),
    "batch size": ({"data.batch_size": "16"}, ""),
    "betas": ({"model.optimizers.generator.betas": "[0.9,0.99]"}, ""),
    "precision": ({"trainer.precision": "bf16"}, ""),
    "metrics": ({"metrics": "digits", "metrics.digits.n_fake": "70"}, ""),
    "optimizer": (RMSPROP, "the generator's optimizer, RMSprop, begins anew (it was Adam)"),
    "schedule": ({"model/schedules": "linear_decay"}, "the generator's learning-rate schedule begins now"),
    "no average": ({"model/average": "none"}, "the checkpoint's average is no longer used"),
    "augmentation": ({"model/augment": "ada"}, "holds no such augment: it begins now"),
    "replay": ({"model/replay": "experience"}, "holds no such replay: it begins now"),
    "threads": ({"trainer.threads": "2"}, "threads 1 -> 2 (the same again: trainer.threads=1)"),
}


@pytest.mark.parametrize("name", GOES_ON)
def test_R6_R7_what_the_weights_do_not_depend_on_may_change_and_change_back(name, begun, tmp_path, caplog):
    changed, said = GOES_ON[name]
    folder = shutil.copytree(begun, tmp_path / "run", symlinks=True)
    threads = torch.get_num_threads()
    try:
        for steps, own in (("3", changed), ("4", {})):
            train(compose([*words(own, max_steps=steps), "resume=auto", ALLOWED]), folder)
            if steps == "3":
                warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
                assert any(said in line for line in warnings) if said else not _of_resuming(warnings), (
                    warnings
                )
    finally:
        torch.set_num_threads(threads)
    state = training_state(folder)
    assert state["ganlab"]["steps"] == 4
    moved = {int(moments["step"]) for moments in state["optimizer_states"][1]["state"].values()}
    assert moved == ({1} if name == "optimizer" else {4})


def _of_resuming(warnings: list[str]) -> list[str]:
    return [line for line in warnings if "begin" in line or "no longer" in line or "goes on" in line]


DOES_NOT = {
    "width": {"model.generator.width": "8"},
    "prior": {"model.prior.size": "50"},
    "channels": {"data.channels": "3"},
    "image size": {"data.image_size": "16"},
    "class": {"model": "vanilla", "~model.generator.width": None, "~model.discriminator.width": None},
}


@pytest.mark.parametrize("name", DOES_NOT)
def test_R7_another_network_is_one_sentence_that_names_a_weight_and_changes_nothing(name, begun, tmp_path):
    changed = {key: value for key, value in DOES_NOT[name].items() if not key.startswith("~")}
    kept = {key: None for key in DOES_NOT[name] if key.startswith("~")}
    command = [word for word in words(changed, max_steps="4") if f"~{word.partition('=')[0]}" not in kept]
    folder = shutil.copytree(begun, tmp_path / "run", symlinks=True)
    before = times(folder)
    pattern = r"cannot go on with this model: (gen|discrim)erator\S* is .* in the checkpoint and .* in this model; give"
    pattern = pattern.replace("(gen|discrim)erator", "(generator|discriminator)")
    with pytest.raises(UserError, match=pattern) as refusal:
        train(compose([*command, "resume=auto", ALLOWED]), folder)
    assert "\n" not in str(refusal.value)
    after = times(folder)
    assert {path: time for path, time in after.items() if path in before} == before


def times(folder: Path) -> dict[Path, int]:
    """When each file was written, but the one that is locked."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path: path.stat().st_mtime_ns for path in found}


def test_R7_an_average_that_is_new_begins_at_the_present_weights(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "run", symlinks=True)
    without = words({"model/average": "none"}, max_steps="3")
    train(compose([*without, "resume=auto", ALLOWED]), folder)
    train(
        compose([*words({"model.average.half_life": "1e9"}, max_steps="4"), "resume=auto", ALLOWED]), folder
    )
    state = training_state(folder)["state_dict"]
    begun_at = training_state(begun)["state_dict"]
    key = "layers.0.weight"
    assert not torch.equal(state[f"average.average.{key}"], begun_at[f"average.average.{key}"])
    assert torch.allclose(state[f"average.average.{key}"], state[f"generator.{key}"], atol=1e-3)


def test_R7_a_schedule_that_is_gone_gives_the_rate_back(begun, tmp_path):
    """At its own rate again, not at the one that the schedule had come to."""
    folder = tmp_path / "run"
    decay = words({"model/schedules": "linear_decay"}, max_steps="4")
    train(compose(decay), folder)
    rates = [
        group["lr"] for one in training_state(folder)["optimizer_states"] for group in one["param_groups"]
    ]
    assert rates[0] < 2e-4
    assert rates[1] < 1e-3
    train(compose([*words({}, max_steps="5"), "resume=auto", ALLOWED]), folder)
    rates = [
        group["lr"] for one in training_state(folder)["optimizer_states"] for group in one["param_groups"]
    ]
    assert rates == [2e-4, 1e-3]


@pytest.fixture
def pictures(tmp_path) -> Path:
    """24 pictures that a run of two steps was trained on, in ``run`` beside them."""
    fill(tmp_path, 24, "images", size=(9, 9))
    train(compose([*of_folder(tmp_path / "images"), "trainer.max_steps=2"]), tmp_path / "run")
    return tmp_path / "images"


def of_folder(root: Path, memory_limit: int = 2000) -> list[str]:
    own = {
        "data": "folder",
        "data.root": str(root),
        "data.memory_limit": str(memory_limit),
        "data.workers": "0",
    }
    return words(own)


def test_T4_data_that_was_changed_is_named_and_asked_for(pictures, caplog):
    run = pictures.parent / "run"
    gone, other, *_ = sorted(pictures.iterdir())
    gone.rename(pictures / "new.png")
    content = bytearray(other.read_bytes())
    shutil.copy(pictures / "new.png", other)
    command = [*of_folder(pictures), "trainer.max_steps=4", "resume=auto"]
    assert content != other.read_bytes()
    with pytest.raises(UserError) as refusal:
        train(compose(command), run)
    for part in (
        f"1 file is gone ({gone.name})",
        "1 file is new (new.png)",
        f"1 file has other contents ({other.name})",
    ):
        assert part in str(refusal.value)
    assert "'allow_change=[data]'" in str(refusal.value)
    assert (run / "results.json").exists(), "a run that was refused is as it was"
    with pytest.raises(UserError, match=r"1 file is gone.* 'allow_change=\[data\.root,data\]'"):
        train(compose([*command, "allow_change=[data.root]"]), run)
    train(compose([*command, "allow_change=[data]"]), run)
    assert "going on with other data than before: 1 file is gone" in caplog.text
    caplog.clear()
    train(compose([*of_folder(pictures), "trainer.max_steps=5", "resume=auto"]), run)
    assert "other data" not in caplog.text


@pytest.mark.parametrize("memory_limit", [2000, 0])
def test_T4_the_same_files_elsewhere_and_touched_are_the_same_data(memory_limit, pictures, tmp_path, caplog):
    moved = tmp_path / "elsewhere" / "deeper"
    shutil.copytree(pictures, moved)
    for path in moved.iterdir():
        os.utime(path, (1, 1))
    command = [*of_folder(moved, memory_limit), "trainer.max_steps=3", "resume=auto"]
    train(compose([*command, "allow_change=[data.root,data.memory_limit]"]), tmp_path / "run")
    assert "data" not in " ".join(r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING)


def test_T4_an_earlier_checkpoint_does_not_say_what_its_data_was(pictures, tmp_path, monkeypatch):
    from ganlab.callbacks.checkpoints import Checkpoints

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "on_save_checkpoint", lambda *args: None)
        train(compose([*of_folder(pictures), "trainer.max_steps=2"]), tmp_path / "early")
    next(pictures.iterdir()).unlink()
    train(compose([*of_folder(pictures), "trainer.max_steps=3", "resume=auto"]), tmp_path / "early")


def test_T5_another_machine_is_one_warning_with_both_values_and_how_to_have_them_equal(caplog):
    here = machine(torch.device("cpu"))
    warn_of_other_machine(here, dict(here))
    warn_of_other_machine({}, here)
    assert caplog.text == ""
    there = here | {"threads": 64, "instructions": "altivec", "pytorch": "2.0.0"}
    warn_of_other_machine(there, here)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert f"threads 64 -> {here['threads']} (the same again: trainer.threads=64)" in warning
    assert (
        f"instructions altivec -> {here['instructions']} (the same again: ATEN_CPU_CAPABILITY=altivec"
        in warning
    )
    assert "install torch==2.0.0" in warning
    caplog.clear()
    warn_of_other_machine({"device": "NVIDIA H100", "pytorch": here["pytorch"]}, here)
    assert "device NVIDIA H100 -> cpu" in caplog.text
