"""``metrics.csv`` of a run, column by column, as numbers."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from ganlab.score_record import finite

TAIL = 1 << 16  # bytes at the end of a file, in which the newest rows are
POINTS = 300  # of a curve; of longer ones means are shown
Curve = tuple[list[float], list[float]]


@dataclass(frozen=True)
class History:
    """What was logged; nothing where there is no file, or one that is damaged."""

    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def curve(self, name: str, axis: str = "images") -> Curve:
        """A number against images, steps or seconds, where it is there and finite, by at most ``POINTS`` points."""
        if name not in self.names or axis not in self.names:
            return [], []
        x, y = self.names.index(axis), self.names.index(name)
        pairs = ((_number(row[x]), _number(row[y])) for row in self.rows if row[y])
        there = [(a, b) for a, b in pairs if a is not None and b is not None]
        size = math.ceil(len(there) / POINTS) or 1
        parts = [there[start : start + size] for start in range(0, len(there), size)]
        return [part[-1][0] for part in parts], [fmean(value for _, value in part) for part in parts]

    def last(self, name: str) -> float | None:
        """The last value that is there."""
        if name not in self.names:
            return None
        place = self.names.index(name)
        return next((_number(row[place]) for row in reversed(self.rows) if row[place]), None)

    def named(self, *patterns: str) -> list[str]:
        """The columns that begin with, or as ``/loss`` end with, one of the patterns."""
        return [name for name in self.names if any(_fits(name, pattern) for pattern in patterns)]


def read_history(path: Path) -> History:
    """The rows of a file; a process that was killed may have left half a row at its end."""
    try:
        if not path.is_file():  # a pipe never ends
            return History()
        with open(path, newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error):
        return History()
    return History(names, [row for row in rows if len(row) == len(names)])


class Newest(NamedTuple):
    """The last step that was logged, and the last value of the main score by its name; None and "" where none was."""

    step: int | None = None
    name: str = ""
    value: float | None = None


def read_newest(path: Path) -> Newest:
    """What the end of a file tells, however long it is, while it is being written."""
    try:
        if not path.is_file():
            return Newest()
        with open(path, "rb") as file:
            names = next(csv.reader([file.readline().decode()]))
            file.seek(max(file.tell(), file.seek(0, 2) - TAIL))
            rows = list(csv.reader(StringIO(file.read().decode(errors="replace"))))
    except (OSError, ValueError, csv.Error):
        return Newest()
    history = History(names, [row for row in rows if len(row) == len(names) and row[0].isdecimal()])
    step = int(history.rows[-1][0]) if history.rows else None
    scores = sorted(history.named("val/"), key=lambda name: not name.startswith("val/fid"))  # as in tables
    if not scores or (value := history.last(scores[0])) is None:
        return Newest(step)
    return Newest(step, scores[0].removeprefix("val/"), value)


def curves(history: History, names: Iterable[str]) -> dict[str, Curve]:
    """Those of the columns that hold any number."""
    found = {name: history.curve(name) for name in names}
    return {name: curve for name, curve in found.items() if curve[0]}


def _fits(name: str, pattern: str) -> bool:
    return name.endswith(pattern) if pattern.startswith("/") else name.startswith(pattern)


def _number(text: str) -> float | None:
    try:
        return finite(float(text))
    except ValueError:
        return None
