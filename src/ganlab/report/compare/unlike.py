"""The keys of the configuration in which settings differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from ganlab.report.cells import NONE
from ganlab.report.page import Html, paragraph, table
from ganlab.report.runs import read_mapping
from ganlab.report.table import Row

LABELS = (
    "seed",
    "name",
    "group",
    "tags",
    "chosen",
    "kinds",
    "resume",
    "allow_change",
    "classes",
    "class_names",
    "logger",
)
MOST, KEYS = 12, 80  # settings and keys that are shown
LONGEST = 60  # characters of a value


def unlike(names: Mapping[Row, str]) -> list[Html]:
    """A line for each key whose value is not the same in all; nothing where there is none."""
    rows = [row for row in names if row.runs[0].folder][:MOST]
    flat = [values_of(row) for row in rows]
    keys = [
        key
        for key in dict.fromkeys(key for one in flat for key in one)
        if len({one.get(key) for one in flat}) > 1
    ]
    if len(rows) < 2 or not keys:
        return []
    lines = [(key, *(_short(one.get(key, NONE)) for one in flat)) for key in keys[:KEYS]]
    left = len(keys) - KEYS
    left_out = len(names) - len(rows)
    notes = [
        *([f"{left} more keys differ"] if left > 0 else []),
        *([f"the first {len(rows)} settings of {len(names)}"] if left_out > 0 else []),
    ]
    return [table(("", *(names[row] for row in rows)), lines), paragraph("; ".join(notes), "faint")]


def values_of(row: Row) -> dict[str, str]:
    """The configuration of a setting's first run, by dotted keys, but for what labels a run."""
    folder = row.runs[0].folder
    tree = read_mapping(folder / ".hydra" / "config.yaml") if folder else {}
    kept = {key: value for key, value in tree.items() if key not in LABELS}
    return dict(_leaves(kept, ""))


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, "null" if tree is None else str(tree)


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
