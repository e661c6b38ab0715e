"""``ganlab list``: models and data sets, without importing them."""

import re
import shutil
import sys
from pathlib import Path

from ganlab.config.catalogue import Entry, catalogue
from ganlab.config.nearest import did_you_mean
from ganlab.errors import UserError

TABLES = {"models": "model", "data": "data"}


def run(words: list[str]) -> int:
    """Print the tables that ``words`` name, both where they name none."""
    config_dirs, wanted = read(words)
    entries = catalogue(config_dirs)
    for number, name in enumerate(wanted or TABLES):
        group = TABLES[name]
        print("\n" * (number > 0) + f"{name.capitalize()}: ganlab {group}=NAME")
        print("\n".join(table(list(entries[group].values()))))
    return 0


def read(words: list[str]) -> tuple[list[Path], list[str]]:
    """The folders given by ``--config-dir`` and the tables asked for."""
    config_dirs, wanted, left = [], [], list(words)
    while left:
        word = left.pop(0)
        flag, equals, value = word.partition("=")
        if flag in ("--config-dir", "-cd"):
            if not equals and not left:
                raise UserError(f"{word} needs a folder: {word} DIR")
            config_dirs.append(Path(value if equals else left.pop(0)))
            if not config_dirs[-1].is_dir():
                raise UserError(f"{flag} {config_dirs[-1]}: there is no such folder")
        elif word in TABLES:
            wanted.append(word)
        else:
            raise UserError(f"ganlab list {word}: no such table{did_you_mean(word, TABLES)}")
    return config_dirs, wanted


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
