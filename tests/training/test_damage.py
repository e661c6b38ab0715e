"""Files that a run finds in its directory, or is given, and that are not what they should be: a sentence, no hang."""

import os
import shutil
from pathlib import Path

import pytest
import torch

import ganlab
from ganlab.config import compose, save_config
from ganlab.config.runs.resume import find_run, is_finished
from ganlab.errors import StorageError, UserError
from ganlab.inference.export.read import SUMS, verify
from ganlab.inference.foreign.import_weights import read
from ganlab.losses.perceptual import VGG54
from ganlab.metrics.extractors.common import sha256_of
from ganlab.models.base import GAN
from ganlab.storage import digest
from ganlab.training.checkpoints import (
    AtomicCheckpointIO,
    by_steps,
    checksum_path,
    newest_valid,
    read_checkpoint,
)
from ganlab.training.run import train
from tests.support.disk import files_up_to
from tests.support.runs import QUICK, training_state

RUN = [*QUICK, "model.generator.widths=[8]", "model.discriminator.widths=[8]"]
EVERY_STEP = "callbacks.checkpoints.every_images=64"


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """A run of three steps, with checkpoints after the second and the third."""
    folder = tmp_path_factory.mktemp("begun")
    cfg = compose([*RUN, EVERY_STEP, "trainer.max_steps=3"])
    save_config(cfg, folder, RUN)
    train(cfg, folder)
    return folder


@pytest.fixture
def run(begun, tmp_path) -> Path:
    return shutil.copytree(begun, tmp_path / "run", symlinks=True)


def narrow(state: dict) -> dict:
    weights = state["state_dict"] | {"generator.layers.0.weight": torch.zeros(3, 3)}
    return state | {"state_dict": weights}


CONTENTS = {
    "a list": lambda state: [1, 2],
    "no weights": lambda state: {key: value for key, value in state.items() if key != "state_dict"},
    "no progress": lambda state: {key: value for key, value in state.items() if key != "ganlab"},
    "progress of another kind": lambda state: state | {"ganlab": [1]},
    "another shape": narrow,
    "weights that are no tensors": lambda state: (
        state | {"state_dict": dict.fromkeys(state["state_dict"], 1)}
    ),
}
FOR_TRAINING = {
    "an optimizer less": lambda state: state | {"optimizer_states": state["optimizer_states"][:1]},
    "no optimizers": lambda state: {key: value for key, value in state.items() if key != "optimizer_states"},
    "optimizers of another kind": lambda state: state | {"optimizer_states": [1, 2]},
}


def rewrite(path: Path, change) -> None:
    """Other contents, under the right checksum."""
    torch.save(change(read_checkpoint(path)), path)
    checksum_path(path).write_text(digest(path))


@pytest.mark.parametrize("name", CONTENTS | FOR_TRAINING)
def test_T8_wrong_contents_under_the_right_checksum_fall_back_and_without_another_are_a_sentence(
    name, run, caplog
):
    before, newest = by_steps(run / "checkpoints")
    change = (CONTENTS | FOR_TRAINING)[name]
    rewrite(newest, change)
    command = compose([*RUN, "trainer.max_steps=4", "resume=auto"])
    if name in CONTENTS:
        assert ganlab.load(run).steps == 2
        assert f"{newest.name} cannot be loaded (" in caplog.text
        caplog.clear()
    train(command, run)
    assert f"{newest.name} is damaged and set aside (" in caplog.text
    assert f"falling back to {before.name}" in caplog.text
    assert training_state(run)["ganlab"]["steps"] == 4
    for path in by_steps(run / "checkpoints"):
        rewrite(path, change)
    with pytest.raises(
        (StorageError, UserError), match=r"is damaged|cannot go on with this model"
    ) as refusal:
        train(compose([*RUN, "trainer.max_steps=5", "resume=auto"]), run)
    assert "\n" not in str(refusal.value)
    if name in CONTENTS:
        for kind in ("last", "best"):
            (run / "checkpoints" / "best.ckpt").unlink(missing_ok=True)
            (run / "checkpoints" / "best.ckpt").symlink_to(by_steps(run / "checkpoints")[-1].name)
            with pytest.raises((StorageError, UserError), match="loaded") as refusal:
                ganlab.load(run, kind)
            assert "\n" not in str(refusal.value)


def test_T9_copies_beside_checkpoints_and_folders_in_the_place_of_files_are_passed_over(run):
    folder = run / "checkpoints"
    before, newest = by_steps(folder)
    shutil.copy(newest, folder / "step-00000020 (copy).ckpt")
    (folder / "step-latest.ckpt").mkdir()
    (folder / "step-00000030.ckpt").mkdir()
    (folder / "step-00000030.ckpt.sha256").write_text("0")
    checksum_path(newest).unlink()
    checksum_path(newest).mkdir()
    assert newest_valid(folder) == (before, [folder / "step-00000030.ckpt", newest])
    assert ganlab.load(run).steps == 2
    (folder / "best.ckpt").symlink_to("gone.ckpt")
    with pytest.raises(UserError, match="holds no best checkpoint"):
        ganlab.load(run, "best")
    (folder / "best.ckpt").unlink()
    (folder / "best.ckpt").mkdir()
    with pytest.raises(UserError, match=r"best\.ckpt is a folder, and a file is needed"):
        ganlab.load(run, "best")


def test_T11_devices_and_pipes_are_no_weights(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        for reading in (read, read_checkpoint):
            with pytest.raises(UserError, match=rf"{path} is a device or a pipe, and a file is needed"):
                reading(path)
        with pytest.raises(OSError, match="no regular file"):
            sha256_of(path)
        with pytest.raises(UserError, match="no regular file"):
            VGG54(weights=path).prepare()
    (tmp_path / SUMS).write_text("0  weights.safetensors\n")
    os.mkfifo(tmp_path / "weights.safetensors")
    with pytest.raises(StorageError, match="damaged or missing"):
        verify(tmp_path)


def test_what_is_a_file_is_no_run():
    with pytest.raises(UserError, match=r"/etc/passwd is no folder, and a run is one"):
        find_run("/etc/passwd")


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80" * 50, b"step,images\n1,x\n", b"a,b\n1,2\n", b"", b"step,images,seconds\nx,1,1\n"],
)
def test_a_log_of_other_bytes_is_set_aside_and_begun_anew(content, run, caplog):
    log = run / "metrics.csv"
    log.write_bytes(content)
    train(compose([*RUN, "trainer.max_steps=4", "resume=auto"]), run)
    assert log.read_text().startswith("step,images,seconds,")
    if content:
        assert "metrics.damaged, and a new one begins" in caplog.text
        assert (run / "metrics.damaged").read_bytes() == content


def test_a_pipe_in_the_place_of_the_log_is_set_aside_and_in_that_of_the_results_means_no_end(run):
    for name in ("metrics.csv", "results.json"):
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)
    assert not is_finished(run)
    train(compose([*RUN, "trainer.max_steps=4", "resume=auto"]), run)
    assert is_finished(run)
    assert (run / "metrics.damaged").is_fifo()


def test_something_else_in_the_place_of_a_file_of_the_run_is_told_before_training(tmp_path):
    shown = [word for word in RUN if word != "callbacks.samples=null"]
    (tmp_path / "samples").write_text("")
    with pytest.raises(UserError, match=r"samples cannot be a folder for pictures"):
        train(compose([*shown, "callbacks.samples.n=4", "trainer.max_steps=2"]), tmp_path)
    (tmp_path / "samples").unlink()
    (tmp_path / ".lock").unlink(missing_ok=True)
    (tmp_path / ".lock").mkdir()
    with pytest.raises(UserError, match=r"\.lock cannot be locked"):
        train(compose([*RUN, "trainer.max_steps=2"]), tmp_path)
    (tmp_path / ".lock").rmdir()
    (tmp_path / "results.json").unlink(missing_ok=True)
    (tmp_path / "results.json").mkdir()
    with pytest.raises(UserError, match=r"results\.json cannot be replaced"):
        train(compose([*RUN, "trainer.max_steps=2"]), tmp_path)


def test_a_run_directory_that_is_deleted_while_training_is_one_sentence(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()
    begin = GAN.on_train_batch_start

    def delete(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        if self.steps == 2:
            shutil.rmtree(folder)

    monkeypatch.setattr(GAN, "on_train_batch_start", delete)
    with pytest.raises(StorageError, match=r"run is gone while the run was writing to it|No such file"):
        train(compose([*RUN, EVERY_STEP, "callbacks.log.every_steps=1", "trainer.max_steps=6"]), folder)
    assert not folder.exists()


def test_S3_a_full_disk_is_called_one(tmp_path):
    with files_up_to(1000), pytest.raises(StorageError) as refusal:
        AtomicCheckpointIO().save_checkpoint(
            {"weights": torch.zeros(100_000)}, tmp_path / "step-00000001.ckpt"
        )
    assert "File too large" in str(refusal.value)
    assert "enforce fail" not in str(refusal.value)
