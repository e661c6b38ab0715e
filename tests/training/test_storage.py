"""Checkpoints are whole or not there; a run directory belongs to one process."""

import errno
import json
import os
import random
import shutil
import signal
import stat
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import StorageError, UserError
from ganlab.loggers.csv import CSVLog
from ganlab.models.base import GAN
from ganlab.training.checkpoints import (
    PATTERN,
    AtomicCheckpointIO,
    checkpoint_name,
    newest_valid,
    probe,
    read_checkpoint,
    remove_leftovers,
    steps_of,
)
from ganlab.training.run import _owned, train
from tests.support.disk import files_up_to
from tests.support.runs import QUICK, in_child


def test_S1_killed_during_a_save(tmp_path):
    """SIGKILL at random moments of writing: what the folder then holds is whole, and not older than announced."""
    draw = random.Random(0)
    announced = tmp_path / "announced"
    for trial in range(20):
        newest, _ = newest_valid(tmp_path)
        first = int(newest.stem[5:]) + 1 if newest else 0
        child = os.fork()
        if child == 0:
            writer = AtomicCheckpointIO()
            weights = torch.randn(400_000)
            for step in range(first, first + 1000):
                writer.save_checkpoint({"weights": weights, "step": step}, tmp_path / checkpoint_name(step))
                announced.write_text(str(step))
            os._exit(0)
        while not announced.exists():
            time.sleep(0.001)
        time.sleep(draw.uniform(0.03, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        newest, damaged = newest_valid(tmp_path)
        assert damaged == [], f"trial {trial}"
        if newest:
            assert read_checkpoint(newest)["step"] == int(newest.stem[5:]) >= int(announced.read_text() or 0)
        remove_leftovers(tmp_path)
        for old in sorted(tmp_path.glob(PATTERN))[:-1]:
            old.unlink()
        assert not list(tmp_path.glob("*.partial"))
    assert newest is not None


def test_S4_unwritable_run_directory(tmp_path):
    """As a user without the right to write, whoever runs the tests."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in (tmp_path, *list(tmp_path.parents)[:3]):
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)

    def attempt():
        if os.geteuid() == 0:
            os.setuid(65534)
        with pytest.raises(UserError, match=r"cannot be written .*hydra.run.dir="):
            probe(folder / "checkpoints")

    assert in_child(attempt) == 0


def test_S5_two_runs_in_one_directory(tmp_path):
    ready, waiting = os.pipe()
    child = os.fork()
    if child == 0:
        with _owned(tmp_path):
            os.write(waiting, b"x")
            time.sleep(60)
        os._exit(0)
    os.read(ready, 1)
    try:
        with pytest.raises(UserError, match=rf"in use by process {child} on .*hydra.run.dir"):
            train(compose([*QUICK, "trainer.max_steps=2"]), tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    train(compose([*QUICK, "trainer.max_steps=2"]), tmp_path)  # the dead holder's lock is free at once
    assert (tmp_path / "results.json").exists()


def test_X1_a_checkpoint_with_code_in_it_is_refused(tmp_path):
    """A pickle that would run a command when loaded: it is not run, whoever wrote the checksum."""
    marker = tmp_path / "marker"

    class Payload:
        def __reduce__(self):
            return os.system, (f"touch {marker}",)

    for content in (Payload(), {"state_dict": {"weight": Payload()}}):
        path = tmp_path / checkpoint_name(1)
        torch.save(content, path)
        with pytest.raises(StorageError, match="cannot be read as tensors and plain values") as refusal:
            read_checkpoint(path)
        assert "would run posix.system" in str(refusal.value)
        shown = "".join(traceback.format_exception(refusal.value))  # as with --debug
        assert "likely succeed" not in shown, "PyTorch's advice to run it"
    assert not marker.exists()


def test_X1_no_source_loads_pickles():
    source = Path(__file__).parents[2] / "src" / "ganlab"
    for path in source.rglob("*.py"):
        text = path.read_text()
        for forbidden in ("weights_only=False", "pickle.load", "torch.hub.load", "allow_pickle=True"):
            assert forbidden not in text, f"{path.name}: {forbidden}"


def test_X2_the_environment_cannot_turn_safe_loading_off(tmp_path, monkeypatch):
    path = tmp_path / checkpoint_name(1)
    torch.save({"a": 1}, path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(UserError, match="TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"):
        read_checkpoint(path)


def full_disk(first: int, last: int, monkeypatch) -> None:
    """From the save of step ``first`` to that of step ``last``, no checkpoint fits."""
    save = AtomicCheckpointIO.save_checkpoint

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        full = first <= checkpoint["ganlab"]["steps"] <= last
        with files_up_to(100_000) if full else nullcontext():
            save(self, checkpoint, path, storage_options)

    monkeypatch.setattr(AtomicCheckpointIO, "save_checkpoint", save_checkpoint)


EVERY_STEP = [*QUICK, "callbacks.checkpoints.every_images=64"]


def whole_steps(run_dir: Path) -> list[int]:
    """The steps of the checkpoints; each of them is whole, and nothing else lies there."""
    folder = run_dir / "checkpoints"
    found = sorted(folder.glob(PATTERN))
    assert all(read_checkpoint(path)["ganlab"]["steps"] == steps_of(path) for path in found)
    assert {path.suffix for path in folder.iterdir()} == {".ckpt", ".sha256"}
    return [steps_of(path) for path in found]


def test_S3_disk_full_for_a_while_is_a_warning_for_each_save(tmp_path, monkeypatch, caplog):
    full_disk(3, 4, monkeypatch)
    train(compose([*EVERY_STEP, "trainer.max_steps=6"]), tmp_path)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 2
    for step, warning in enumerate(warnings, 3):
        assert checkpoint_name(step) in warning
        assert "training goes on" in warning
    assert whole_steps(tmp_path) == [5, 6]


@pytest.mark.parametrize(
    ("first", "kept", "steps"), [(3, [1, 2], 5), (6, [4, 5], 6)], ids=["three in a row", "the last one"]
)
def test_S3_disk_full_ends_training_and_keeps_the_older_files(first, kept, steps, tmp_path, monkeypatch):
    full_disk(first, 6, monkeypatch)
    with pytest.raises(StorageError, match=rf"{checkpoint_name(steps)}.*free some space and resume") as error:
        train(compose([*EVERY_STEP, "trainer.max_steps=6"]), tmp_path)
    assert error.value.exit_code == 4
    assert whole_steps(tmp_path) == kept
    results = json.loads((tmp_path / "results.json").read_text())
    assert (results["status"], results["steps"]) == ("failed", steps)


def test_S3_a_best_that_could_not_be_written_is_none(tmp_path, monkeypatch):
    """A metric that only gets better, but not onto the disk: the best is one that is there."""
    full_disk(3, 4, monkeypatch)
    steps = iter(range(100, 0, -1))
    monkeypatch.setattr(GAN, "learning_rate", lambda self, player: float(next(steps)))
    better = ["callbacks.checkpoints.monitor=generator/lr", "callbacks.log.every_steps=1"]
    config = compose([*QUICK, *better, "callbacks.checkpoints.keep=1", "trainer.max_steps=4"])
    with pytest.raises(StorageError):
        train(config, tmp_path)
    assert whole_steps(tmp_path) == [2]
    assert (tmp_path / "checkpoints" / "best.ckpt").resolve().name == checkpoint_name(2)


def test_S3_less_room_than_a_checkpoint_takes_is_known_before(tmp_path, monkeypatch):
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"weights": torch.zeros(1000)}, tmp_path / checkpoint_name(1))
    size = (tmp_path / checkpoint_name(1)).stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=size - 1))
    with pytest.raises(StorageError, match=r"step-00000002.ckpt: .* 0.0 MB are free"):
        writer.save_checkpoint({"weights": torch.zeros(1000)}, tmp_path / checkpoint_name(2))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=size))
    writer.save_checkpoint({"weights": torch.zeros(1000)}, tmp_path / checkpoint_name(2))


def test_S3_another_file_that_finds_no_room_ends_training_with_one_sentence(tmp_path, monkeypatch):
    def no_room(self, metrics, step=None):
        if step == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    monkeypatch.setattr(CSVLog, "log_metrics", no_room)
    with pytest.raises(
        StorageError, match=r"metrics.csv cannot be written \(No space left .* ganlab resume="
    ):
        train(compose([*EVERY_STEP, "callbacks.log.every_steps=1", "trainer.max_steps=6"]), tmp_path)
    assert whole_steps(tmp_path) == [2, 3]


def test_only_the_newest_and_the_best_are_kept(tmp_path):
    """A metric that only gets worse: the first file is the best and stays, with the two newest."""
    extra = [
        "callbacks.checkpoints.every_images=128",
        "callbacks.checkpoints.monitor=generator/lr",
        "callbacks.log.every_steps=1",
    ]
    train(compose([*QUICK, "trainer.max_steps=10", *extra]), tmp_path)
    folder = tmp_path / "checkpoints"
    assert [path.name for path in sorted(folder.glob(PATTERN))] == [checkpoint_name(n) for n in (1, 8, 10)]
    assert (folder / "best.ckpt").resolve().name == checkpoint_name(1)
    assert (folder / "last.ckpt").resolve().name == checkpoint_name(10)
