"""Trains the games that the laboratory plays back, and writes its page: python docs/lab/record.py

Runs lie in outputs/lab/, and those that are there already are not trained again. The page is docs/lab/index.html.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from shutil import rmtree

LAB = Path(__file__).resolve().parent
sys.path[:0] = [str(LAB.parents[1] / "src")]

from games import Game, games  # noqa: E402  # its neighbours, one of which needs ganlab
from page import held_of, write  # noqa: E402


def is_whole(folder: Path) -> bool:
    """Whether a run was recorded to its end."""
    results = folder / "results.json"
    if not results.exists():
        return False
    return json.loads(results.read_text(encoding="utf-8"))["status"] in ("finished", "diverged")


def train(game: Game, folder: Path, extra: Sequence[str] = ()) -> None:
    """A run with its recording, unless it is there."""
    import ganlab
    from ganlab.errors import DivergedError

    if is_whole(folder):
        return
    rmtree(folder, ignore_errors=True)  # of a run that was killed
    words = [*game.words(), "callbacks/samples=recording", "callbacks.log.every_steps=20"]
    words += ["callbacks.report=null", *extra]
    try:
        ganlab.train(ganlab.compose(words, config_dirs=[LAB]), folder)
    except DivergedError as error:
        print(f"{game.name}: {error}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=1, help="how many runs at once (default 1)")
    options = parser.parse_args()
    runs = {game: Path("outputs/lab", game.name) for game in games()}
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        for number, (game, job) in enumerate([(one, pool.submit(train, one, runs[one])) for one in runs], 1):
            job.result()
            print(f"{number} of {len(runs)}: {game.name}", flush=True)
    write(held_of(runs), LAB / "index.html")


if __name__ == "__main__":
    main()
