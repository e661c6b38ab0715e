"""Eight processes over gloo of which one is lost, and the same command again."""

import errno
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.reliability.figure import Figure
from ganlab.config import compose
from ganlab.models.base import GAN
from ganlab.training import checkpoints
from ganlab.training.checkpoints import newest_valid, read_checkpoint
from ganlab.training.run import train
from tests.support.processes import as_rank, free_port
from tests.support.runs import differences, fork

WORLD, AT, STEPS, TIMEOUT = 8, 5, 8, 20
RUN = [
    *("model=mlp_gan", "metrics=none", "data.image_size=8", "data.batch_size=2", "callbacks.samples=null"),
    *("callbacks.report=null", "callbacks.checkpoints.every_images=32", "trainer=ddp_cpu"),
    *(f"trainer.devices={WORLD}", f"trainer.max_steps={STEPS}", f"trainer.timeout={TIMEOUT}"),
]
STATE = ("state_dict", "optimizer_states", "lr_schedulers", "ganlab")
Happens = Callable[[Path], None]


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        codes, _ = together(folder / "straight", {})
        straight = _state(folder / "straight")
        yield Figure(
            f"{WORLD} processes, none lost", f"exit codes {_short(codes)}", "0", codes == [0] * WORLD
        )
        for tried, rank, happens, limit in (
            ("one killed", 3, _dies, TIMEOUT + 40),
            (f"one stopped, trainer.timeout={TIMEOUT}", 3, _stops, TIMEOUT + 40),
            ("a full disk where the checkpoints are (simulated)", 0, _full_disk, 60),
        ):
            place = folder / happens.__name__
            codes, seconds = together(place, {rank: happens})
            whole = newest_valid(place / "checkpoints")[0] is not None
            others = [code for number, code in enumerate(codes) if number != rank]
            yield Figure(
                f"{WORLD} processes, {tried}",
                f"gone with {_short(codes)}, {'a' if whole else 'no'} whole checkpoint left",
                f"all others gone within {limit} s, none as if finished, a whole checkpoint",
                seconds <= limit and 0 not in others and whole,
            )
            codes, _ = together(place, {}, resume=True)
            found = differences(straight, _state(place)) if codes == [0] * WORLD else [f"exit codes {codes}"]
            yield Figure(
                "the same command again",
                "the same bits as without a loss" if not found else f"other: {found[:3]}",
                "the same bits",
                not found,
            )


def together(
    place: Path, happens: dict[int, Happens], *, resume: bool = False
) -> tuple[list[int | None], float]:
    """Exit codes of all processes, and seconds until the last of them, but for one that is stopped, was gone."""
    port = free_port()

    def work(rank: int) -> None:
        as_rank(rank, port)
        os.environ |= {"WORLD_SIZE": str(WORLD), "LOCAL_WORLD_SIZE": str(WORLD)}
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stderr__.fileno())
        if rank in happens:
            _at_step(AT, lambda: happens[rank](place))
        train(compose([*RUN, f"resume={place if resume else 'null'}"]), place)

    children = [fork(lambda rank=rank: work(rank)) for rank in range(WORLD)]
    began = time.monotonic()
    codes: list[int | None] = [None] * WORLD
    while None in codes and time.monotonic() - began < TIMEOUT + 120:
        for rank, child in enumerate(children):
            if codes[rank] is None and (ended := os.waitpid(child, os.WNOHANG))[0]:
                codes[rank] = os.waitstatus_to_exitcode(ended[1])
        left = [rank for rank, code in enumerate(codes) if code is None]
        if left and all(happens.get(rank) is _stops for rank in left):
            break
        time.sleep(0.05)
    seconds = time.monotonic() - began
    for rank, child in enumerate(children):
        if codes[rank] is None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return codes, seconds


def _at_step(step: int, happens: Callable[[], None]) -> None:
    """In this process, before its training step of that number."""
    begin = GAN.on_train_batch_start

    def on_train_batch_start(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        if self.steps == step:
            happens()

    GAN.on_train_batch_start = on_train_batch_start


def _dies(place: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stops(place: Path) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _full_disk(place: Path) -> None:
    def no_room(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    checkpoints.require_space = no_room


def _state(place: Path) -> dict:
    checkpoint = read_checkpoint(newest_valid(place / "checkpoints")[0])
    return {key: checkpoint[key] for key in STATE}


def _short(codes: list[int | None]) -> str:
    """Each exit code once, in words of how many."""
    named = {None: "still stopped"}
    count = {code: codes.count(code) for code in dict.fromkeys(codes)}
    return ", ".join(
        f"{'once' if n == 1 else f'{n} times'} {named.get(code, code)}" for code, n in count.items()
    )
