"""How far the runs of a sweep are, in a terminal: a line each of step, time left and score."""

import csv
import shutil
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from ganlab.config.runs.record import saved_config
from ganlab.errors import GanlabError

EVERY = 1.0  # seconds between two looks at what the runs have logged
TAIL = 1 << 16  # bytes of metrics.csv that are looked at, from its end
WIDEST = 40  # of a run's name
LINE = "{desc} {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix} {bar}"


class Board:
    """A bar for each run that is under way, and one for the sweep. Where ``file`` is no terminal, only :meth:`say`."""

    def __init__(self, names: list[str], file: TextIO | None = None) -> None:
        self.file = file or sys.stdout
        self.silent = not self.file.isatty()
        self.width = min(WIDEST, max(map(len, names), default=0))
        self.of_all = self._bar("runs", 0, total=len(names))
        self.bars: dict[int, tuple[Path, tqdm[Any]]] = {}  # by the place of the process
        self.next = 0.0

    def _bar(self, name: str, position: int, *, total: int | None = None, initial: int = 0) -> "tqdm[Any]":
        shown = name if len(name) <= self.width else f"{name[: self.width - 1]}…"
        columns, lines = shutil.get_terminal_size()  # 80 x 24 where the terminal does not tell
        return tqdm(
            total=total,
            initial=initial,
            desc=f"{shown:<{self.width}}",
            position=position,
            bar_format=LINE,
            ncols=columns,
            nrows=lines,
            leave=False,
            file=self.file,
            disable=self.silent,
        )

    def begin(self, place: int, run_dir: Path) -> None:
        self.bars[place] = (run_dir, self._bar(run_dir.name, place + 1))

    def end(self, place: int) -> None:
        self.bars.pop(place)[1].close()
        self.of_all.update()

    def look(self) -> None:
        """Bring the bars up to what the runs have logged by now."""
        if self.silent or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + EVERY
        for run_dir, bar in self.bars.values():
            show(bar, run_dir)

    def say(self, line: str, file: TextIO | None = None) -> None:
        """A line above the bars."""
        tqdm.write(line, file=file or self.file)
        (file or self.file).flush()

    def close(self) -> None:
        for _, bar in self.bars.values():
            bar.close()
        self.of_all.close()


def show(bar: "tqdm[Any]", run_dir: Path) -> None:
    """Step and last score of a run, beside the number of its steps, once it has written these."""
    step, score = logged(run_dir / "metrics.csv")
    if bar.total is None:
        bar.total = steps_of(run_dir)
        if step is not None:
            bar.initial = bar.n = step  # of a run that goes on; the speed is that of what follows
    bar.set_postfix_str(score, refresh=False)
    bar.update(0 if step is None else step - bar.n)
    bar.refresh()


def steps_of(run_dir: Path) -> int | None:
    """``trainer.max_steps`` of a run that has noted its configuration."""
    try:
        steps = saved_config(run_dir).trainer.max_steps
    except (GanlabError, OSError, AttributeError):
        return None  # not yet, or not ours to tell: the run itself does
    return steps if isinstance(steps, int) and steps > 0 else None


def logged(path: Path) -> tuple[int | None, str]:
    """The last step of a ``metrics.csv``, and the last value of its main score as ``fid_digits 12.3``."""
    try:
        with open(path, "rb") as file:
            columns = next(csv.reader([file.readline().decode()]))
            start = max(file.tell(), file.seek(0, 2) - TAIL)
            file.seek(start)
            text = file.read().decode(errors="replace")
    except (OSError, StopIteration):
        return None, ""
    rows = [row for row in csv.reader(StringIO(text)) if len(row) == len(columns)]
    steps = [row[0] for row in rows if row[0].isdecimal()]
    scores = sorted((name for name in columns if name.startswith("val/")), key=lambda name: "fid" not in name)
    for name in scores[:1]:
        values = [value for row in rows if (value := row[columns.index(name)])]
        if values:
            return int(steps[-1]), f"{name.removeprefix('val/')} {float(values[-1]):.4g}"
    return (int(steps[-1]) if steps else None), ""
