"""From run directories to a table of settings, without torch: what a sweep ends with, and what compares any runs."""

from ganlab.report.runs import Run, Score, collect, missing
from ganlab.report.table import Table, table

__all__ = ["Run", "Score", "Table", "collect", "missing", "table"]
