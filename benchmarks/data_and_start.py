"""Microseconds per image of the data layer, and what a command costs until its answer or first training step.

python -m benchmarks.data_and_start [--threads 1] [--rounds 5]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image

from ganlab.config import compose, instantiate


def per_image(overrides: list[str], batches: int = 40, rounds: int = 5) -> float:
    """Median over rounds of microseconds per image of a training stream, once it runs."""
    data = instantiate(compose(overrides).data)
    data.prepare()
    stream = iter(data.train_dataloader())
    for _ in islice(stream, 5):
        pass
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in islice(stream, batches):
            pass
        times.append((time.perf_counter() - started) / (batches * data.batch_size))
    return 1e6 * statistics.median(times)


def folder_of_pictures(folder: Path, count: int = 600) -> Path:
    """PNGs of 32 x 32 pixels in colour, with the structure of noise that was smoothed."""
    noise = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    pixels = torch.nn.functional.interpolate(noise, 32, mode="bicubic").clamp(0, 1).mul(255).byte()
    for index, image in enumerate(pixels):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / f"{index}.png")
    return folder


class Cost(NamedTuple):
    """Of a process: seconds by the clock, and of processor time, its children's included."""

    wall: float
    processor: float


def cost(words: list[str], threads: int) -> Cost:
    """Of ``python WORDS`` in a folder of its own."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    with tempfile.TemporaryDirectory() as folder:
        began, before = time.perf_counter(), spent()
        command, given = (
            [sys.executable, *words],
            os.environ | {"COLUMNS": "80", "OMP_NUM_THREADS": str(threads)},
        )
        subprocess.run(command, cwd=folder, capture_output=True, env=given, check=False)
        return Cost(time.perf_counter() - began, spent() - before)


def in_turns(commands: dict[str, list[str]], rounds: int, threads: int) -> dict[str, Cost]:
    """The median cost of each over ``rounds``, after one to warm up."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, words in commands.items():
            found[name].append(cost(words, threads))
    return {
        name: Cost(*(statistics.median(values) for values in zip(*costs[1:], strict=True)))
        for name, costs in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="of the commands, in turns")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print("| data, 32 x 32 pixels, batch 64 | µs per image |\n|---|---|")
    with tempfile.TemporaryDirectory() as place:
        source = ["data=folder", f"data.root={folder_of_pictures(Path(place))}", "data.channels=3"]
        for name, overrides in {
            "in memory, grey (digits)": ["data=digits"],
            "in memory, colour": source,
            "in memory, colour, mirrored": [*source, "data.flip=true"],
            "PNG folder, streamed, no worker": [*source, "data.memory_limit=0", "data.workers=0"],
            "PNG folder, streamed, two workers": [*source, "data.memory_limit=0", "data.workers=2"],
        }.items():
            print(f"| {name} | {per_image(['data.image_size=32', *overrides]):.1f} |", flush=True)
    one_step = ["-m", "ganlab", "trainer=cpu", "trainer.max_steps=1"]
    costs = in_turns(
        {
            "`python -c 'import torch'`": ["-c", "import torch"],
            "`python -c 'import lightning'`": ["-c", "import lightning"],
            "`ganlab --help`": ["-m", "ganlab", "--help"],
            "`ganlab list`": ["-m", "ganlab", "list"],
            "a typo, `model=dcgna`": ["-m", "ganlab", "model=dcgna"],
            "`ganlab model=vanilla trainer.max_steps=1`": [*one_step, "model=vanilla"],
            "`ganlab trainer.max_steps=1`": one_step,
        },
        arguments.rounds,
        arguments.threads,
    )
    torch_alone = next(iter(costs.values()))
    print("\n| command | seconds | of processor time | times that of `import torch` |\n|---|---|---|---|")
    for name, taken in costs.items():
        ratio = taken.processor / torch_alone.processor
        print(f"| {name} | {taken.wall:.2f} | {taken.processor:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
