"""``ganlab list``: models, data sets and recipes, without importing them; and the runs there are."""

import os
import re
import shutil
import socket
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganlab import report
from ganlab.config import own
from ganlab.config.compose import paths
from ganlab.config.compose.catalogue import Entry, catalogue, read_entry, serves
from ganlab.config.runs.resume import runs_below
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean
from ganlab.report.cells import cut, padded, width_of
from ganlab.report.history import read_newest

TABLES = {
    "models": "model",
    "data": "data",
    "recipes": "experiment",
    "metrics": "metrics",
    "sweeps": "sweep",
}
USUAL = ("models", "data")
RUNS = "runs"


def run(words: list[str]) -> int:
    """Print the tables that ``words`` name; models and data where they name none."""
    kind, names = kind_in(words)
    chosen = tables(names) or [name for name in USUAL if not kind or rows_of(name, kind)]
    for number, name in enumerate(chosen):
        print("\n" * (number > 0), end="")
        if name == RUNS:
            print("\n".join(runs(Path("outputs"))))
            continue
        print(f"{name.capitalize()}: ganlab {TABLES[name]}=NAME")
        print("\n".join(aligned(rows_of(name, kind), wraps=True)))
    return 0


def kind_in(words: list[str]) -> tuple[str, list[str]]:
    """What ``kind=...`` among ``words`` asks for, empty without it, and the other words."""
    kinds = [word.partition("=")[2] for word in words if word.startswith("kind=")]
    known = {
        entry.kind
        for entries in catalogue(own.folders()).values()
        for entry in entries.values()
        if entry.kind
    }
    if kinds and kinds[-1] not in known:
        raise UserError(f"kind={kinds[-1]}: no such kind of data{did_you_mean(kinds[-1], sorted(known))}")
    return (kinds[-1] if kinds else ""), [word for word in words if not word.startswith("kind=")]


def tables(words: list[str]) -> list[str]:
    """The tables asked for."""
    for word in words:
        if word not in (*TABLES, RUNS):
            raise UserError(f"ganlab list {word}: no such table{did_you_mean(word, [*TABLES, RUNS])}")
    return words


def rows_of(table: str, kind: str = "") -> list[tuple[str, ...]]:
    """Name, what it needs or gives, description and source of each entry, or of those that fit the kind asked for."""
    known = catalogue(own.folders())
    if table == "recipes":
        entries = [e for e in options("experiment") if not kind or kind_of(e.path, known["model"]) == kind]
        return [(entry.name, "", entry.description, "") for entry in entries]
    if table not in USUAL:
        return [(entry.name, "", entry.description, "") for entry in options(TABLES[table])]
    shown = [entry for entry in known[TABLES[table]].values() if not kind or kind in suits(table, entry)]
    return [(entry.name, entry.kind or "", entry.description, _source(entry)) for entry in shown]


def suits(table: str, entry: Entry) -> tuple[str, ...]:
    """The kinds under which an entry is listed: what a model needs, and every kind of model that a data set serves."""
    kinds = [kind for kind in (entry.kind, *entry.facts.kind_if.values()) if kind]
    return tuple(kinds) if table == "models" else tuple(served for kind in kinds for served in serves(kind))


def options(group: str) -> list[Entry]:
    """The files of a group, ganlab's and the user's own."""
    folders = [paths.config_dir(), *reversed(own.folders())]
    files = {path.stem: path for folder in folders for path in (folder / group).glob("*.yaml")}
    return [read_entry(files[name]) for name in sorted(files)]


def kind_of(recipe: Path, models: Mapping[str, Entry]) -> str | None:
    """The kind of data that a recipe's model needs."""
    named = re.search(r"^ *- override /model: *(\w+)", recipe.read_text(encoding="utf-8"), re.MULTILINE)
    return models[named[1]].kind if named and named[1] in models else None


def runs(outputs: Path) -> list[str]:
    """Aligned lines, the newest first: directory, state, steps, and the main score, last and best."""
    found = runs_below(outputs)
    if not found:
        return [f"there are no runs below {outputs}/ yet: start one with ganlab"]
    rows = [("run", "state", "steps", "score", "last", "best")]
    return aligned([*rows, *(_of_run(run_dir) for run_dir in found)])


def _of_run(run_dir: Path) -> tuple[str, ...]:
    run, newest = report.collect([run_dir])[0], read_newest(run_dir / "metrics.csv")
    status = "running" if run.status == "not ended" and is_running(run_dir) else run.status
    number = newest.step if run.steps is None else run.steps  # a run under way has logged how far it is
    steps = "" if number is None else f"{number:,.0f}"
    names = sorted(run.scores, key=lambda name: not name.startswith("fid"))  # as in tables: FID first
    values = [run.scores[name].value(which) for name in names[:1] for which in ("last", "best")]
    if not names and newest.value is not None:
        names, values = [newest.name], [newest.value, None]
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


def aligned(rows: Sequence[Sequence[str]], *, wraps: bool = False) -> list[str]:
    """A line for each row, its columns one below the other; in a terminal no wider than that.

    wraps: the last but one goes on in further lines there, and the last is left out; else lines are cut.
    """
    is_seen = sys.stdout.isatty()
    width = max(40, shutil.get_terminal_size().columns) if is_seen else 10_000
    if wraps and is_seen:
        rows = [row[:-1] for row in rows]
    columns = max(map(len, rows), default=1) - 1  # the last needs no width
    filled = [[*row, *[""] * (columns + 1 - len(row))] for row in rows]
    widths = [max(width_of(row[column]) for row in filled) for column in range(columns)]
    lines = []
    for *cells, last in filled:
        line = (
            "".join(f"  {padded(cell, size)}" for cell, size in zip(cells, widths, strict=True) if size)
            + "  "
        )
        if wraps:
            lines += textwrap.wrap(
                last,
                width,
                initial_indent=line,
                subsequent_indent=" " * len(line),
                break_on_hyphens=False,
                break_long_words=False,
            ) or [line.rstrip()]
            continue
        lines.append(cut((line + last).rstrip(), width))
    return lines


def _source(entry: Entry) -> str:
    """A paper as authors, year and arXiv number; where data comes from."""
    paper = entry.notes.get("paper", "")
    found = re.match(r"(.*?\b\d{4})\b(?:.*?(arXiv:\S+))?", paper)
    if not found:
        return paper or entry.notes.get("source", "")
    return ", ".join(part for part in found.groups() if part)
