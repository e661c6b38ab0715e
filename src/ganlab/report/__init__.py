"""From run directories to a table of settings, without torch: what a sweep ends with, and what compares any runs.

runs, columns        what run directories say of their runs; which scores may stand in one column
table                one row for each setting
layout, spreadsheet  a table for the eye, and as CSV; cells says how a number is shown
gallery, page        a page of examples, side by side
"""

from ganlab.report.layout import aligned, markdown
from ganlab.report.runs import Run, collect, missing
from ganlab.report.spreadsheet import runs_csv, settings_csv
from ganlab.report.table import Table, table

__all__ = [
    "Run",
    "Table",
    "aligned",
    "collect",
    "markdown",
    "missing",
    "runs_csv",
    "settings_csv",
    "table",
]
