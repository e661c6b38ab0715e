"""Curves of settings: the mean over the seeds of each, and their standard deviation around it."""

import statistics
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from ganlab.report.charts import INKS, Chart
from ganlab.report.columns import Column
from ganlab.report.history import Curve, History
from ganlab.report.runs import Run
from ganlab.report.table import Row, Table

AXES = {"images": "images seen", "seconds": "seconds", "training": "seconds without scoring"}
POINTS = 40  # of a mean over seeds
MOST = len(INKS)  # settings in a chart: the best


def charts(
    table: Table, column: Column, names: Mapping[Row, str], history: Callable[[Run], History]
) -> dict[str, Chart]:
    """A score of the best settings against each of ``AXES``; those that were measured under its protocol alone."""
    rows = [row for row in table.rows if any(run in column.scores for run in row.counted)][:MOST]
    made = {}
    for axis, label in AXES.items():
        curves, spreads = {}, {}
        for row in rows:
            found = [
                along(history(run), f"val/{column.name}", axis) for run in row.counted if run in column.scores
            ]
            (xs, ys), deviations = mean_curve([curve for curve in found if curve[0]])
            if xs:
                curves[names[row]] = xs, ys
                if deviations:
                    spreads[names[row]] = deviations
        made[axis] = Chart(column.label, curves, _levels(column), spreads, label)
    return made


def along(history: History, name: str, axis: str) -> Curve:
    """A score against ``axis``; time in training is what is left without all evaluations so far."""
    xs, ys = history.curve(name, "seconds" if axis == "training" else axis)
    if axis != "training":
        return xs, ys
    when, spent = history.curve("progress/evaluation_seconds", "seconds")
    return [max(0.0, x - _until(when, spent, x)) for x in xs], ys


def mean_curve(curves: Sequence[Curve]) -> tuple[Curve, list[float]]:
    """The mean where all of them are known, and the sample standard deviation; none of a single curve."""
    if len(curves) < 2:
        return (curves[0] if curves else ([], [])), []
    low, high = max(xs[0] for xs, _ in curves), min(xs[-1] for xs, _ in curves)
    places = sorted({x for xs, _ in curves for x in xs if low <= x <= high})
    if len(places) > POINTS:  # of times, of which no two are equal
        places = [low + (high - low) * place / (POINTS - 1) for place in range(POINTS)]
    values = [[_at(curve, x) for curve in curves] for x in places]
    return (places, [statistics.fmean(v) for v in values]), [statistics.stdev(v) for v in values]


def _at(curve: Curve, x: float) -> float:
    """Between two points of a curve, on the line from one to the other."""
    xs, ys = curve
    place = min(max(bisect_left(xs, x), 1), len(xs) - 1)
    if len(xs) == 1:
        return ys[0]
    (a, b), (start, end) = xs[place - 1 : place + 1], ys[place - 1 : place + 1]
    return start + (end - start) * (x - a) / (b - a) if b > a else end


def _until(when: Sequence[float], spent: Sequence[float], x: float) -> float:
    place = bisect_left(when, x + 1e-9)
    return spent[place - 1] if place else 0.0


def _levels(column: Column) -> dict[str, float]:
    """What all runs of the column are compared with, where it is the same for them."""
    scores = [score for score in column.scores.values() if score.last]
    beside = [score.beside() for score in scores]
    return {
        name: value
        for name, value in (beside[0] if beside else {}).items()
        if all(b.get(name) == value for b in beside)
    }
