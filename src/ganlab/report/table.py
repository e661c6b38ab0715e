"""One row for each setting: means over its seeds, the best setting first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ganlab.report.columns import Column, Mean, columns_of, mean_of
from ganlab.report.runs import Run


@dataclass(frozen=True, eq=False)
class Row:
    """The runs of one setting."""

    settings: dict[str, str]
    runs: list[Run]

    @cached_property
    def counted(self) -> list[Run]:
        """The runs whose scores count: those that finished; where none has, those that were interrupted."""
        finished = [run for run in self.runs if run.status == "finished"]
        return finished or [run for run in self.runs if run.status == "interrupted"]

    def score(self, column: Column, which: str) -> Mean | None:
        """``which`` is best, last, floor or baseline."""
        return column.mean(self.counted, which)

    def mean(self, field: str) -> Mean | None:
        """Of images, seconds, speed or parameters; over all runs where none counts."""
        return mean_of(getattr(run, field) for run in self.counted or self.runs)

    @property
    def status(self) -> str:
        """``finished``, or how many finished and what became of the others."""
        counts = Counter(run.status for run in self.runs)
        if len(counts) == 1:
            return next(iter(counts))
        others = [f"{number} {status}" for status, number in counts.items() if status != "finished"]
        return ", ".join([f"{counts['finished']} of {len(self.runs)} finished", *others])


@dataclass(frozen=True, eq=False)
class Table:
    """rows: the best mean of the main score first. columns: scores, each under one protocol, the main one first.

    keys: the settings that differ between rows. shared: those that do not.
    """

    runs: Sequence[Run]
    rows: Sequence[Row]
    columns: Sequence[Column]
    keys: Sequence[str]
    shared: dict[str, str]

    @property
    def main(self) -> list[Column]:
        """The main score: several columns if it was measured by several protocols."""
        return main_of(self.columns)

    def leading(self) -> list[Row]:
        """The row with the best mean in each column of the main score, where there are rows to compare."""
        leaders = []
        for column in self.main:
            values = {row: found.mean for row in self.rows if (found := row.score(column, "best"))}
            if len(values) > 1:
                leaders.append((min if column.better == "lower" else max)(values, key=values.__getitem__))
        return leaders


def table(runs: Iterable[Run]) -> Table:
    """Runs with equal settings make a row; scores of different protocols never share a column."""
    runs = list(runs)
    groups: dict[frozenset, Row] = {}
    for run in runs:
        row = groups.setdefault(frozenset(run.settings.items()), Row(dict(run.settings), []))
        row.runs.append(run)
    columns, rows = columns_of(runs), list(groups.values())
    names = list(dict.fromkeys(key for row in rows for key in row.settings))
    keys = [key for key in names if len({row.settings.get(key) for row in rows}) > 1]
    shared = {key: rows[0].settings[key] for key in names if key not in keys}
    rows.sort(key=lambda row: _rank(row, main_of(columns)))
    return Table(runs, rows, columns, keys, shared)


def main_of(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.name == columns[0].name]


def _rank(row: Row, main: list[Column]) -> list[tuple[bool, float]]:
    """To sort by: the best mean in each column in turn, rows without one last."""
    ranks = []
    for column in main:
        best = row.score(column, "best")
        value = 0.0 if best is None else best.mean
        ranks.append((best is None, value if column.better == "lower" else -value))
    return ranks
