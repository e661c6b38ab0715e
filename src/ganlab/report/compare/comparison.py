"""The page of a comparison."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from ganlab.report.charts import figure_of
from ganlab.report.columns import Column
from ganlab.report.compare import drawings, standing
from ganlab.report.compare.means import AXES, charts
from ganlab.report.compare.pairs import differences
from ganlab.report.compare.unlike import unlike
from ganlab.report.history import History, read_history
from ganlab.report.layout import notes, title
from ganlab.report.page import REPORT, Html, facts, listed, page, paragraph, section, text
from ganlab.report.runs import Run
from ganlab.report.single.record import warnings_of
from ganlab.report.table import Row, Table
from ganlab.storage import write_atomically

SCORES = 4  # of which curves are drawn
MOST_WARNINGS = 40
SCRIPT = """
for (const choice of document.querySelectorAll("select")) {
  const show = () => {
    for (const one of document.querySelectorAll(`[data-of="${choice.name}"]`))
      one.hidden = one.dataset.place !== choice.value;
  };
  choice.addEventListener("change", show);
}
"""
STYLE = """\
select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
select { padding: .15rem .4rem; max-width: 100%; margin-bottom: .6rem; }
"""


def write_comparison(table: Table, path: Path, name: str) -> None:
    """Write the page of the runs in ``table``; ``name`` is its title.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(path, comparison(table, name).encode())


def comparison(table: Table, name: str) -> str:
    """The page as HTML."""
    names = standing.named(table.rows, table.keys)
    parts = [
        section(
            "Settings",
            paragraph(title(table)),
            standing.standing(table),
            *(paragraph(note, "faint") for note in _notes(table)),
        ),
        section("Curves", *_curves(table, names)),
        section(
            "Differences", *(part for column in table.main for part in differences(table.rows, names, column))
        ),
        section("Pictures after equal numbers of images", *drawings.drawings(names)),
        section("What differs in their configurations", *unlike(names)),
        section("Warnings", listed(_warnings(table, names))),
        paragraph(f"written {datetime.now():%Y-%m-%d %H:%M:%S}", "faint"),
    ]
    return page(
        name,
        facts({"runs": len(table.runs), "settings": len(table.rows)}),
        (part for part in parts if part),
        style=REPORT + standing.STYLE + drawings.STYLE + STYLE,
        script=standing.SCRIPT + drawings.SCRIPT + SCRIPT,
    )


def _notes(table: Table) -> list[str]:
    """How to read the table, which marks the best by its colour; and the notes below any table."""
    if not table.columns:
        return notes(table)
    means = "mean ± standard deviation over seeds; (n): over n runs only; ↓ lower is better, ↑ higher; a click sorts"
    return [means, *notes(table)[1:]]


def _curves(table: Table, names: dict[Row, str]) -> list[Html]:
    """Charts against images and time of one score under one protocol, which is chosen from a list."""

    @cache
    def history(run: Run) -> History:
        return read_history(run.folder / "metrics.csv") if run.folder else History()

    columns: Sequence[Column] = [*table.main, *(c for c in table.columns if c not in table.main)][:SCORES]
    made = {column.label: charts(table, column, names, history) for column in columns}
    made = {label: drawn for label, drawn in made.items() if any(chart.curves for chart in drawn.values())}
    if not made:
        return []
    options = "".join(f'<option value="{place}">{text(label)}</option>' for place, label in enumerate(made))
    grids = [
        f'<div class="grid" data-of="score" data-place="{place}"{" hidden" if place else ""}>'
        f"{''.join(figure_of(drawn[axis]) for axis in AXES)}</div>"
        for place, drawn in enumerate(made.values())
    ]
    left = len(table.rows) - max(len(chart.curves) for drawn in made.values() for chart in drawn.values())
    note = "The mean over seeds, and a standard deviation to each side"
    note += f"; the best settings, without {left} others." if left > 0 else "."
    return [
        Html(f'<select name="score" aria-label="score">{options}</select>'),
        Html("".join(grids)),
        paragraph(note, "faint"),
    ]


def _warnings(table: Table, names: dict[Row, str]) -> list[str]:
    """What runs warned of, each sentence once, with the settings and seeds that it is of."""
    by_words: dict[str, list[str]] = {}
    for row in table.rows:
        for run in row.runs:
            for words in warnings_of(run.folder) if run.folder else ():
                by_words.setdefault(words, []).append(f"{names[row]} seed {run.seed}")
    lines = [
        f"{', '.join(who[:3])}{f' and {len(who) - 3} more' if len(who) > 3 else ''}: {words}"
        for words, who in by_words.items()
    ]
    more = len(lines) - MOST_WARNINGS
    return [*lines[:MOST_WARNINGS], *([f"and {more} more"] if more > 0 else [])]
