"""Runs of two processes: how they find each other, and how one ends of which a process is lost."""

import contextlib
import os
import random
import select
import socket
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only

from ganlab.config import compose
from ganlab.errors import GanlabError
from ganlab.training.checkpoints import PATTERN, newest_valid, read_checkpoint, steps_of
from ganlab.training.run import train
from tests.support.runs import in_child

TWO = [
    "model=mlp_gan",
    "metrics=none",
    "data.image_size=8",
    "data.batch_size=8",
    "callbacks.samples=null",
    "callbacks.checkpoints.every_images=32",
    "trainer=ddp_cpu",
    "trainer.max_steps=60",
]
HANG = 120  # seconds, of which it needs a few: far from the default of trainer.timeout, and from STUCK
AT = 5  # the step in which it happens; files are written after 2 and 4


class Outcome:
    """How a run of two processes ended, long before ``trainer.timeout``: rank 0's exit code, and what it said."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        alive, held = os.pipe()  # ends when the last process that holds the other side does

        def rank_zero() -> None:
            os.close(alive)
            try:
                train(compose([*TWO, *words]), folder)
            except GanlabError as error:
                (folder / "said").write_text(str(error))
                raise

        self.code = _before_all_are_gone(rank_zero, alive, held)
        self.said = (folder / "said").read_text() if (folder / "said").exists() else ""
        assert (folder / "happened").exists(), f"ended before, with {self.code}: {self.said}"
        files = list((folder / "checkpoints").glob(PATTERN))
        assert {steps_of(path) for path in files} == {2, 4}
        assert read_checkpoint(newest_valid(folder / "checkpoints")[0])["ganlab"]["steps"] == 4


def _before_all_are_gone(rank_zero, alive: int, held: int) -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(in_child(rank_zero) % 256)
    os.close(held)
    ended, _, _ = select.select([alive], [], [], HANG)
    os.close(alive)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended, "a process is left over"
    return code


def as_rank(rank: int, port: int) -> None:
    """Let Lightning find two processes that are there already, of which this one is ``rank`` from the start."""
    rank_zero_only.rank = rank
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "test",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "GROUP_RANK": "0",
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
    }


def free_port() -> int:
    """A port that nobody listens at, below those that the system gives to whoever connects to something."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port
