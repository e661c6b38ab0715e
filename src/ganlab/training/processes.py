"""The processes of a distributed run on one machine: started, watched, and all gone when one of them has failed."""

import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from typing import Any

import torch.distributed as dist
from lightning.pytorch import Trainer
from lightning.pytorch.plugins.environments import ClusterEnvironment

from ganlab.config import own
from ganlab.config.runs.trust import CHECKED, fingerprint
from ganlab.errors import DivergedError, GanlabError, PeerError, StorageError, UserError
from ganlab.lightning_internals import ScriptLauncher, share_threads

GRACE = 5.0  # seconds in which a process should notice by itself that a peer is gone
KINDS = {kind.exit_code: kind for kind in (UserError, DivergedError, StorageError)}
ADDRESSES = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")


class Launcher(ScriptLauncher):
    """Starts the other processes from the run's saved configuration, whatever command started this one.

    Lightning would kill this process, without a word, at the first other that ends badly; here it is told why.
    """

    def __init__(
        self,
        cluster_environment: ClusterEnvironment,
        num_processes: int,
        num_nodes: int,
        run_dir: Path | None,
    ) -> None:
        super().__init__(cluster_environment, num_processes, num_nodes)
        self.run_dir = run_dir
        self.watch: Watch | None = None
        self.still: dict[int, float] = {}  # since when a process is stopped

    def launch(
        self, function: Callable[..., Any], *args: Any, trainer: Trainer | None = None, **kwargs: Any
    ) -> Any:
        environment = self.cluster_environment
        environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not environment.creates_processes_externally:
            self._start()
            self.watch = Watch(self.fault, last_words=self.give_up)
            self.watch.start()
        share_threads(self.num_processes)
        return function(*args, **kwargs)

    def _start(self) -> None:
        if self.run_dir is None:
            return self.start_this_command_again()
        self.require_first_process()
        environment = self.cluster_environment
        os.environ |= {
            "MASTER_ADDR": environment.main_address,
            "MASTER_PORT": str(environment.main_port),
            "NODE_RANK": str(environment.node_rank()),
            "LOCAL_RANK": str(environment.local_rank()),
            "WORLD_SIZE": str(self.num_processes * self.num_nodes),
        }
        folders = map(str, own.folders())
        command = [sys.executable, "-m", "ganlab.training.worker", str(self.run_dir), *folders]
        known = {CHECKED: fingerprint(self.run_dir), "PYTHONSAFEPATH": "1"}  # nothing from the current folder
        with _deaf_to_ctrl_c():
            self.procs = [
                subprocess.Popen(command, env=os.environ | known | {"LOCAL_RANK": str(rank)})
                for rank in range(1, self.num_processes)
            ]
        return None

    def fault(self) -> GanlabError | None:
        """The first of the started processes that has ended badly, if any, with what it has left behind."""
        for rank, process in enumerate(self.procs, 1):
            code = process.poll()
            if code:
                return _peer_error(rank, code, self.run_dir)
        return None

    def absent(self) -> GanlabError | None:
        """Why a started process will not come to the others: it has ended badly, or stands still for ``GRACE``."""
        for rank, process in enumerate(self.procs, 1):
            if not _is_stopped(process.pid):
                self.still.pop(rank, None)
            elif time.monotonic() - self.still.setdefault(rank, time.monotonic()) > GRACE:
                return PeerError(f"process {rank} of this run is stopped (SIGSTOP or Ctrl-Z)")
        return self.fault()

    def dump_stacks(self) -> None:
        """Let every process that still runs write where it is."""
        for process in self.procs:
            if self.run_dir and hasattr(signal, "SIGUSR2") and process.poll() is None:
                process.send_signal(signal.SIGUSR2)
        time.sleep(0.2)

    def give_up(self) -> None:
        """Write down where this process is stuck, and end the others."""
        if self.run_dir:
            with contextlib.suppress(OSError), open(crash_file(self.run_dir, 0), "w") as notes:
                faulthandler.dump_traceback(notes)
        self.kill_all()

    def stop_watching(self) -> None:
        """This process has noticed itself, or has come to its end, which may take its time."""
        if self.watch:
            self.watch.stop()

    def kill_all(self) -> None:
        for process in self.procs:
            process.kill()


class Watch(Thread):
    """Ends this process when a peer is gone and this one, stuck in a message to it, has not noticed.

    fault: what has happened to a peer, None as long as nothing has. last_words: called before the end.
    """

    def __init__(
        self, fault: Callable[[], GanlabError | None], last_words: Callable[[], None] | None = None
    ) -> None:
        super().__init__(daemon=True, name="watch")
        self.fault, self.last_words, self.over = fault, last_words, Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            fault = self.fault()
            if fault and not self.over.wait(GRACE):
                os.write(2, f"ganlab: {fault}\n".encode())
                if self.last_words:
                    self.last_words()
                os._exit(fault.exit_code)

    def stop(self) -> None:
        self.over.set()


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started within it hears no Ctrl-C until training does: the first process decides for all."""
    if current_thread() is not main_thread():  # only the main one may
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_stopped(pid: int) -> bool:
    if not hasattr(os, "waitid"):  # macOS
        return False
    with contextlib.suppress(ChildProcessError):
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    return False


def meet(join: Callable[[], None], absent: Callable[[], GanlabError | None]) -> None:
    """Call ``join``, which waits for all processes, in a thread: a wait inside PyTorch hears neither Ctrl-C nor this.

    Raises:
        GanlabError: what ``absent`` says of a peer that will not come.
    """
    failed: list[BaseException] = []

    def work() -> None:
        try:
            join()
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=work, daemon=True, name="meet")
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        if thread.is_alive() and (reason := absent()):
            raise reason
    if failed:
        raise failed[0]


def watch_parent() -> None:
    """In a started process: do not outlive the one that started it."""
    parent = os.getppid()
    gone = PeerError("the first process of this run is gone")
    Watch(lambda: gone if os.getppid() != parent else None).start()


def crash_file(run_dir: Path, rank: int) -> Path:
    """Where a started process writes why it failed: a sentence, then the traceback."""
    return run_dir / "crash" / f"rank-{rank}.txt"


def _peer_error(rank: int, code: int, run_dir: Path | None) -> GanlabError:
    """The fault of a process that ended with ``code``; one that all could have had is the run's."""
    if code < 0:
        return PeerError(f"process {rank} of this run was killed by {signal.Signals(-code).name}")
    path = crash_file(run_dir, rank) if run_dir else None
    text = path.read_text(errors="replace").strip() if path and path.is_file() else ""
    if text and code in KINDS:
        return KINDS[code](f"process {rank} of this run: {text}")
    if text and code == GanlabError.exit_code:  # a bug, as it would be in a single process
        return GanlabError(
            f"process {rank} of this run failed: {text.splitlines()[0]} (its traceback: {path})"
        )
    what = f"failed: {text.splitlines()[0]} (see {path})" if text else f"ended with exit code {code}"
    return PeerError(f"process {rank} of this run {what}")


def leave_group(launcher: object, patience: float = 30.0) -> None:
    """Close the group, wait for the processes that were started, forget their addresses: the next run starts fresh.

    patience: seconds after which a process is killed that has not ended.
    """
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    if not isinstance(launcher, Launcher) or not launcher.procs:
        return
    end = time.monotonic() + patience
    for process in launcher.procs:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it waits for a peer that has failed
            process.wait(timeout=max(0.0, end - time.monotonic()))
        process.kill()
        process.wait()
    for name in ADDRESSES:
        os.environ.pop(name, None)
