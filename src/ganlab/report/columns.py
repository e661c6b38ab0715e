"""Which scores may stand in one column: those of the same name and the same protocol."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ganlab.report.runs import Run
from ganlab.score_record import Better, ScoreRecord


class Mean(NamedTuple):
    """Over ``n`` runs. std: sample standard deviation (n - 1); None for a single run."""

    mean: float
    std: float | None
    n: int


def mean_of(values: Iterable[float | None]) -> Mean | None:
    """The mean of the values that are there; None if none is."""
    there = [value for value in values if value is not None]
    if not there:
        return None
    return Mean(statistics.fmean(there), statistics.stdev(there) if len(there) > 1 else None, len(there))


@dataclass(eq=False)
class Column:
    """One score under one protocol, the data included. ``label`` names what its protocol has to itself."""

    name: str
    better: Better
    protocol: dict[str, Any]
    label: str = ""
    scores: dict[Run, ScoreRecord] = field(default_factory=dict)

    def takes(self, name: str, better: str, protocol: dict[str, Any], *, known: bool) -> bool:
        """Is this the same protocol? A score that could not be computed states less of its own."""
        if (name, better) != (self.name, self.better):
            return False
        shared = self.protocol.keys() & protocol.keys()
        return self.protocol == protocol or (
            not known and all(self.protocol[k] == protocol[k] for k in shared)
        )

    def mean(self, runs: Iterable[Run], which: str) -> Mean | None:
        """``which`` is best, last, floor or baseline."""
        return mean_of(self.scores[run].value(which) for run in runs if run in self.scores)


def columns_of(runs: Sequence[Run]) -> list[Column]:
    """The columns that the scores of ``runs`` need: FID first, then in the order in which runs name them."""
    entries = [(run, name, score) for run in runs for name, score in run.scores.items()]
    found: list[Column] = []
    for run, name, score in sorted(entries, key=lambda entry: entry[2].value("last") is None):
        protocol = {"data": run.settings.get("data"), **score.protocol}
        known = score.value("last") is not None
        fitting = [column for column in found if column.takes(name, score.better, protocol, known=known)]
        if len(fitting) != 1:
            fitting = [Column(name, score.better, protocol)]
            found += fitting
        fitting[0].scores[run] = score
    names = list(dict.fromkeys(name for _, name, _ in entries))
    found.sort(key=lambda column: (not column.name.startswith("fid"), names.index(column.name)))
    for name in names:
        _label([column for column in found if column.name == name])
    return found


def _label(alike: list[Column]) -> None:
    """``fid_digits``, or ``fid_digits [n_fake=1000]`` where several protocols measure what has this name."""
    keys = list(dict.fromkeys(key for column in alike for key in column.protocol))
    protocols = {key: [str(column.protocol.get(key, "–")) for column in alike] for key in keys}
    differing = [key for key in keys if len(set(protocols[key])) > 1]
    sufficient = [key for key in differing if len(set(protocols[key])) == len(alike)][:1] or differing
    for index, column in enumerate(alike):
        words = ", ".join(f"{key}={protocols[key][index]}" for key in sufficient)
        column.label = f"{column.name} [{words}]" if words else column.name
