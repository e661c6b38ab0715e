"""What ends a run from outside is told in a sentence, with a code, and the run goes on from its last checkpoint."""

import multiprocessing
import os
import signal
import sys

import pytest
from torch.utils.data import dataloader

from ganlab.config import compose
from ganlab.errors import PeerError
from ganlab.models.base import GAN
from ganlab.training.checkpoints import newest_valid, steps_of
from ganlab.training.faults import fault_of
from ganlab.training.run import train
from tests.support.pictures import fill


def test_S16_a_decoding_process_is_killed(tmp_path, monkeypatch):
    """As when memory runs out."""
    fill(tmp_path, 24, "images", size=(9, 9))
    words = ["model=mlp_gan", "data=folder", f"data.root={tmp_path / 'images'}", "data.memory_limit=0"]
    words += ["data.image_size=8", "data.batch_size=6", "trainer=cpu", "trainer.max_steps=40", "metrics=none"]
    words += ["callbacks.samples=null", "callbacks.checkpoints.every_images=12", "resume=auto"]
    begin, killed = GAN.on_train_batch_start, []

    def on_train_batch_start(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        if self.steps == 5:
            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(GAN, "on_train_batch_start", on_train_batch_start)
        with pytest.raises(PeerError) as error:
            train(compose([*words, "data.workers=2"]), tmp_path / "run")
    assert error.value.exit_code == 5
    said = str(error.value)
    assert said.startswith(
        (f"a decoding process (pid {killed[0]}) was killed", "a decoding process was killed")
    )
    assert "data.workers=0" in said
    assert steps_of(newest_valid(tmp_path / "run" / "checkpoints")[0]) >= 4
    train(compose([*words, "data.workers=0"]), tmp_path / "run")
    assert steps_of(newest_valid(tmp_path / "run" / "checkpoints")[0]) == 40


def test_S16_a_decoding_process_is_missed_while_its_fault_is_told(tmp_path, monkeypatch):
    """The signal of its end may come after the connection to it was lost, and raises wherever Python is by then."""
    late = [RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed.")]

    def newest(folder):
        if late:
            raise late.pop()
        return None, []

    def lose_the_connection():
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr("ganlab.training.faults.newest_valid", newest)
    fault = fault_of(lose_the_connection, run_dir=tmp_path)
    assert isinstance(fault, PeerError)
    assert str(fault).startswith("a decoding process (pid 7) was killed")
    late.append(RuntimeError("something else"))
    with pytest.raises(RuntimeError, match="something else"):
        fault_of(lose_the_connection, run_dir=tmp_path)


def test_S16_a_decoding_process_is_gone_in_the_middle_of_a_message(monkeypatch):
    def cut_off(self, timeout=None):
        raise ConnectionResetError(104, "Connection reset by peer")

    loader = dataloader.DataLoader(range(8), num_workers=1)
    monkeypatch.setattr(dataloader._MultiProcessingDataLoaderIter, "_try_get_data", cut_off)
    fault = fault_of(lambda: list(loader))
    assert isinstance(fault, PeerError)
    assert "a decoding process was killed" in str(fault)
    elsewhere = ConnectionResetError(104, "Connection reset by peer")

    def fails():
        raise elsewhere

    assert fault_of(fails) is elsewhere


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried"
        ),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=["Python", "a tensor", "a thread", "a process"],
)
def test_S16_memory_that_cannot_be_had_is_told_in_a_sentence(error, tmp_path):
    def fails():
        raise error

    fault = fault_of(fails, run_dir=tmp_path)
    assert fault.exit_code == 4
    assert "not enough memory" in str(fault)
    assert "data.batch_size" in str(fault)
    assert "nothing was saved before" in str(fault)  # nothing to resume
    assert fault.__cause__ is error


def test_S6_ctrl_c_of_which_lightning_made_an_exit_stays_ctrl_c():
    def fails():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(1)

    assert isinstance(fault_of(fails), KeyboardInterrupt)


def test_other_faults_stay_what_they_are():
    mistake = ValueError("Connection closed, says one's own code")

    def fails():
        raise mistake

    assert fault_of(fails) is mistake
    assert fault_of(lambda: None) is None
