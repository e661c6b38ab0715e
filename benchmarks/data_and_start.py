"""Microseconds per image of the data layer, and seconds from a command to its answer or first training step.

python -m benchmarks.data_and_start [--threads 1]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

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


def seconds(words: list[str], rounds: int = 3) -> float:
    """Median wall time of ``python -m ganlab WORDS`` in a folder of its own."""
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            command = [sys.executable, "-m", "ganlab", *words]
            subprocess.run(
                command, cwd=folder, capture_output=True, env=os.environ | {"COLUMNS": "80"}, check=False
            )
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
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
    print("\n| command | seconds |\n|---|---|")
    first_step = ["model=vanilla", "trainer=cpu", "trainer.max_steps=1", "callbacks.samples.n=1"]
    for name, words in {
        "ganlab --help": ["--help"],
        "ganlab list": ["list"],
        "a typo: ganlab model=dcgna": ["model=dcgna"],
        "one training step, and everything around it": first_step,
    }.items():
        print(f"| {name} | {seconds(words):.2f} |", flush=True)


if __name__ == "__main__":
    main()
