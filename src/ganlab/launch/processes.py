"""Several runs of a sweep at once on this machine, each a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import IO, Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn
from omegaconf import DictConfig

from ganlab import report
from ganlab.errors import UserError
from ganlab.launch.board import Board
from ganlab.launch.jobs import Job, jobs_of, setting, told

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP") if hasattr(signal, name)
]
PAUSE = 0.05  # seconds between two looks at the processes
PARENT_DEATH = 1  # prctl's option of that name


def launch(
    loader: ConfigLoader, config: DictConfig, overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Run these jobs, ``launcher.n`` at a time; what Hydra's sweepers are told of each.

    Raises:
        UserError: more processes than cores or places on GPUs.
        ToldError: a run failed, of a sweep that Hydra's own sweeper forms; after all have ended.
        SystemExit: a signal has stopped the sweep; all runs have saved what they had, and ended.
    """
    devices = devices_of(config)
    jobs = jobs_of(loader, config, overrides, first)
    Path(config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
    running = Running(jobs, devices, environment_of(config), quiet=config.search is not None)
    return told(config, jobs, running.to_the_end())


def devices_of(config: DictConfig) -> list[str | None]:
    """For each process that runs at once the GPU that it sees, as CUDA_VISIBLE_DEVICES names it; None without GPUs.

    Raises:
        UserError: no whole numbers, or more processes than cores, or than places on GPUs.
    """
    n, per_gpu = (setting(config, key, int) for key in ("n", "per_gpu"))
    if n < 1 or per_gpu < 1:
        raise UserError(f"launcher.n={n} launcher.per_gpu={per_gpu}: at least 1 of each is needed")
    gpus = [] if config.trainer.get("accelerator") == "cpu" else visible_gpus()
    if gpus and n > len(gpus) * per_gpu:
        raise UserError(
            f"launcher.n={n}: there are {len(gpus)} GPUs for {per_gpu} each; take launcher.n={len(gpus) * per_gpu}, or "
            "more on each with launcher.per_gpu"
        )
    if not gpus and n > cores():
        raise UserError(f"launcher.n={n}: there are {cores()} processor cores; take launcher.n={cores()}")
    return [gpus[place % len(gpus)] if gpus else None for place in range(n)]


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip() not in ("", "-1")]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment_of(config: DictConfig) -> dict[str, str]:
    """The threads of each process: its share of the cores, unless the user says otherwise."""
    threads = (
        setting(config, "threads", int | None)
        or os.environ.get("OMP_NUM_THREADS")
        or max(1, cores() // int(config.launcher.n))
    )
    return {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


class Running:
    """The processes of one batch of jobs. A signal is handed on to all of them, and none is begun after it."""

    def __init__(
        self, jobs: Sequence[Job], devices: Sequence[str | None], environment: dict[str, str], *, quiet: bool
    ) -> None:
        self.jobs, self.devices, self.environment, self.quiet = jobs, devices, environment, quiet
        self.codes: dict[int, int] = {}  # of the jobs that have ended, by their place
        self.places: dict[int, tuple[int, Any, Thread]] = {}  # of a process: what Popen has
        self.stopped_by = 0
        self.ended = 0
        self.board = Board([job.run_dir.name for job in jobs])

    def to_the_end(self) -> list[int]:
        """What ``run`` returns; raises SystemExit where a signal has stopped it, after all have ended."""
        try:
            with self.forwarding():
                codes = self.run()
        finally:
            self.board.close()
        if self.stopped_by:
            raise SystemExit(130 if self.stopped_by == signal.SIGINT else 75)
        return codes

    def run(self) -> list[int]:
        """The exit code of each job; 130 for one that was not begun."""
        left = list(enumerate(self.jobs))
        while left or self.places:
            for place, device in enumerate(self.devices):
                if place not in self.places and left and not self.stopped_by:
                    index, job = left.pop(0)
                    self.places[place] = (index, *self.start(job, device))
                    self.board.begin(place, job.run_dir)
            if self.stopped_by:
                left.clear()
            time.sleep(PAUSE)
            self.board.look()
            for place, (index, process, reader) in list(self.places.items()):
                if process.poll() is not None:
                    reader.join(timeout=5)
                    del self.places[place]
                    self.board.end(place)
                    self.end(index, process.returncode)
        return [self.codes.get(index, 130) for index in range(len(self.jobs))]

    def start(self, job: Job, device: str | None) -> "tuple[Any, Thread]":
        job.run_dir.mkdir(parents=True, exist_ok=True)
        own = {} if device is None else {"CUDA_VISIBLE_DEVICES": device}
        process = subprocess.Popen(
            job.command(),
            env=os.environ | self.environment | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the run's own file has it
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C comes by way of this process
            preexec_fn=end_with_parent,
        )
        reader = Thread(target=tell, args=(process.stderr, job.run_dir.name, self.board), daemon=True)
        reader.start()
        return process, reader

    def end(self, index: int, code: int) -> None:
        job, self.codes[index] = self.jobs[index], code if code >= 0 else 128 - code
        self.ended += 1
        if not self.quiet and (job.run_dir / "results.json").is_file():
            line = report.in_a_line(report.collect([job.run_dir])[0])
            self.board.say(f"{job.run_dir.name}  {line}  ({self.ended} of {len(self.jobs)})")

    @contextmanager
    def forwarding(self) -> Iterator[None]:
        """Within, signals to this process go to its runs, which save and end."""
        before = {number: signal.signal(number, self.forward) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def forward(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or number
        for _, process, _ in list(self.places.values()):
            with suppress(ProcessLookupError):
                process.send_signal(number)


def tell(stream: IO[str] | Any, name: str, board: Board) -> None:
    """Hand on what a run says of warnings and faults, each line with its name before it."""
    for line in stream:
        if line.strip():
            board.say(f"{name}: {line.rstrip().removeprefix('ganlab: ')}", sys.stderr)


def end_with_parent() -> None:
    """In a new process: SIGTERM, at which a run saves, when the process that started it is gone (of Linux alone)."""
    with suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGTERM)
