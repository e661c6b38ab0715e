"""``metrics.csv``: every logged number against steps, images and seconds."""

import csv
import io
import logging
import os
import time
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

log = logging.getLogger(__name__)

FIRST = ["step", "images", "seconds"]


class CSVLog(Logger):
    """One row for each time that something is logged; rows of the same step are joined.

    Always on. A metric that appears for the first time gets a column of its own; a run that is resumed goes on in the
    same file, without the rows after the step it resumes from.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = Path(path)
        self.columns = list(FIRST)
        self.rows: list[dict[str, Any]] = []
        self.last_at = 0  # where the last row begins in the file, in bytes
        self.seconds_before, self.started = 0.0, time.monotonic()

    @property
    def name(self) -> str:
        return "csv"

    @property
    def version(self) -> str:
        return ""

    def rewind(self, step: int) -> None:
        """Go on after ``step``: keep the file's rows up to it."""
        if not self.path.exists():
            return
        try:
            self.columns, self.rows = read_rows(self.path, step)
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            aside = self.path.with_suffix(".damaged")
            log.warning(
                "%s cannot be read (%s); it is now %s, and a new one begins", self.path, error, aside.name
            )
            self.path.rename(aside)
            self.columns, self.rows = list(FIRST), []
        self.seconds_before = float(self.rows[-1]["seconds"]) if self.rows else 0.0
        self._rewrite()

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        seconds = self.seconds_before + time.monotonic() - self.started
        row = {"step": step, "images": metrics["progress/images"], "seconds": round(seconds, 3)}
        row |= {name: value for name, value in metrics.items() if name != "progress/images"}
        new_columns = [name for name in row if name not in self.columns]
        joins = bool(self.rows) and int(self.rows[-1]["step"]) == step
        if joins:
            self.rows[-1] |= row
        else:
            self.rows.append(row)
        self.columns += new_columns
        if new_columns or len(self.rows) == 1 or not self.path.exists():
            self._rewrite()
        else:
            self._write_last(again=joins)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: the configuration is in ``.hydra``."""

    @rank_zero_only
    def _rewrite(self) -> None:
        before = self._text(self.rows[:-1], header=True)
        temporary = self.path.with_suffix(".partial")
        temporary.write_bytes(before + self._text(self.rows[-1:]))
        temporary.replace(self.path)
        self.last_at = len(before)

    def _write_last(self, *, again: bool) -> None:
        """The last row at the end of the file, or ``again`` in its place: all the others stay as they lie there."""
        with open(self.path, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            self.last_at = self.last_at if again else end
            file.seek(self.last_at)
            file.write(self._text(self.rows[-1:]))
            file.truncate()

    def _text(self, rows: list[dict[str, Any]], *, header: bool = False) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns, restval="")
        if header:
            writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()


def read_rows(path: Path, step: int) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of a file, and its rows up to a step; a killed process may have left half a row at its end.

    Raises:
        ValueError, KeyError, TypeError, csv.Error: it is no file of metrics.
    """
    if not path.is_file():  # a pipe never ends
        raise ValueError("it is no file")
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or FIRST)
        rows = [row for row in reader if None not in row.values()]
    if columns[: len(FIRST)] != FIRST:
        raise ValueError(f"it does not begin with {', '.join(FIRST)}")
    kept = [row for row in rows if int(row["step"]) <= step]
    for row in kept:
        float(row["seconds"])
    return columns, kept
