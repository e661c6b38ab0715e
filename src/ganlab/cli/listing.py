"""``ganlab list``: models and data sets, without importing them."""

import re
import shutil
import sys

from ganlab.config import own
from ganlab.config.compose.catalogue import Entry, catalogue
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean

TABLES = {"models": "model", "data": "data"}


def run(words: list[str]) -> int:
    """Print the tables that ``words`` name, both where they name none."""
    chosen = tables(words)
    entries = catalogue(own.folders())
    for number, name in enumerate(chosen or TABLES):
        group = TABLES[name]
        print("\n" * (number > 0) + f"{name.capitalize()}: ganlab {group}=NAME")
        print("\n".join(table(list(entries[group].values()))))
    return 0


def tables(words: list[str]) -> list[str]:
    """The tables asked for."""
    for word in words:
        if word not in TABLES:
            raise UserError(f"ganlab list {word}: no such table{did_you_mean(word, TABLES)}")
    return words


def table(entries: list[Entry]) -> list[str]:
    """Aligned lines: name, kind of data, description, source; cut at the width of a terminal."""
    rows = [(entry.name, entry.kind or "", entry.description, _source(entry)) for entry in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    lines = []
    for *cells, source in rows:
        line = "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True))
        line = f"  {line}  {source}".rstrip()
        lines.append(line if len(line) <= width else f"{line[: width - 1]}…")
    return lines


def _source(entry: Entry) -> str:
    """A paper as authors, year and arXiv number; where data comes from."""
    paper = entry.notes.get("paper", "")
    found = re.match(r"(.*?\b\d{4})\b(?:.*?(arXiv:\S+))?", paper)
    if not found:
        return paper or entry.notes.get("source", "")
    return ", ".join(part for part in found.groups() if part)
