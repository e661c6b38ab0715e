"""The memory that scoring many images takes beyond the network: measured, beside what it states.

    python -m benchmarks.score_memory [--n 50000] [--size 2048] [--limit 2.0]

Both sides are n random images of 8 x 8, drawn batch by batch, and a network that costs nothing gives ``size`` features
of each: what is left is the memory of ganlab itself. Seven scores of features; the peak of the process is taken after
256 of them, and after all. Ends with 1 where it grew by more than ``limit`` GiB.
"""

import argparse
import resource
import sys
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ganlab.inference.scoring.kinds.base import Pictures, Side
from ganlab.inference.scoring.lenses import Lens
from ganlab.inference.scoring.result import Settings
from ganlab.inference.scoring.score import score
from ganlab.metrics.protocol import Protocol
from ganlab.types import Features

GIB = 1 << 30
SCORES = ["fid", "kid", "is", "precision", "recall", "density", "coverage"]


class Drawn(Side):
    """``n`` random images of 3 x 8 x 8, each from its number and the seed; none of them is kept."""

    def __init__(self, n: int, seed: int) -> None:
        super().__init__()
        self.n, self.seed, self.title = n, seed, f"{n:,} random images, seed {seed}"

    def __len__(self) -> int:
        return self.n

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        for start in range(0, len(order), batch_size):
            places = [*order[start : start + batch_size]]
            draws = torch.Generator().manual_seed(self.seed * 1_000_003 + places[0])
            images = torch.randint(0, 256, (len(places), 3, 8, 8), generator=draws, dtype=torch.uint8)
            yield Pictures(images, places)

    def fingerprint(self) -> str:
        return f"drawn {self.n} {self.seed}"


class Projected:
    """Features and logits that are fixed directions of the pixels."""

    name, suffix, weights, resize = "projected", "_projected", "ab" * 32, "none"
    classes = tuple(map(str, range(10)))

    def __init__(self, size: int) -> None:
        self.size = size
        self.matrix = torch.randn(192, size + 10, generator=torch.Generator().manual_seed(1)) / 192**0.5

    def prepare(self) -> None:
        pass

    def to(self, device: torch.device) -> "Projected":
        return self

    def __call__(self, images: Tensor) -> Features:
        found = (images.flatten(1).float() / 127.5 - 1) @ self.matrix
        return Features(found[:, : self.size].relu(), found[:, self.size :])


def peak() -> int:
    """The most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=50_000)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--limit", type=float, default=2.0, help="GiB")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = Projected(arguments.size)
    protocol = Protocol(name="memory", differs="in nothing", scores=SCORES)
    small = [Drawn(256, 1), Drawn(256, 2)]
    settings = Settings(scores=["is"], cache_folder=None)
    score(
        small[:1], small[1], [Lens("memory", protocol, {"projected": network})], settings
    )  # imports, buffers
    before = peak()
    sides = [Drawn(arguments.n, 3), Drawn(arguments.n, 4)]
    settings = Settings(scores=SCORES, cache_folder=None)
    score(sides[:1], sides[1], [Lens("memory", protocol, {"projected": network})], settings)
    grown = (peak() - before) / GIB
    print(
        f"{arguments.n:,} images a side, {arguments.size} features, {len(SCORES)} scores: {grown:.2f} GiB more"
    )
    return int(grown > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
