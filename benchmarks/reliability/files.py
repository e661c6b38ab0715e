"""Checkpoints: killed while they are written, damaged afterwards."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from benchmarks.reliability.figure import Figure
from ganlab.config import compose
from ganlab.errors import StorageError
from ganlab.training.checkpoints import (
    PATTERN,
    AtomicCheckpointIO,
    checkpoint_name,
    checksum_path,
    newest_valid,
    read_checkpoint,
    remove_leftovers,
    steps_of,
)
from ganlab.training.run import train
from tests.support.runs import differences, in_child, training_state

KILLS, CUTS = 50, 5
RUN = ["model=mlp_gan", "data.image_size=8", "metrics=none", "trainer=cpu", "callbacks.samples=null"]
RUN += ["data.batch_size=64", "callbacks.checkpoints.every_images=64", "trainer.max_steps=6"]


def measure() -> Iterator[Figure]:
    bad = kills_during_saves()
    yield Figure(
        f"SIGKILL at a random moment of writing, {KILLS} times",
        f"{bad} folders without a whole newest file",
        "0",
        bad == 0,
    )
    damages: dict[str, Callable[[Path], None]] = {
        "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
        "empty": lambda path: os.truncate(path, 0),
        "one bit flipped": flip,
        "its checksum gone": lambda path: checksum_path(path).unlink(),
        "a foreign file in its place": lambda path: path.write_bytes(b"PK\x03\x04 something else"),
    }
    failed = [name for name, damage in damages.items() if not falls_back(damage)]
    yield Figure(
        f"the newest file {', '.join(damages)}",
        f"{len(damages) - len(failed)} of {len(damages)} resume from the one before, bit for bit"
        + (f" (not: {', '.join(failed)})" if failed else ""),
        "all",
        not failed,
    )
    refused = sum(all_damaged(damage) for damage in (flip, lambda path: os.truncate(path, 0)))
    yield Figure(
        "every file damaged", f"{refused} of 2 refused with exit code 4, never begun anew", "2", refused == 2
    )


def kills_during_saves() -> int:
    """In how many folders the newest file was not whole, or older than what was said to be written."""
    draw, bad = random.Random(0), 0
    with tempfile.TemporaryDirectory() as name:
        folder, announced = Path(name), Path(name) / "announced"
        for _ in range(KILLS):
            newest, _ = newest_valid(folder)
            first = steps_of(newest) + 1 if newest else 0
            child = os.fork()
            if child == 0:
                _write_on_and_on(folder, announced, first)
            time.sleep(draw.uniform(0.03, 0.1))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            newest, damaged = newest_valid(folder)
            said = int(announced.read_text() or 0) if announced.exists() else -1
            bad += bool(damaged) or (newest is None and said >= 0)
            bad += newest is not None and not (read_checkpoint(newest)["step"] == steps_of(newest) >= said)
            remove_leftovers(folder)
            for old in sorted(folder.glob(PATTERN))[:-1]:
                old.unlink()
    return bad


def _write_on_and_on(folder: Path, announced: Path, first: int) -> None:
    writer, weights = AtomicCheckpointIO(), torch.randn(400_000)
    for step in range(first, first + 1000):
        writer.save_checkpoint({"weights": weights, "step": step}, folder / checkpoint_name(step))
        announced.write_text(str(step))
    os._exit(0)


def flip(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def falls_back(damage: Callable[[Path], None]) -> bool:
    """Does a run whose newest file is damaged end like one that was never stopped?"""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _trained(folder)
        straight = training_state(folder)
        for path in folder.glob("*"):  # as if it had stopped after step 5
            if path.name == "results.json":
                path.unlink()
        newest = max((folder / "checkpoints").glob(PATTERN), key=steps_of)
        damage(newest)
        code = in_child(lambda: train(compose([*RUN, "resume=auto"]), folder))
        return code == 0 and not differences(straight, training_state(folder))


def all_damaged(damage: Callable[[Path], None]) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _trained(folder)
        for path in list((folder / "checkpoints").glob(PATTERN)):
            damage(path)
        (folder / "results.json").unlink()
        return in_child(lambda: train(compose([*RUN, "resume=auto"]), folder)) == StorageError.exit_code


def _trained(folder: Path) -> None:
    assert in_child(lambda: train(compose(RUN), folder)) == 0
