"""``report.html`` and ``curves.png`` of a run directory."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ganlab.report.charts import figure_of, png
from ganlab.report.page import REPORT, Html, page, paragraph, section
from ganlab.report.single import pictures, sections
from ganlab.report.single.course import charts_of, for_paper
from ganlab.report.single.record import Record
from ganlab.storage import write_atomically

PAGE, CURVES = "report.html", "curves.png"


def write_page(
    folder: Path, lines: Mapping[str, str], place: Path, so_far: Mapping[str, Any] | None = None
) -> Path:
    """Write the page of the run in ``folder``; whole or not at all.

    lines: to go on, by what they do, each to be pasted in the folder ``place``. so_far: what stands for the
    ``results.json`` of a run that goes on.

    Raises:
        UserError: for a folder that holds no run.
        OSError: the page cannot be written.
    """
    record = Record.of(folder, so_far)
    curves = "".join(figure_of(chart) for chart in charts_of(record))
    now = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
    main = [
        sections.trouble(record),
        section("Curves", Html(f'<div class="grid">{curves}</div>' if curves else "")),
        section("Pictures as training went on", pictures.over_time(folder)),
        section("Held-out examples", pictures.gallery(folder), _whole_gallery(folder)),
        sections.scores(record),
        sections.configuration(record),
        sections.cost(record),
        sections.going_on(lines, place),
        paragraph(f"written {now}", "faint"),
    ]
    path = folder / PAGE
    written = page(
        record.name,
        sections.header(record),
        (part for part in main if part),
        style=REPORT + pictures.STYLE,
        script=pictures.SCRIPT,
    )
    write_atomically(path, written.encode())
    return path


def write_curves(folder: Path) -> Path | None:
    """Write the curves as one picture on white; None where there are none."""
    charts = for_paper(charts_of(Record.of(folder)))
    if not charts:
        return None
    temporary = folder / f"{CURVES}.partial"
    png(charts, temporary)
    return temporary.replace(folder / CURVES)


def _whole_gallery(folder: Path) -> Html:
    if not (folder / "gallery.html").is_file():
        return Html("")
    return Html('<p class="faint">all of them, beside this page: <a href="gallery.html">gallery.html</a></p>')
