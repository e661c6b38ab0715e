"""The runs of a sweep where Ray has room for them: on this machine, or on a cluster whose machines share its files."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn
from omegaconf import DictConfig

from ganlab.errors import UserError
from ganlab.launch.jobs import Job, jobs_of, setting, told
from ganlab.launch.processes import Running, end_with_parent, tell


def launch(
    loader: ConfigLoader, config: DictConfig, overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Run these jobs, each when Ray has room for it; what Hydra's sweepers are told of each.

    Raises:
        UserError: Ray is not installed, does not answer, or has no room for even one run.
        ToldError: a run failed, of a sweep that Hydra's own sweeper forms; after all have ended.
        SystemExit: a signal has stopped the sweep; all runs have saved what they had, and ended.
    """
    ray = started(config.launcher.address)
    places, share = room_of(config, ray.cluster_resources())
    jobs = jobs_of(loader, config, overrides, first)
    Path(config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
    running = OnRay(ray, share, jobs, places, quiet=config.search is not None)
    return told(config, jobs, running.to_the_end())


def started(address: str | None) -> Any:
    """The module ``ray``, connected; raises UserError where that cannot be."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers of each start
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "launcher=ray needs ray, which is not installed: pip install 'ganlab[ray]'"
        ) from error
    if not ray.is_initialized():
        where: dict[str, Any] = (
            {"address": address} if address else {"include_dashboard": False, "address": "local"}
        )
        try:
            ray.init(log_to_driver=False, logging_level="error", **where)
        except Exception as error:  # of Ray: ConnectionError, ValueError, RuntimeError
            first_line = (str(error).splitlines() or [type(error).__name__])[0]
            raise UserError(f"launcher=ray launcher.address={address or 'null'}: {first_line}") from error
    return ray


def room_of(config: DictConfig, there: dict[str, float]) -> tuple[int, dict[str, float]]:
    """How many runs at once, and what each has of the cluster, as Ray names it.

    Raises:
        UserError: not even one has room, or what is asked for is no number above nothing.
    """
    n, gpus = setting(config, "n", int | None), setting(config, "gpus", float | None)
    cpus = setting(config, "cpus", float)
    if gpus is None:
        gpus = float(there.get("GPU", 0) > 0 and config.trainer.get("accelerator") != "cpu")
    if cpus <= 0 or gpus < 0 or (n is not None and n < 1):
        raise UserError(
            f"launcher.n={n} launcher.cpus={cpus:g} launcher.gpus={gpus:g}: a run needs more than nothing"
        )
    fits = int(min([there.get("CPU", 0) / cpus, *([there.get("GPU", 0) / gpus] if gpus else [])]) + 1e-6)
    if fits < 1:
        raise UserError(
            f"launcher.cpus={cpus:g} launcher.gpus={gpus:g}: Ray has {there.get('CPU', 0):g} processors and "
            f"{there.get('GPU', 0):g} GPUs"
        )
    return min(n or fits, fits), {"num_cpus": cpus, "num_gpus": gpus}


class Hand:
    """Lives where a run does, as an actor of Ray: runs its command, and hands signals on."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.stopped = False

    def is_there(self) -> bool:
        return True

    def run(self, words: Sequence[str], folder: str, environment: dict[str, str]) -> tuple[int, str]:
        """The exit code of a command, and what it said of warnings and faults."""
        if self.stopped:
            return 130, ""
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the run's own file has it
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_hearing,
        )
        _, said = self.process.communicate()
        return self.process.returncode, said

    def signal(self, number: int) -> None:
        self.stopped = True
        if self.process is not None:
            self.process.send_signal(number)


class OnRay(Running):
    """Jobs that run where Ray has room. A signal is handed on to all of them, and none is begun after it."""

    def __init__(
        self, ray: Any, share: dict[str, float], jobs: Sequence[Job], places: int, *, quiet: bool
    ) -> None:
        own = {name: value for name, value in os.environ.items() if name.startswith("GANLAB_")}
        threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, int(share["num_cpus"])))
        environment = own | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        super().__init__(jobs, [None] * places, environment, quiet=quiet)
        self.ray = ray
        self.hand = ray.remote(Hand).options(max_concurrency=3, **share)

    def start(self, job: Job, device: str | None) -> "tuple[Any, Thread]":
        job.run_dir.mkdir(parents=True, exist_ok=True)
        process = RayProcess(self.ray, self.hand.remote(), job.command(), self.environment)
        reader = Thread(target=tell, args=(process.said(), job.run_dir.name, self.board), daemon=True)
        reader.start()
        return process, reader


class RayProcess:
    """What of ``subprocess.Popen`` is asked for, of a command that runs elsewhere."""

    def __init__(self, ray: Any, hand: Any, words: Sequence[str], environment: dict[str, str]) -> None:
        self.ray, self.hand = ray, hand
        self.there = hand.is_there.remote()
        self.answer = hand.run.remote(words, str(Path.cwd()), environment)
        self.returncode: int | None = None
        self.dropped = False

    def poll(self) -> int | None:
        if self.returncode is None and self.ray.wait([self.answer], timeout=0)[0]:
            self.returncode = self._result()[0]
            self.ray.kill(self.hand)  # its processors are free for the next
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.ray.wait([self.there], timeout=0)[0]:
            self.hand.signal.remote(number)
        else:  # it has no room yet, and needs none any more
            self.dropped = True
            self.ray.kill(self.hand)

    def said(self) -> Iterator[str]:
        """Lines, when it has ended."""
        yield from self._result()[1].splitlines()

    def _result(self) -> tuple[int, str]:
        try:
            return self.ray.get(self.answer)
        except Exception as error:  # of Ray: the machine is gone, or the actor
            if self.dropped:
                return 130, ""
            return 1, f"Ray: {(str(error).splitlines() or [type(error).__name__])[0]}"


def _hearing() -> None:
    """In a new process: it hears the signals that Ray's own are deaf to, and ends when Ray's is gone."""
    end_with_parent()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.default_int_handler)
