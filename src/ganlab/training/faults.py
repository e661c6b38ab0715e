"""What ends training from outside, in a sentence each: a full disk, a decoding process, another process of the run."""

import errno
import re
import time
import traceback
from collections.abc import Callable

import torch.distributed as dist
from torch.utils.data import dataloader

from ganlab.errors import GanlabError, PeerError, StorageError
from ganlab.training.processes import Launcher

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OF_A_WORKER = re.compile(r"DataLoader worker \(pid(?:\(s\))? ([\d, ]+)\)")
OF_A_PEER = re.compile("gloo|NCCL|[Cc]onnection (closed|reset)|[Tt]imed out")


def fault_of(action: Callable[[], object], launcher: object = None) -> BaseException | None:
    """Call ``action``; what it raised, with the fault at its beginning told in a sentence, or None.

    launcher: what started the other processes of the run.
    """
    caught: BaseException | None = None
    try:
        action()
    except BaseException as error:
        caught = error
    if isinstance(launcher, Launcher):
        launcher.stop_watching()
    if caught is None:
        return None
    fault = _explained(caught, launcher)
    if fault is not caught:
        fault.__cause__ = caught
    return fault


def _explained(error: BaseException, launcher: object) -> BaseException:
    if isinstance(error, GanlabError):
        return error
    if isinstance(error, OSError) and error.errno in FULL:
        return StorageError(
            f"{error.filename or 'the run directory'} cannot be written ({error.strerror}); the checkpoints before are "
            "whole: free some space and resume the run"
        )
    worker = OF_A_WORKER.search(str(error))
    if worker or _is_of_a_loader(error):
        which = f" (pid {worker[1]})" if worker else ""
        return PeerError(
            f"a decoding process{which} was killed, most often because memory ran out; the last checkpoint is whole: "
            "resume the run with fewer data.workers, or with data.workers=0"
        )
    if dist.is_available() and dist.is_initialized() and _is_of_a_peer(error):
        return _first_fault(error, launcher)
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


def _first_fault(error: BaseException, launcher: object, patience: float = 2.0) -> GanlabError:
    """What has happened to the peer that no longer answers; it may take a moment to end."""
    where = ""
    if isinstance(launcher, Launcher) and launcher.procs:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if fault := launcher.fault():
                return fault
            time.sleep(0.05)
        launcher.dump_stacks()
        launcher.kill_all()
        where = "; crash/ in the run directory says where it was"
    return PeerError(
        f"another process of this run is gone, or did not answer within trainer.timeout{where}. The last checkpoint is "
        f"whole: resume the run. ({str(error).splitlines()[0]})"
    )
