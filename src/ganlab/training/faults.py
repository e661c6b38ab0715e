"""What ends training from outside, in a sentence each: a full disk, a decoding process, another process of the run."""

import errno
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch.distributed as dist
from torch.utils.data import dataloader

from ganlab.config.runs.trust import to_resume
from ganlab.errors import GanlabError, PeerError, StorageError, UserError
from ganlab.memory_budget import lacks_memory, memory_sentence
from ganlab.training.checkpoints import newest_valid
from ganlab.training.processes import Launcher

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OF_A_WORKER = re.compile(r"DataLoader worker \(pid(?:\(s\))? ([\d, ]+)\)")
OF_A_WAIT = re.compile("[Tt]imed out|[Tt]imeout")
OF_A_PEER = re.compile("gloo|NCCL|[Cc]onnection (closed|reset)|[Tt]imed out")


def fault_of(
    action: Callable[[], object], launcher: object = None, run_dir: Path | None = None
) -> BaseException | None:
    """Call ``action``; what it raised, with the fault at its beginning told in a sentence, or None.

    launcher: what started the other processes of the run. run_dir: with its last checkpoint, if there is one.
    """
    caught: BaseException | None = None
    try:
        action()
    except BaseException as error:
        caught = _ctrl_c(error) or error
    if isinstance(launcher, Launcher):
        launcher.stop_watching()
    if caught is None:
        return None
    try:
        fault = _explained(caught, launcher, run_dir)
    except RuntimeError as late:
        # PyTorch's handler of the signal that a decoding process is gone raises wherever Python is
        if not OF_A_WORKER.search(str(late)):
            raise
        fault = _explained(late, launcher, run_dir)
    if fault is not caught:
        fault.__cause__ = caught
    return fault


def _ctrl_c(error: BaseException) -> KeyboardInterrupt | None:
    """What Lightning has made ``sys.exit(1)`` of."""
    cause = error.__context__ if isinstance(error, SystemExit) else None
    return cause if isinstance(cause, KeyboardInterrupt) else None


def _what_is_left(run_dir: Path | None) -> str:
    if run_dir is None or newest_valid(run_dir / "checkpoints")[0] is None:
        return "nothing was saved before"
    return f"go on from the last checkpoint with: {to_resume(run_dir)}"


def _explained(error: BaseException, launcher: object, run_dir: Path | None) -> BaseException:
    if isinstance(error, GanlabError | KeyboardInterrupt):
        return error
    left = _what_is_left(run_dir)
    if isinstance(error, OSError) and error.errno in FULL:
        return StorageError(
            f"{error.filename or 'the run directory'} cannot be written ({error.strerror}); free some space, and {left}"
        )
    if isinstance(error, FileNotFoundError) and error.filename and not Path(error.filename).parent.exists():
        return StorageError(
            f"{Path(error.filename).parent} is gone while the run was writing to it; start a new run"
        )
    if lacks_memory(error):
        return StorageError(f"{memory_sentence(error)}; {left}")
    if "Expected more than 1 value per channel when training" in str(error):
        return UserError(
            "data.batch_size=1: batch normalization needs more than one value of each feature; use data.batch_size=2 "
            "or more, or networks without it"
        )
    worker = OF_A_WORKER.search(str(error))
    if worker or _is_of_a_loader(error):
        which = f" (pid {worker[1]})" if worker else ""
        return PeerError(
            f"a decoding process{which} was killed, most often because memory ran out; use fewer data.workers, or "
            f"data.workers=0, and {left}"
        )
    if isinstance(launcher, Launcher) and _is_of_a_peer(error):
        return _first_fault(error, launcher, left)
    return error


def _is_of_a_loader(error: BaseException) -> bool:
    """Whether a decoding process was gone in the middle of a message: then the loader does not say which."""
    if not isinstance(error, ConnectionError | EOFError):
        return False
    files = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name == dataloader.__file__ for name in files)


def _is_of_a_peer(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and (
        isinstance(error, dist.DistError) or bool(OF_A_PEER.search(str(error)))
    )


def _first_fault(error: BaseException, launcher: Launcher, left: str) -> GanlabError:
    """What has happened to the peer that no longer answers; it may take a moment to end and to say why."""
    where = ""
    if launcher.procs:
        end = time.monotonic() + (2.0 if OF_A_WAIT.search(str(error)) else 10.0)
        while time.monotonic() < end:
            if fault := launcher.fault():
                return fault
            time.sleep(0.05)
        launcher.dump_stacks()
        launcher.kill_all()
        where = "; crash/ in the run directory says where it was"
    return PeerError(
        f"another process of this run is gone, or did not answer within trainer.timeout{where}; {left} "
        f"({str(error).splitlines()[0]})"
    )
