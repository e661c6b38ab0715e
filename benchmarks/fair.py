"""Twelve variants after an equal search of each (Lucic et al. 2018, arXiv:1711.10337): what is left of differences.

python -m benchmarks.fair --output outputs/fair

Each variant takes the same number of points of a random search on one seed: its two rates, its momenta and one number
of its own. The best point, and the variant's own settings, are then run on seeds that no search has seen, on digits of
16 x 16 pixels. ``trials.csv`` has every run, ``table.md`` the table; started again, it goes on where it was.
"""

import argparse
import csv
import json
import statistics
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.search import DIGITS, FRESH
from ganlab.cli import main as ganlab

STEPS = 250  # of 32 images
WORDS = [
    *DIGITS,
    f"trainer.max_steps={STEPS}",
    f"callbacks.quality.every_images={STEPS * 32}",  # once, at the end
    "callbacks.samples=null",
    "callbacks.report=null",
]
SEED = 100  # of the search
RATES = [
    "model.optimizers.generator.lr=interval(1e-4,1e-2)",
    "model.optimizers.discriminator.lr=interval(1e-4,1e-2)",
]
BETAS = [
    f"model.optimizers.{player}.betas=[0.0,0.999],[0.5,0.999],[0.9,0.999]"
    for player in ("generator", "discriminator")
]
ALPHAS = [
    f"model.optimizers.{player}.alpha=0.9,0.99,0.999" for player in ("generator", "discriminator")
]  # RMSprop
NOISE = "model.prior.size=8,16,32,64,128"

SPACES = {
    "vanilla": [*BETAS, NOISE],
    "gan_2014": [*BETAS, "model.discriminator.dropout=interval(0.0,0.6)"],
    "mlp_gan": [*BETAS, NOISE],
    "lsgan_mlp": [*BETAS, NOISE],
    "dcgan": [*BETAS, NOISE],
    "lsgan": [*BETAS, NOISE],
    "wgan": [*ALPHAS, "model.clip=interval(0.001,0.1)"],
    "wgan_gp": [*BETAS, "model.gp_weight=interval(0.1,100)"],
    "r1gan": [*ALPHAS, "model.penalty.gamma=interval(0.01,10)"],
    "sngan": [*BETAS, NOISE],
    "ebgan": [*BETAS, "model.margin=interval(0.04,4)"],
    "began": [*BETAS, "model.diversity=interval(0.3,1.0)"],
}
ABOVE_ALL = float("inf")  # what a run that failed or was stopped for a loss that is not finite scores


class Run(NamedTuple):
    variant: str
    part: str  # search, found, default
    score: float
    seed: int
    status: str
    words: str


def runs_below(folder: Path, variant: str, part: str) -> list[Run]:
    rows = []
    for path in sorted(folder.glob("*/results.json")):
        results = json.loads(path.read_text())
        words = yaml.safe_load((path.parent / ".hydra" / "overrides.yaml").read_text())
        seed = next(int(word.partition("=")[2]) for word in words if word.startswith("seed="))
        searched = [word for word in words if word.startswith(tuple(keys(variant)))]
        last = (
            results["scores"].get("fid_digits", {}).get("last") if results["status"] == "finished" else None
        )
        score = last["value"] if last else ABOVE_ALL
        rows.append(Run(variant, part, score, seed, results["status"], " ".join(searched)))
    return rows


def keys(variant: str) -> list[str]:
    return [word.partition("=")[0] + "=" for word in (*RATES, *SPACES[variant])]


def search(folder: Path, variant: str, trials: int) -> list[Run]:
    """``trials`` points at random; none is given up, so that each costs the same steps."""
    if len(runs_below(folder, variant, "search")) < trials:
        words = [
            "search=random",
            f"search.trials={trials}",
            "search.pruner=none",
            f"hydra.sweep.dir={folder}",
        ]
        ganlab([*words, f"seed={SEED}", f"model={variant}", *WORDS, *RATES, *SPACES[variant]])
    return runs_below(folder, variant, "search")


def fresh(folder: Path, variant: str, part: str, words: list[str]) -> list[Run]:
    """Runs on ``FRESH``."""
    if len(runs_below(folder, variant, part)) < len(FRESH):
        seeds = ",".join(map(str, FRESH))
        ganlab(["-m", f"model={variant}", f"seed={seeds}", *WORDS, *words, f"hydra.sweep.dir={folder}"])
    return runs_below(folder, variant, part)


def compared(folder: Path, variant: str, trials: int) -> list[Run]:
    """All runs of a variant."""
    own = fresh(folder / f"{variant}_default", variant, "default", [])
    tried = search(folder / f"{variant}_search", variant, trials)
    words = min(tried, key=lambda run: run.score).words.split(" ")
    return [*own, *tried, *fresh(folder / f"{variant}_found", variant, "found", words)]


def spread(scores: list[float]) -> str:
    return f"{statistics.fmean(scores):.1f} ± {statistics.stdev(scores):.1f}"


def table(runs: list[Run]) -> str:
    """Markdown: a line for each variant, the best after its search first."""
    lines = []
    for variant in dict.fromkeys(run.variant for run in runs):
        part = {
            name: [run for run in runs if (run.variant, run.part) == (variant, name)]
            for name in ("default", "search", "found")
        }
        found, own = ([run.score for run in part[name]] for name in ("found", "default"))
        tried = [run.score for run in part["search"]]
        cells = [spread(found), spread(own), f"{min(tried):.1f}", f"{statistics.median(tried):.1f}"]
        lines.append((statistics.fmean(found), f"| `{variant}` | {' | '.join(cells)} |"))
    heads = ["`model=`", "found", "as it stands", "best of the search", "median of it"]
    head = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*head, *(line for _, line in sorted(lines))]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--variants", nargs="+", choices=SPACES, default=list(SPACES))
    parser.add_argument("--output", type=Path, default=Path("outputs/fair"))
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    for variant in args.variants:
        runs += compared(args.output, variant, args.trials)
        with (args.output / "trials.csv").open("w", newline="") as file:
            csv.writer(file).writerows([Run._fields, *runs])
        (args.output / "table.md").write_text(table(runs))


if __name__ == "__main__":
    main()
