"""The table of a comparison: a row for each setting, sorted by any column at a click."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from ganlab.report import cells
from ganlab.report.columns import Column, Mean
from ganlab.report.layout import shortened
from ganlab.report.page import Html, text
from ganlab.report.table import Row, Table

WHICH = ("best", "last", "floor")  # of the main score
OTHERS = 4  # scores beside the main one
SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.querySelectorAll("th")], body = table.tBodies[0];
  heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => {
    const up = head.ariaSort !== "ascending";
    const key = row => row.cells[place].dataset.value;
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const less = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return up ? less : -less;
    };
    heads.forEach(other => { other.ariaSort = "none"; });
    head.ariaSort = up ? "ascending" : "descending";
    body.append(...[...body.rows].sort(order));
  }));
}
"""
STYLE = """\
th button {
  all: unset; cursor: pointer; white-space: nowrap; user-select: none;
}
th button:focus-visible { outline: 2px solid var(--first); }
th[aria-sort=ascending] button::after { content: " ▲"; font-size: .7em; }
th[aria-sort=descending] button::after { content: " ▼"; font-size: .7em; }
td.best { font-weight: 600; color: var(--good); }
"""


class Cell(NamedTuple):
    """What is shown, and what it is sorted by: a number or a text, empty where there is nothing."""

    shown: str
    value: str
    best: bool = False


def standing(table: Table) -> Html:
    """The rows in the order of the table: the best first."""
    columns = dict([*_settings(table), ("runs", [_plain(len(row.runs)) for row in table.rows])])
    columns["status"] = [Cell(row.status, row.status) for row in table.rows]
    others = [column for column in table.columns if column not in table.main][:OTHERS]
    for column in table.main:
        columns |= {_heading(column, which): _scores(table, column, which) for which in WHICH}
    columns |= {_heading(column, "last"): _scores(table, column, "last") for column in others}
    columns |= {
        heading: [_cell(row.mean(field), shown) for row in table.rows]
        for heading, (field, shown) in EFFORT.items()
    }
    head = "".join(f'<th aria-sort="none"><button>{text(heading)}</button></th>' for heading in columns)
    rows = zip(*columns.values(), strict=True)
    body = "\n".join(f"<tr>{''.join(_tag(cell) for cell in row)}</tr>" for row in rows)
    inner = f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
    return Html(f'<div class="scroll"><table class="sortable">{inner}</table></div>')


EFFORT: dict[str, tuple[str, Callable[[Mean | None], str]]] = {
    "images": ("images", cells.count),
    "time": ("seconds", cells.clock),
    "images/s": ("speed", cells.count),
    "weights": ("parameters", cells.amount),
}


def _settings(table: Table) -> list[tuple[str, list[Cell]]]:
    keys = list(table.keys) or ["model"]
    values = {key: [row.settings.get(key) for row in table.rows] for key in keys}
    return [
        (heading, [Cell(cells.setting(value), value or "") for value in values[key]])
        for key, heading in zip(keys, shortened(keys), strict=True)
    ]


def _heading(column: Column, which: str) -> str:
    return f"{column.label} {'↓' if column.better == 'lower' else '↑'} {which}"


def _scores(table: Table, column: Column, which: str) -> list[Cell]:
    found = [row.score(column, which) for row in table.rows]
    means = [one.mean for one in found if one]
    best = (min if column.better == "lower" else max)(means) if len(means) > 1 and which != "floor" else None
    spread = which != "floor"
    return [
        _cell(one, partial(cells.mean, runs=len(row.runs), spread=spread), best)
        for one, row in zip(found, table.rows, strict=True)
    ]


def _cell(found: Mean | None, shown: Callable[[Mean | None], str], best: float | None = None) -> Cell:
    return Cell(shown(found), repr(found.mean) if found else "", found is not None and found.mean == best)


def _plain(number: int) -> Cell:
    return Cell(str(number), str(number))


def _tag(cell: Cell) -> str:
    kind = ' class="best"' if cell.best else ""
    return f'<td data-value="{text(cell.value)}"{kind}>{text(cell.shown)}</td>'


def named(rows: Sequence[Row], keys: Sequence[str]) -> dict[Row, str]:
    """Each setting in a few words: its values of ``keys``, which it does not share with all others."""
    heads = shortened(keys)

    def words(row: Row) -> str:
        parts = [
            cells.setting(row.settings.get(key))
            if key == "model"
            else f"{head}={cells.setting(row.settings.get(key))}"
            for key, head in zip(keys, heads, strict=True)
        ]
        return " ".join(parts) or row.settings.get("model", "all runs")

    return {row: words(row) for row in rows}
