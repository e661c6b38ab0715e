"""Two processes of which one dies, hangs or fails: all are gone soon, and the user is told which and why."""

import os
import signal
import time

import pytest
import torch

from ganlab.config import compose, settled
from ganlab.errors import GanlabError, PeerError
from ganlab.models.base import GAN
from ganlab.training import processes
from ganlab.training.processes import Watch, crash_file
from ganlab.training.run import train
from tests.support.processes import AT, HANG, TWO, Outcome
from tests.support.runs import ForkedWorker, in_child

STUCK = 600


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Train with two processes, of which ``rank`` calls ``what()`` in the middle of a step."""
    monkeypatch.setattr(processes.subprocess, "Popen", ForkedWorker)

    def with_fault(rank: int, what, *words: str) -> Outcome:
        begin = GAN.on_train_batch_start

        def on_train_batch_start(self, batch, batch_idx):
            begin(self, batch, batch_idx)
            if self.steps == AT and self.trainer.global_rank == rank:
                (tmp_path / "happened").touch()
                what()

        monkeypatch.setattr(GAN, "on_train_batch_start", on_train_batch_start)
        return Outcome(tmp_path, list(words))

    return with_fault


def test_N12_one_of_two_is_killed(run):
    outcome = run(1, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert outcome.code == PeerError.exit_code == 5
    assert "process 1 of this run was killed by SIGKILL" in outcome.said


def test_N12_the_first_of_two_is_killed(run):
    outcome = run(0, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert outcome.code == -signal.SIGKILL % 256


def test_N13_one_of_two_is_stopped(run):
    outcome = run(1, lambda: os.kill(os.getpid(), signal.SIGSTOP), "trainer.timeout=5")
    assert outcome.code == 5
    assert "did not answer within trainer.timeout" in outcome.said


def test_N13_one_of_two_hangs_and_says_where(run, tmp_path):
    def stuck_in_a_lock():
        time.sleep(STUCK)

    outcome = run(1, stuck_in_a_lock, "trainer.timeout=5")
    assert outcome.code == 5
    assert "stuck_in_a_lock" in crash_file(tmp_path, 1).read_text()


def test_N14_the_exception_of_one_process_is_the_one_reported(run, tmp_path):
    def mistaken():
        raise ValueError("a mistake of one's own")

    outcome = run(1, mistaken)
    assert outcome.code == 1  # a bug, as in a single process
    assert "process 1 of this run failed: ValueError: a mistake of one's own (its traceback: " in outcome.said
    assert "in mistaken" in crash_file(tmp_path, 1).read_text()


def test_N14_a_fault_that_has_a_code_of_its_own_keeps_it(run):
    def full():
        raise OSError(28, "No space left on device", "/data/cache")

    outcome = run(1, full)
    assert outcome.code == 4
    assert "process 1 of this run: /data/cache cannot be written (No space left on device)" in outcome.said


def test_N14_a_process_that_takes_its_time_to_fail_is_waited_for(run, monkeypatch):
    def leave_slowly(launcher, patience=0):
        time.sleep(4)

    def mistaken():
        monkeypatch.setattr("ganlab.training.run.leave_group", leave_slowly)
        torch.distributed.destroy_process_group()  # the peer hears that the line is closed
        raise ValueError("a mistake of one's own")

    outcome = run(1, mistaken)
    assert outcome.code == 1
    assert "failed: ValueError: a mistake" in outcome.said


@pytest.fixture
def before_they_meet(tmp_path, monkeypatch):
    """A run of two processes of which the second does ``what()`` instead of joining; rank 0's code and sentence."""
    monkeypatch.setattr(processes.subprocess, "Popen", ForkedWorker)
    monkeypatch.setattr(processes, "GRACE", 1.0)
    parent = os.getpid()

    def with_fault(what) -> tuple[int, str]:
        def settle_or_fail(cfg):
            if os.environ.get("LOCAL_RANK") == "1":
                what()
            return settled(cfg)

        monkeypatch.setattr("ganlab.training.run.settled", settle_or_fail)

        def rank_zero() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                train(compose([*TWO, "trainer.timeout=60"]), tmp_path)
            except KeyboardInterrupt:
                os._exit(130)
            except GanlabError as error:
                (tmp_path / "said").write_text(str(error))
                raise

        assert os.getpid() == parent
        code = in_child(rank_zero)
        return code, (tmp_path / "said").read_text() if (tmp_path / "said").exists() else ""

    return with_fault


def test_N12_one_is_killed_before_they_meet(before_they_meet):
    code, said = before_they_meet(lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert (code, said) == (5, "process 1 of this run was killed by SIGKILL")


def test_N13_one_is_stopped_before_they_meet(before_they_meet):
    code, said = before_they_meet(lambda: os.kill(os.getpid(), signal.SIGSTOP))
    assert (code, said) == (5, "process 1 of this run is stopped (SIGSTOP or Ctrl-Z)")


def test_N14_one_fails_before_they_meet(before_they_meet):
    def mistaken():
        raise ValueError("a mistake of one's own")

    code, said = before_they_meet(mistaken)
    assert code == 1
    assert said.startswith(
        "process 1 of this run failed: ValueError: a mistake of one's own (its traceback: "
    )


def test_S6_ctrl_c_before_they_meet(before_they_meet):
    """The terminal sends it to both: the first ends the run, and the second leaves that to it."""

    def press():
        for process in (os.getpid(), os.getppid()):
            os.kill(process, signal.SIGINT)
        time.sleep(60)

    began = time.monotonic()
    assert before_they_meet(press)[0] == 130
    assert time.monotonic() - began < 40  # not trainer.timeout


def test_N12_a_process_that_does_not_notice_is_ended(monkeypatch):
    """As on GPUs, where a message to a peer that is gone waits for the timeout."""
    monkeypatch.setattr(processes, "GRACE", 0.1)

    def stuck():
        Watch(lambda: PeerError("process 1 is gone")).start()
        time.sleep(STUCK)

    assert in_child(stuck) == 5, "it slept to the end"


def test_N12_a_watch_that_is_stopped_lets_go(monkeypatch):
    monkeypatch.setattr(processes, "GRACE", 0.1)
    watch = Watch(lambda: None)
    watch.start()
    watch.stop()
    watch.join(HANG)
    assert not watch.is_alive()
