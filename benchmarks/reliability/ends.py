"""Runs that are asked to leave, and runs of two processes of which one is lost."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.reliability.figure import Figure
from ganlab.config import compose
from ganlab.errors import PeerError
from ganlab.models.base import GAN
from ganlab.training import processes
from ganlab.training.checkpoints import PATTERN, newest_valid, read_checkpoint
from ganlab.training.run import train
from tests.support.processes import AT, Outcome
from tests.support.runs import ForkedWorker, fork

ALONE, TOGETHER, LOSSES, TIMEOUT = 20, 12, 4, 3
PREEMPTED = 75  # the exit code of a run that was asked to leave, and saved
RUN = [
    "model=dcgan_slim",
    "metrics=none",
    "data.image_size=16",
    "data.batch_size=16",
    "callbacks.samples=null",
]
RUN += ["trainer.max_steps=100000"]
DELAYS = {  # seconds after which each process hears SIGTERM; None: never
    "both": (0.0, 0.0),
    "both, 0.3 s apart": (0.0, 0.3),
    "only the first": (0.0, None),
    "only the second": (None, 0.0),
}


def measure() -> Iterator[Figure]:
    draw = random.Random(0)
    seconds = [asked_to_leave(["trainer=cpu"], (0.0,), draw.uniform(0.1, 0.6)) for _ in range(ALONE)]
    yield _of_signals(f"SIGTERM at a random moment, {ALONE} times", seconds)
    processes.subprocess.Popen = ForkedWorker  # everything is imported already
    seconds = [
        asked_to_leave(["trainer=ddp_cpu"], delays, draw.uniform(0.1, 0.6))
        for _ in range(TOGETHER // len(DELAYS))
        for delays in DELAYS.values()
    ]
    yield _of_signals(
        f"SIGTERM to one of two processes, or both ({', '.join(DELAYS)}), {TOGETHER} times", seconds
    )
    ended = [lost(rank, signal.SIGKILL) for rank in (0, 1) for _ in range(LOSSES)]
    yield _of_losses(f"one of two processes killed, {len(ended)} times", ended, 10)
    ended = [lost(1, signal.SIGSTOP, f"trainer.timeout={TIMEOUT}") for _ in range(2)]
    yield _of_losses(f"one of two stopped, trainer.timeout={TIMEOUT}, {len(ended)} times", ended, TIMEOUT + 5)


def _of_signals(tried: str, seconds: Sequence[float | None]) -> Figure:
    there = [value for value in seconds if value is not None]
    found = (
        f"{len(there)} of {len(seconds)} saved and left; {max(there):.1f} s at most"
        if there
        else "none saved"
    )
    return Figure(tried, found, "all, 5 s", len(there) == len(seconds) and max(there) <= 5)


def _of_losses(tried: str, seconds: Sequence[float | None], limit: float) -> Figure:
    there = [value for value in seconds if value is not None]
    found = (
        f"{len(there)} of {len(seconds)} all gone, the last file whole; {max(there, default=0):.1f} s at most"
    )
    return Figure(tried, found, f"all, {limit} s", len(there) == len(seconds) and max(there) <= limit)


def asked_to_leave(words: list[str], delays: Sequence[float | None], moment: float) -> float | None:
    """Seconds from the first SIGTERM to the end; None unless it was told as such and the newest file is whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def work() -> None:
            begin = GAN.on_train_batch_start

            def on_train_batch_start(self, batch, batch_idx):
                begin(self, batch, batch_idx)
                if self.steps == 3:
                    (folder / f"rank-{self.trainer.global_rank}").write_text(str(os.getpid()))

            GAN.on_train_batch_start = on_train_batch_start
            train(compose([*RUN, *words]), folder / "run")

        child = fork(work)
        pids = [_pid(folder / f"rank-{rank}") for rank in range(len(delays))]
        time.sleep(moment)
        began = time.monotonic()
        for delay, pid in sorted((d, pid) for d, pid in zip(delays, pids, strict=True) if d is not None):
            time.sleep(max(0.0, began + delay - time.monotonic()))
            _send(pid)
        code = _ended(child, 60)
        seconds = time.monotonic() - began
        files = list((folder / "run" / "checkpoints").glob(PATTERN))
        newest, damaged = newest_valid(folder / "run" / "checkpoints")
        whole = bool(files) and newest is not None and not damaged and _even(newest)
        return seconds if code == PREEMPTED and whole else None


def _even(path: Path) -> bool:
    """Have both players taken as many steps as the run?"""
    checkpoint = read_checkpoint(path)
    taken = {int(s["step"]) for o in checkpoint["optimizer_states"] for s in o["state"].values()}
    return taken == {checkpoint["ganlab"]["steps"]}


def _pid(path: Path, patience: float = 60) -> int:
    end = time.monotonic() + patience
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path.name} never trained"
        time.sleep(0.02)
    return int(path.read_text())


def _send(pid: int) -> None:
    with suppress(ProcessLookupError):  # it left with the other
        os.kill(pid, signal.SIGTERM)


def _ended(child: int, patience: float) -> int | None:
    """Its exit code; None, and killed, after so many seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def lost(rank: int, number: signal.Signals, *words: str) -> float | None:
    """Seconds from the loss of a process until all were gone; None unless the last file is whole and it was told."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = GAN.on_train_batch_start

        def on_train_batch_start(self, batch, batch_idx):
            begin(self, batch, batch_idx)
            if self.steps == AT and self.trainer.global_rank == rank:
                (folder / "happened").touch()
                os.kill(os.getpid(), number)

        GAN.on_train_batch_start = on_train_batch_start
        try:
            outcome = Outcome(folder, list(words))
            seconds = time.time() - (folder / "happened").stat().st_mtime
        except AssertionError as fault:
            print(f"  {fault}", flush=True)
            return None
        finally:
            GAN.on_train_batch_start = begin
        told = outcome.code == (PeerError.exit_code if rank else -number % 256)
        return seconds if told else None
