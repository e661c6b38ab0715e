"""Curves by matplotlib: as SVG that takes its colours from the page around it, and as a PNG for papers.

No state of pyplot is touched, so that a thread may draw while others do.
"""

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.report.page import Html, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INKS = ("first", "second", "third", "fourth", "fifth", "sixth")  # of curves, one after the other
PAPER = ("#2463b4", "#c2541a", "#2c7a4b", "#8a4a9e", "#8a6d00", "#4c6a75")  # the same on white paper
FAINT, LINE = "#6b6d73", "#e3e3e0"
SENTINELS = {f"#0{place}0b0c": f"var(--{ink})" for place, ink in enumerate((*INKS, "faint", "line"))}
STYLES = {"held-out real images": "--", "untrained": ":", "a tie": ":"}  # of levels; others are solid
CSS = {"--": "dashed", ":": "dotted", "-": "solid"}
WIDE = 20.0  # as many times the middle value the largest is, where a logarithmic axis shows more
SIZE = (3.8, 2.2)  # inches, with letters that a phone can show


@dataclass(frozen=True)
class Chart:
    """curves: by name, where and what: x and y. levels: what to compare with, by name. spreads: of y, by curve."""

    title: str
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    levels: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, Sequence[float]] = field(default_factory=dict)
    axis: str = "images seen"

    def scale(self) -> dict[str, Any]:
        """What ``set_yscale`` takes: linear, unless most values would lie at the bottom."""
        values = sorted(abs(value) for _, ys in self.curves.values() for value in ys)
        middle = values[len(values) // 2] if values else 0.0
        if not middle or values[-1] < WIDE * middle:
            return {"value": "linear"}
        least = min([*(y for _, ys in self.curves.values() for y in ys), *self.levels.values()])
        return {"value": "log"} if least > 0 else {"value": "symlog", "linthresh": middle}


def figure_of(chart: Chart, *, note: str = "") -> Html:
    """The chart with its title and its legend; ``note`` stands behind the title."""
    named = list(zip(chart.curves, INKS * len(chart.curves), strict=False))
    entries = [
        f'<span><i style="border-color: var(--{ink})"></i>{text(name)}</span>'
        for name, ink in named
        if len(named) > 1 or name != chart.title
    ]
    entries += [
        f'<span><i style="border-top-style: {CSS[_style(name)]}"></i>{text(name)} {value:.3g}</span>'
        for name, value in chart.levels.items()
    ]
    caption = f"<b>{text(chart.title)}</b>{f'<span>{text(note)}</span>' if note else ''}{''.join(entries)}"
    return Html(f"<figure>{svg(chart)}<figcaption>{caption}</figcaption></figure>")


def svg(chart: Chart) -> Html:
    """The curves alone; their colours are the variables of the page."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0.13, 0.19, 0.84, 0.77), facecolor="none")
    *curves, faint, line = SENTINELS
    _draw(axes, chart, curves, faint, line)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    drawn = re.sub(r' xmlns(:xlink)?="[^"]*"', "", out.getvalue().partition("<svg")[2])
    for sentinel, variable in SENTINELS.items():
        drawn = drawn.replace(sentinel, variable)
    return Html(f'<svg role="img" aria-label="{text(chart.title)}"{drawn}')


def png(charts: Sequence[Chart], path: Path) -> None:
    """The charts in one picture, two in a row, for a page of a paper."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = math.ceil(len(charts) / 2)
    figure = Figure(figsize=(9.2, 2.9 * rows), facecolor="white")
    FigureCanvasAgg(figure)
    for place, chart in enumerate(charts):
        axes = figure.add_subplot(rows, 2, place + 1)
        _draw(axes, chart, PAPER, FAINT, LINE)
        axes.set_title(chart.title, fontsize=10, parse_math=False)
        names = [name for name in (*chart.curves, *chart.levels) if name != chart.title]
        if names:
            _legend(axes, names)
    figure.subplots_adjust(0.06, 0.5 / (2.9 * rows), 0.99, 1 - 0.3 / (2.9 * rows), 0.14, 0.42)
    figure.savefig(path, format="png", dpi=150)


def _legend(axes: "Axes", names: Sequence[str]) -> None:
    shown = [line for line in axes.lines if line.get_label() in names]
    for entry in axes.legend(handles=shown, frameon=False, fontsize=8).get_texts():
        entry.set_parse_math(False)


def _draw(axes: "Axes", chart: Chart, colours: Sequence[str], faint: str, line: str) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator, NullLocator

    for place, (name, (xs, ys)) in enumerate(chart.curves.items()):
        colour, marker = colours[place % len(colours)], "o" if len(xs) <= 30 else ""
        axes.plot(xs, ys, color=colour, linewidth=1.5, marker=marker, markersize=3, label=name)
        if name in chart.spreads:
            low = [y - s for y, s in zip(ys, chart.spreads[name], strict=True)]
            high = [y + s for y, s in zip(ys, chart.spreads[name], strict=True)]
            axes.fill_between(xs, low, high, color=colour, alpha=0.15, linewidth=0)
    for name, value in chart.levels.items():
        axes.axhline(value, color=faint, linewidth=1, linestyle=_style(name), label=name)
    axes.set_yscale(**chart.scale())
    if axes.get_yscale() == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_minor_locator(NullLocator())  # each tick takes a millisecond
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel(chart.axis, color=faint, fontsize=8, labelpad=2)
    axes.tick_params(which="both", colors=faint, labelsize=8, length=2)
    axes.grid(axis="y", color=line, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(line)


def _style(level: str) -> str:
    return STYLES.get(level, "-")
