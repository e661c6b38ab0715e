"""Checkpoints are whole or not there; a run directory belongs to one process."""

import os
import random
import signal
import stat
import time
from pathlib import Path

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import StorageError, UserError
from ganlab.training.checkpoints import (
    PATTERN,
    AtomicCheckpointIO,
    checkpoint_name,
    newest_valid,
    probe,
    read_checkpoint,
    remove_leftovers,
)
from ganlab.training.run import _owned, train
from tests.helpers import in_child

QUICK = [
    "model=mlp_gan",
    "metrics=none",
    "data.image_size=8",
    "trainer=cpu",
    "data.batch_size=64",
    "callbacks.samples.n=4",
]


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
        with pytest.raises(StorageError, match="cannot be read as tensors and plain values"):
            read_checkpoint(path)
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


def test_disk_full_keeps_the_older_file(tmp_path):
    """Files may not grow past a size, as on a full disk: the save fails, its pieces go, the old file is whole."""

    def attempt():
        import resource

        writer = AtomicCheckpointIO()
        writer.save_checkpoint({"weights": torch.zeros(1000)}, tmp_path / checkpoint_name(1))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        writer.save_checkpoint({"weights": torch.zeros(1_000_000)}, tmp_path / checkpoint_name(2))

    assert in_child(attempt) == StorageError.exit_code
    newest, damaged = newest_valid(tmp_path)
    assert newest.name == checkpoint_name(1)
    assert damaged == []
    assert not list(tmp_path.glob("*.partial"))


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
