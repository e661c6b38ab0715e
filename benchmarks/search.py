"""TPE with pruning against random search, at equal training steps: what each finds, run again on fresh seeds.

python -m benchmarks.search --trials 7 --repetitions 3 --output outputs/benchmark

A small DCGAN on digits of 16 x 16 pixels; two rates and a loss are searched. Random search takes ``trials`` points; TPE
gives runs up, and takes points until its runs have taken as many training steps. The best point of each and the model's
own settings are then run on seeds that no search has seen. Started again, it goes on where it was.
"""

import argparse
import csv
import json
import statistics
from pathlib import Path

import yaml

from ganlab.cli import main as ganlab

STEPS = 150
DIGITS = [
    "data=digits",
    "data.image_size=16",
    "data.batch_size=32",
    "trainer=cpu",
    "trainer.threads=1",
    "metrics.digits.scores=[fid]",
]
WORDS = [
    *DIGITS,
    "model=dcgan",
    "model.generator.width=16",
    "model.discriminator.width=16",
    f"trainer.max_steps={STEPS}",
    "metrics.digits.n_fake=500",
    "callbacks.quality.every_images=960",  # five times
    "callbacks.samples=null",
]
SPACE = [
    "model.optimizers.generator.lr=interval(1e-5,1e-2)",
    "model.optimizers.discriminator.lr=interval(1e-5,1e-2)",
    "model/loss=non_saturating,hinge,least_squares",
]
FRESH = (1001, 1002, 1003)  # seeds
METHODS = {"random": ["search.pruner=none"], "tpe": ["search.pruner=median", "search.warm_up=3"]}


def results_below(folder: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*/results.json"))]


def search(folder: Path, method: str, trials: int, seed: int) -> None:
    words = [f"search={method}", f"search.trials={trials}", *METHODS[method], f"hydra.sweep.dir={folder}"]
    assert ganlab([*words, f"seed={seed}", *WORDS, *SPACE]) == 0


def winner(folder: Path) -> list[str]:
    """The words of the best finished run that are searched."""
    finished = [path.parent for path in folder.glob("*/results.json")]
    scored = {
        run: json.loads((run / "results.json").read_text())["scores"]["fid_digits"]["last"]["value"]
        for run in finished
        if json.loads((run / "results.json").read_text())["status"] == "finished"
    }
    best = min(scored, key=scored.__getitem__)
    keys = tuple(word.partition("=")[0] for word in SPACE)
    return [
        word
        for word in yaml.safe_load((best / ".hydra" / "overrides.yaml").read_text())
        if word.startswith(keys)
    ]


def fresh(folder: Path, words: list[str]) -> list[float]:
    """The last scores on ``FRESH``."""
    if len(results_below(folder)) < len(FRESH):
        seeds = ",".join(map(str, FRESH))
        ganlab(["-m", f"seed={seeds}", *WORDS, *words, f"hydra.sweep.dir={folder}"])
    return [each["scores"]["fid_digits"]["last"]["value"] for each in results_below(folder)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=7)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("outputs/benchmark"))
    args = parser.parse_args()
    rows = []

    def add(name: str, repetition: int, folder: Path | None, scores: list[float], words: list[str]) -> None:
        tried = results_below(folder) if folder else []
        steps = sum(each["steps"] for each in tried)
        pruned = sum(each["status"] == "pruned" for each in tried)
        mean = statistics.fmean(scores)
        rows.append([name, repetition, len(tried), pruned, steps, *scores, mean, " ".join(words)])
        with (args.output / "search.csv").open("w", newline="") as file:
            heads = ["method", "repetition", "points", "given_up", "steps", *FRESH, "mean", "words"]
            csv.writer(file).writerows([heads, *rows])

    args.output.mkdir(parents=True, exist_ok=True)
    add("default", 0, None, fresh(args.output / "default", []), [])
    for repetition in range(args.repetitions):
        for method in METHODS:
            folder, trials = args.output / f"{method}_{repetition}", args.trials
            search(folder, method, trials, 100 * repetition)
            while sum(each["steps"] for each in results_below(folder)) + STEPS // 2 < args.trials * STEPS:
                trials += 1
                search(folder, method, trials, 100 * repetition)
            words = winner(folder)
            add(method, repetition, folder, fresh(args.output / f"{method}_{repetition}_fresh", words), words)


if __name__ == "__main__":
    main()
