"""A table as CSV: every number with all its digits, an empty cell for what is not there."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ganlab.report.columns import Mean
from ganlab.report.runs import Run
from ganlab.report.table import Row, Table
from ganlab.score_record import ScoreRecord

EFFORT = {"images": "images", "seconds": "seconds", "images/s": "speed", "parameters": "parameters"}


def settings_csv(table: Table) -> str:
    """One line for each row of ``table``."""
    return written([_of_row(table, row) for row in table.rows])


def runs_csv(table: Table) -> str:
    """One line for each run behind ``table``."""
    return written([_of_run(table, run) for run in table.runs])


def written(lines: Sequence[dict[str, Any]]) -> str:
    """CSV with a heading; every line has the same keys."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]) if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _of_row(table: Table, row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {key: row.settings.get(key) for key in [*table.keys, *table.shared]}
    cells |= {"runs": len(row.runs), "counted": len(row.counted), "status": row.status}
    for column in table.columns:
        for which in ("best", "last"):
            found, name = row.score(column, which), f"{column.label} {which}"
            cells |= {name: _mean(found), f"{name} std": found.std if found else None}
            cells[f"{name} runs"] = found.n if found else 0
        measured = any(run in column.scores for run in row.runs)
        for which in ("floor", "baseline"):
            cells[f"{column.label} {which}"] = _mean(row.score(column, which))
        cells[f"{column.label} protocol"] = json.dumps(column.protocol) if measured else None
    for heading, field in EFFORT.items():
        cells[heading] = _mean(row.mean(field))
    return cells


def _mean(found: Mean | None) -> float | None:
    return found.mean if found else None


def _of_run(table: Table, run: Run) -> dict[str, Any]:
    cells: dict[str, Any] = {key: run.settings.get(key) for key in [*table.keys, *table.shared]}
    cells |= {"seed": run.seed, "status": run.status, "steps": run.steps}
    for column in table.columns:
        score = column.scores.get(run)
        cells |= {f"{column.label} {heading}": value for heading, value in _of_score(score).items()}
    cells |= {heading: getattr(run, field) for heading, field in EFFORT.items()}
    return cells | {"folder": run.folder, "error": run.error}


def _of_score(score: ScoreRecord | None) -> dict[str, float | None]:
    """The numbers of a score by their headings; of a run that lacks it, none is there."""
    score = score or ScoreRecord(better="lower", protocol={})
    return {
        "best": score.value("best"),
        "best images": score.best.images if score.best else None,
        **{which: score.value(which) for which in ("last", "floor", "baseline")},
    }
