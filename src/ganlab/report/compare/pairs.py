"""Which settings differ in a score, and by how much: the difference of their means, with an interval."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ganlab.report.columns import Column, Mean
from ganlab.report.page import Html, paragraph, table
from ganlab.report.table import Row

LEVEL = 0.95
LONGEST = 30  # settings, the best, that are compared at all
MOST = 8  # settings of which all pairs are shown; of more each is compared with the best


class Difference(NamedTuple):
    """Of two means: the first minus the second, and the ends of its interval of confidence."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        return self.low > 0 or self.high < 0


def difference(one: Mean, other: Mean) -> Difference | None:
    """Welch's interval (Welch 1947): normal values of unlike variances; None with fewer than two runs on a side."""
    if one.std is None or other.std is None:
        return None
    from scipy.special import stdtrit

    parts = [side.std**2 / side.n for side in (one, other) if side.std is not None]
    total = sum(parts)
    value = one.mean - other.mean
    if total == 0:
        return Difference(value, value, value)
    freedom = total**2 / sum(part**2 / (side.n - 1) for part, side in zip(parts, (one, other), strict=True))
    half = float(stdtrit(freedom, (1 + LEVEL) / 2)) * math.sqrt(total)
    return Difference(value, value - half, value + half)


def differences(rows: Sequence[Row], names: Mapping[Row, str], column: Column) -> list[Html]:
    """A table of all pairs of the last values, or of each setting with the first; nothing for single runs."""
    means = {row: found for row in rows if (found := row.score(column, "last")) and found.n > 1}
    if len(means) < 2:
        return []
    first, *others = list(means)[:LONGEST]
    shown = list(means) if len(means) <= MOST else [first]
    lines = [
        (names[row], *(_cell(means[row], means[other], same=row is other) for other in shown))
        for row in (means if len(means) <= MOST else others)
    ]
    note = (
        f"{column.label}, last: the row's mean minus the column's, with its {LEVEL:.0%} interval (Welch). An asterisk: "
        f"the interval does not hold 0. Of many pairs some are so by chance: at {LEVEL:.0%}, one in twenty."
    )
    return [table(("", *(names[row] for row in shown)), lines), paragraph(note, "faint")]


def _cell(one: Mean, other: Mean, *, same: bool) -> str:
    found = None if same else difference(one, other)
    if found is None:
        return ""
    return f"{found.value:+.3g} [{found.low:+.3g}, {found.high:+.3g}]{' *' if found.is_clear else ''}"
