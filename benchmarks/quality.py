"""The tables of quality.md, from the runs of sweeps.

    ganlab sweep=noise_to_image data=digits
    python -m benchmarks.quality outputs/sweeps/..._noise_to_image [more sweeps of the same data]

Models that make images from noise are compared by the best and the last value of the main score, with what fraction of
the way from held-out real images to Gaussian noise remains, and the classes that appear. Where a score knows a trivial
answer, such as the input itself, the last value of every such score stands above that of the trivial answer. All are
means and standard deviations over seeds. Beside them stands the price: parameters, and processor time per image of
training, measured here in a few steps on one thread; or with --minutes, for networks that grow, what the whole runs
took. The sweeps make one section of quality.md, named by their data or by --section; other sections stay.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks import pages
from benchmarks.baselines import measured
from benchmarks.steps import step_times
from ganlab import report
from ganlab.config import compose
from ganlab.report.cells import NONE, count, mean
from ganlab.report.columns import Column, Mean
from ganlab.report.table import Row, Table, main_of
from ganlab.training.run import quiet

PAGE = Path(__file__).with_name("quality.md")
NO_NAME = ("model", "trainer.max_steps")  # keys that a row is not called by, nor by those of callbacks
ARROWS = {"lower": "↓", "higher": "↑"}


def milliseconds_per_image(overrides: list[str], steps: int = 12, warm_up: int = 2) -> float:
    """Of processor time in training on one thread, without pictures, scores and checkpoints."""
    cfg = compose([*overrides, "trainer=cpu", "metrics=none"])
    cfg.trainer.max_steps, cfg.trainer.threads = steps, 1
    times = step_times(cfg, time.process_time)
    return 1000 * (times[-1] - times[warm_up - 1]) / (steps - warm_up) / cfg.data.batch_size


class Price(NamedTuple):
    """What a setting costs: the name of a column, and a number for it."""

    name: str
    of: Callable[[Row, Table], float]


PER_IMAGE = Price("ms per image", lambda row, table: milliseconds_per_image(_overrides(row, table)))
WHOLE = Price("minutes", lambda row, table: row.mean("seconds").mean / 60)


def against_noise(table: Table, price: Price) -> str:
    """Markdown: a line for each setting, the best last score first."""
    (main,) = main_of(table.columns)
    classes = next((column for column in table.columns if column.name.startswith("classes")), None)
    words = [f"{key}={value}" for key, value in table.shared.items() if not key.startswith("hydra")]
    noise = measured(words)["Gaussian per pixel"][main.name].value
    floor = main.mean(table.runs, "floor").mean
    images = count(table.rows[0].mean("images"))

    def cells(row: Row) -> list[str]:
        left = (row.score(main, "last").mean - floor) / (noise - floor)
        shown = [mean(row.score(main, which), len(row.runs)) for which in ("best", "last")]
        seen = (
            mean(row.score(classes, "last"), len(row.runs), spread=False).removesuffix(".0")
            if classes
            else NONE
        )
        return [*shown, f"{left:.3f}", seen]

    return "\n".join(
        [
            *lines(table, main, [f"{main.name} best", "last", "left", "classes"], cells, price),
            "",
            f"Held-out real images score {floor:.3g}, Gaussian noise with each pixel's mean and deviation {noise:.3g}; "
            f"*left* is (last - {floor:.3g}) / ({noise:.3g} - {floor:.3g}). Each run saw {images} images. "
            f"{_conditions(main)}",
        ]
    )


def against_the_trivial_answer(table: Table, compared: list[Column], price: Price) -> str:
    """Markdown: a line for each setting, and one for the trivial answer, under the scores that know one."""

    def cells(row: Row) -> list[str]:
        scores = [mean(row.score(column, "last"), len(row.runs)) for column in compared]
        return [*scores, count(row.mean("images"))]

    trivial = [
        mean(column.mean(table.runs, "baseline"), len(table.runs), spread=False) for column in compared
    ]
    names = [f"{column.name} {ARROWS[column.better]}" for column in compared]
    return "\n".join(
        [
            *lines(table, compared[0], [*names, "images"], cells, price),
            f"| {compared[0].protocol['baseline']} | {' | '.join(trivial)} | | | |",
            "",
            _conditions(compared[0]),
        ]
    )


def lines(
    table: Table, main: Column, names: list[str], cells: Callable[[Row], list[str]], price: Price
) -> Iterator[str]:
    """The rows of a table in Markdown, its head first: the setting, its cells, its price and its parameters."""
    yield f"| `model=` | {' | '.join(names)} | {price.name} | parameters |"
    yield "|---" * (len(names) + 3) + "|"
    up = main.better == "higher"
    for row in sorted(table.rows, key=lambda row: _order(row.score(main, "last"), up)):
        own = [
            f"{key}={row.settings[key]}"
            for key in table.keys
            if key in row.settings and key not in NO_NAME and not key.startswith("callbacks.")
        ]
        name = " ".join([row.settings["model"], *own])
        if row.score(main, "last") is None:
            yield f"| `{name}` | {row.status}{' |' * (len(names) + 2)}"
            continue
        cost = price.of(row, table)
        print(
            f"{name:<24} {mean(row.score(main, 'last'), len(row.runs)):<14} {cost:.2f} {price.name}",
            flush=True,
        )
        weights = int(row.mean("parameters").mean)
        yield f"| `{name}` | {' | '.join(cells(row))} | {cost:.2f} | {weights:,} |"


def _order(found: Mean | None, up: bool) -> float:
    return math.inf if found is None else -found.mean if up else found.mean


def _overrides(row: Row, table: Table) -> list[str]:
    words = row.settings | table.shared
    return [f"{key}={value}" for key, value in words.items() if not key.startswith(("hydra", "trainer"))]


def _conditions(main: Column) -> str:
    how, n = main.protocol["measured"], main.protocol["n_fake"]
    return f"Measured: {how}; {n:,} images, from averaged weights where a model has them."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweeps", nargs="+", type=Path, help="folders of sweeps of one data set")
    parser.add_argument("--section", help="name of the section of quality.md; by default the data's")
    parser.add_argument(
        "--minutes", action="store_true", help="show what whole runs took, not the time per image"
    )
    parser.add_argument(
        "--scores", nargs="+", help="the columns, where there is a trivial answer; default: all"
    )
    args = parser.parse_args()
    folders = [path.parent for sweep in args.sweeps for path in sweep.glob("*/results.json")]
    torch.set_num_threads(1)
    quiet()
    table = report.table(report.collect(sorted(folders)))
    compared = [
        column
        for column in table.columns
        if column.mean(table.runs, "baseline") is not None and column.name in (args.scores or [column.name])
    ]
    price = WHOLE if args.minutes else PER_IMAGE
    text = against_the_trivial_answer(table, compared, price) if compared else against_noise(table, price)
    pages.write(PAGE, args.section or table.shared["data"], text)


if __name__ == "__main__":
    main()
