"""How far the runs of a sweep are, in a terminal: a line each of step, time left and score."""

import shutil
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from ganlab.config.runs.record import saved_config
from ganlab.errors import GanlabError
from ganlab.report.history import read_newest

EVERY = 1.0  # seconds between two looks at what the runs have logged
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
    step, name, value = read_newest(run_dir / "metrics.csv")
    if bar.total is None:
        bar.total = steps_of(run_dir)
        if step is not None:
            bar.initial = bar.n = step  # of a run that goes on; the speed is that of what follows
    bar.set_postfix_str("" if value is None else f"{name} {value:.4g}", refresh=False)
    bar.update(0 if step is None else step - bar.n)
    bar.refresh()


def steps_of(run_dir: Path) -> int | None:
    """``trainer.max_steps`` of a run that has noted its configuration."""
    try:
        steps = saved_config(run_dir).trainer.max_steps
    except (GanlabError, OSError, AttributeError):
        return None  # not yet, or not ours to tell: the run itself does
    return steps if isinstance(steps, int) and steps > 0 else None
