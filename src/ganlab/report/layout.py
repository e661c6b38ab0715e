"""A table for the eye: aligned text for a terminal, Markdown for a page."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ganlab.report.cells import NONE, amount, clock, count, cut, mean, padded, setting, width_of
from ganlab.report.columns import Column, Mean
from ganlab.report.runs import Run
from ganlab.report.table import Row, Table

MOST_SCORES = 3  # beside the main one, where they fit
MOST_ERRORS = 5
ESSENTIAL = 0


@dataclass(frozen=True)
class Field:
    """A column of text; where space is short, the highest importance above ``ESSENTIAL`` is left out first."""

    heading: str
    cells: list[str]
    importance: int = ESSENTIAL

    @property
    def width(self) -> int:
        return max(map(width_of, [self.heading, *self.cells]))

    def padded(self) -> list[str]:
        return [padded(cell, self.width) for cell in [self.heading, *self.cells]]


def in_a_line(run: Run) -> str:
    """How a run ended: ``finished in 0:45, fid_digits 12.3``, with its main score alone."""
    values = {name: score.value("last") for name, score in run.scores.items()}
    scores = [f"{name} {value:.4g}" for name, value in values.items() if value is not None]
    scores.sort(key=lambda text: not text.startswith("fid"))
    took = f" in {clock(Mean(run.seconds, None, 1))}" if run.seconds is not None else ""
    return ", ".join([f"{run.status}{took}", *scores[:1]])


def aligned(table: Table, width: int) -> str:
    """The table in at most ``width`` characters, with a line above it and notes below."""
    fields = fields_of(table, MOST_SCORES)
    while sum(field.width + 2 for field in fields) - 2 > width:
        last = max(fields, key=lambda field: field.importance)
        if last.importance == ESSENTIAL:
            break
        fields.remove(last)
    lines = ["  ".join(cells).rstrip() for cells in zip(*(field.padded() for field in fields), strict=True)]
    lines = [cut(line, width) for line in lines]
    above, *below = [
        textwrap.fill(note, width, subsequent_indent="  ") for note in [title(table), *notes(table)]
    ]
    return "\n".join([above, "", *lines, "", *below]).rstrip()


def markdown(table: Table) -> str:
    """The same with every score, as Markdown."""
    fields = fields_of(table, len(table.columns))
    lines = zip(*([field.heading or " ", *field.cells] for field in fields), strict=True)
    heading, *rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines]
    below = [f"- {note}" for note in notes(table)]
    return (
        "\n".join([title(table), "", heading, "|---" * len(fields) + "|", *rows, "", *below]).rstrip() + "\n"
    )


def fields_of(table: Table, most_scores: int) -> list[Field]:
    """Settings, scores (at most so many beside the main one), effort and status."""
    rows, leaders = table.rows, table.leading()
    fields = [Field("", ["*" if row in leaders else "" for row in rows])] if leaders else []
    fields += _setting_fields(table)
    fields.append(Field("runs", [str(len(row.runs)) for row in rows], 1))
    fields += [
        field for column in table.main for field in _main_fields(column, rows, alone=len(table.main) == 1)
    ]
    others = [column for column in table.columns if column not in table.main][:most_scores]
    fields += [_score(column, "best", rows, 6 + 2 * place) for place, column in enumerate(others)]
    fields += _effort_fields(rows)
    fields.append(Field("status", [row.status for row in rows], 2))
    return [field for field in fields if field.importance < 4 or set(field.cells) != {NONE}]


def _setting_fields(table: Table) -> list[Field]:
    """What the runs differ in, or else their model."""
    keys = list(table.keys) or [key for key in ("model",) if key in table.shared]
    return [
        Field(heading, [setting(row.settings.get(key)) for row in table.rows])
        for key, heading in zip(keys, shortened(keys), strict=True)
    ]


def _effort_fields(rows: Sequence[Row]) -> list[Field]:
    """What the runs took, the more telling first."""
    return [
        Field("images", [count(row.mean("images")) for row in rows], 5),
        Field("time", [clock(row.mean("seconds")) for row in rows], 7),
        Field("parameters", [amount(row.mean("parameters")) for row in rows], 9),
        Field("images/s", [count(row.mean("speed")) for row in rows], 11),
    ]


def _main_fields(column: Column, rows: Sequence[Row], *, alone: bool) -> list[Field]:
    """Best, last, floor and baseline; the heading of the first says of what."""
    ranks = [("best", ESSENTIAL), ("last", 3), ("floor", 4), ("baseline", 4)]
    fields = [_score(column, which, rows, rank) for which, rank in ranks]
    if not alone:
        return fields
    return [
        fields[0],
        *(Field(field.heading.split()[-1], field.cells, field.importance) for field in fields[1:]),
    ]


def _score(column: Column, which: str, rows: Sequence[Row], importance: int) -> Field:
    arrow = "↓" if column.better == "lower" else "↑"
    spread = which not in ("floor", "baseline")
    cells = [mean(row.score(column, which), len(row.runs), spread=spread) for row in rows]
    return Field(f"{column.label} {arrow} {which}", cells, importance)


def shortened(keys: Sequence[str]) -> list[str]:
    """The ends of dotted keys, as long as it takes to tell them apart."""

    def end(key: str, parts: int) -> str:
        return ".".join(key.split(".")[-parts:])

    found = []
    for key in keys:
        lengths = range(1, key.count(".") + 2)
        found.append(
            next((end(key, n) for n in lengths if [end(k, n) for k in keys].count(end(key, n)) == 1), key)
        )
    return found


def title(table: Table) -> str:
    """How many runs and settings, and what all of them share."""
    runs, rows = len(table.runs), len(table.rows)
    shared = " ".join(f"{key}={value}" for key, value in table.shared.items())
    sentences = f"{runs} run{'s' * (runs != 1)} of {rows} setting{'s' * (rows != 1)}"
    return f"{sentences}, with {shared}" if shared else sentences


def notes(table: Table) -> list[str]:
    """How to read the scores, and why runs did not finish."""
    sentences = []
    if table.columns:
        sentences.append(
            "mean ± standard deviation over seeds; (n): over n runs only; ↓ lower is better, ↑ higher"
        )
    if table.leading():
        sentences[0] += f"; * the best {table.main[0].name}"
    for column in table.main:
        protocol = ", ".join(f"{key} {value}" for key, value in column.protocol.items() if value is not None)
        sentences.append(f"{column.label}: {protocol}")
    if len(table.main) > 1:
        sentences.append(
            f"{table.main[0].name} was measured in {len(table.main)} ways, which cannot be compared"
        )
    faults = [run for run in table.runs if run.error]
    sentences += [f"{_named(run, table)} {run.status}: {run.error}" for run in faults[:MOST_ERRORS]]
    more = len(faults) - MOST_ERRORS
    return [*sentences, f"and {more} more that did not finish"] if more > 0 else sentences


def _named(run: Run, table: Table) -> str:
    pairs = [(key, setting(run.settings.get(key))) for key in table.keys]
    return " ".join(f"{key}={value}" for key, value in [*pairs, ("seed", run.seed)] if value)
