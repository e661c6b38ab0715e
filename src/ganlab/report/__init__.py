"""From run directories to a table of settings, without torch: what a sweep ends with, and what compares any runs.

runs, columns        what run directories say of their runs; which scores may stand in one column
table                one row for each setting
layout, spreadsheet, latex   a table for the eye, as CSV, for a paper; cells says how a number is shown
gallery              a page of examples, side by side
single/, compare/    the page of one run, and that of several
page, charts         what all pages look like; curves in them, and for papers; history reads the numbers
"""

from ganlab.report.latex import latex
from ganlab.report.layout import aligned, in_a_line, markdown
from ganlab.report.runs import Run, collect, missing
from ganlab.report.spreadsheet import runs_csv, settings_csv
from ganlab.report.table import Table, table

__all__ = [
    "Run",
    "Table",
    "aligned",
    "collect",
    "in_a_line",
    "latex",
    "markdown",
    "missing",
    "runs_csv",
    "settings_csv",
    "table",
]
