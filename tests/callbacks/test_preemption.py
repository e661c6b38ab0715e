"""Signals end a run at the end of a step, saved and resumable."""

import os
import signal

import pytest

from ganlab.config import compose
from ganlab.models.base import GAN
from ganlab.training.checkpoints import newest_valid, steps_of
from ganlab.training.run import train
from tests.support.runs import differences, fork, in_child, training_state

QUICK = [
    "model=mlp_gan",
    "metrics=none",
    "data.image_size=8",
    "trainer=cpu",
    "data.batch_size=64",
    "callbacks.samples=null",
]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGHUP, 75)],
    ids=["SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP"],
)
def test_S6_S7_S9_a_signal_saves_and_leaves(number, code, tmp_path, monkeypatch):
    update = GAN.update

    def send(self, player):
        if self.steps == 7 and player == "generator":
            os.kill(os.getpid(), number)  # in the middle of a step
        return update(self, player)

    command = [*QUICK, "trainer.max_steps=15", "resume=auto"]
    with monkeypatch.context() as patch:
        patch.setattr(GAN, "update", send)
        assert in_child(lambda: train(compose(command), tmp_path / "stopped")) == code
    assert steps_of(newest_valid(tmp_path / "stopped" / "checkpoints")[0]) == 7
    train(compose(command), tmp_path / "stopped")
    train(compose(command), tmp_path / "straight")
    assert differences(training_state(tmp_path / "straight"), training_state(tmp_path / "stopped")) == []


def test_S6_a_second_signal_leaves_at_once(tmp_path, monkeypatch):
    update, later = GAN.update, tmp_path / "later"

    def send(self, player):
        if self.steps == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            later.touch()
        return update(self, player)

    monkeypatch.setattr(GAN, "update", send)
    assert in_child(lambda: train(compose([*QUICK, "trainer.max_steps=9"]), tmp_path)) == 128 + signal.SIGTERM
    assert not later.exists(), "it went on with its step"


def test_S7_a_terminal_is_closed_and_says_so_twice(tmp_path, monkeypatch):
    """The shell and the system both send SIGHUP; from then on every write to the terminal fails."""
    update = GAN.update

    def close(self, player):
        if self.steps == 3 and player == "generator":
            os.close(master)
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGHUP)
        return update(self, player)

    monkeypatch.setattr(GAN, "update", close)
    master, terminal = os.openpty()

    def run():
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for stream in (1, 2):
            os.dup2(terminal, stream)
        os.close(terminal)
        train(compose([*QUICK, "trainer.max_steps=9"]), tmp_path)

    child = fork(run)
    os.close(terminal), os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 75
    assert steps_of(newest_valid(tmp_path / "checkpoints")[0]) == 3


def test_S7_nohup_is_left_deaf(tmp_path, monkeypatch):
    update = GAN.update

    def send(self, player):
        os.kill(os.getpid(), signal.SIGHUP)
        return update(self, player)

    def run():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        train(compose([*QUICK, "trainer.max_steps=3"]), tmp_path)

    monkeypatch.setattr(GAN, "update", send)
    assert in_child(run) == 0
    assert steps_of(newest_valid(tmp_path / "checkpoints")[0]) == 3


def test_S10_slurm_asks_to_leave_and_the_job_is_left_to_the_user(tmp_path, monkeypatch):
    """Lightning's own answer would save in the middle of a step, requeue and train on; ours is that of everywhere."""
    update, requeued = GAN.update, tmp_path / "requeued"
    (tmp_path / "bin").mkdir()
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.write_text(f"#!/bin/sh\ntouch {requeued}\n")
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", str(scontrol.parent), prepend=os.pathsep)
    for name, value in {
        "JOB_ID": "7",
        "JOB_NAME": "gan",
        "NTASKS": "1",
        "PROCID": "0",
        "LOCALID": "0",
    }.items():
        monkeypatch.setenv(f"SLURM_{name}", value)

    def send(self, player):
        if self.steps == 7 and player == "generator":
            os.kill(os.getpid(), signal.SIGUSR1)
        return update(self, player)

    command = [*QUICK, "trainer.max_steps=15", "resume=auto"]
    with monkeypatch.context() as patch:
        patch.setattr(GAN, "update", send)
        assert in_child(lambda: train(compose(command), tmp_path / "run")) == 75
    assert not requeued.exists()
    assert list(tmp_path.rglob("hpc_ckpt*")) == []
    train(compose(command), tmp_path / "run")
    assert steps_of(newest_valid(tmp_path / "run" / "checkpoints")[0]) == 15


def test_handlers_are_put_back(tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    train(compose([*QUICK, "trainer.max_steps=2"]), tmp_path)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
