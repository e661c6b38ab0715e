"""``ganlab list``: models and data sets, without importing them; and the runs there are."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab import report
from ganlab.config import own
from ganlab.config.compose.catalogue import Entry, catalogue
from ganlab.config.runs.resume import runs_below
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean

TABLES = {"models": "model", "data": "data"}
RUNS = "runs"


def run(words: list[str]) -> int:
    """Print the tables that ``words`` name; models and data where they name none."""
    chosen = tables(words) or list(TABLES)
    entries = catalogue(own.folders()) if TABLES.keys() & set(chosen) else {}
    for number, name in enumerate(chosen):
        print("\n" * (number > 0), end="")
        if name == RUNS:
            print("\n".join(runs(Path("outputs"))))
            continue
        group = TABLES[name]
        print(f"{name.capitalize()}: ganlab {group}=NAME")
        print("\n".join(table(list(entries[group].values()))))
    return 0


def tables(words: list[str]) -> list[str]:
    """The tables asked for."""
    for word in words:
        if word not in (*TABLES, RUNS):
            raise UserError(f"ganlab list {word}: no such table{did_you_mean(word, [*TABLES, RUNS])}")
    return words


def table(entries: list[Entry]) -> list[str]:
    """Aligned lines: name, kind of data, description, source."""
    return aligned([(entry.name, entry.kind or "", entry.description, _source(entry)) for entry in entries])


def runs(outputs: Path) -> list[str]:
    """Aligned lines, the newest first: directory, state, steps, and the main score, last and best."""
    found = runs_below(outputs)
    if not found:
        return [f"there are no runs below {outputs}/ yet: start one with ganlab"]
    rows = [("run", "state", "steps", "score", "last", "best")]
    return aligned([*rows, *(_of_run(run_dir) for run_dir in found)])


def _of_run(run_dir: Path) -> tuple[str, ...]:
    run = report.collect([run_dir])[0]
    status = "running" if run.status == "not ended" and is_running(run_dir) else run.status
    steps = "" if run.steps is None else f"{run.steps:,.0f}"
    names = sorted(run.scores, key=lambda name: not name.startswith("fid"))  # as in tables: FID first
    values = [run.scores[name].value(which) for name in names[:1] for which in ("last", "best")]
    return str(run_dir), status, steps, *names[:1], *("–" if v is None else f"{v:.4g}" for v in values)


def is_running(run_dir: Path) -> bool:
    """Does the process that has noted itself in the run's directory live? One on another machine is taken to."""
    try:
        words = (run_dir / ".owner").read_text(encoding="utf-8").split()
        if words[-1] == socket.gethostname() and os.name != "nt":  # where 0 would be Ctrl-C, and end it
            os.kill(int(words[1]), 0)
    except (OSError, ValueError, IndexError) as error:
        return isinstance(error, PermissionError)  # another user's process lives
    return True


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, its columns one below the other; cut at the width of a terminal."""
    columns = max(map(len, rows), default=1) - 1  # the last needs no width
    padded = [[*row, *[""] * (columns + 1 - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in padded) for column in range(columns)]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    lines = []
    for *cells, last in padded:
        line = "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True))
        line = f"  {line}  {last}".rstrip()
        lines.append(line if len(line) <= width else f"{line[: width - 1]}…")
    return lines


def _source(entry: Entry) -> str:
    """A paper as authors, year and arXiv number; where data comes from."""
    paper = entry.notes.get("paper", "")
    found = re.match(r"(.*?\b\d{4})\b(?:.*?(arXiv:\S+))?", paper)
    if not found:
        return paper or entry.notes.get("source", "")
    return ", ".join(part for part in found.groups() if part)
