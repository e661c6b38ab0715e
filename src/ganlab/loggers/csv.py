"""``metrics.csv``: every logged number against steps, images and seconds."""

import csv
import time
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

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
        with open(self.path, newline="") as file:
            reader = csv.DictReader(file)
            self.columns = list(reader.fieldnames or FIRST)
            whole = [
                row for row in reader if None not in row.values()
            ]  # a killed process may leave half a row
        self.rows = [row for row in whole if int(row["step"]) <= step]
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
        if new_columns or joins or len(self.rows) == 1:
            self.columns += new_columns
            self._rewrite()
        else:
            with open(self.path, "a", newline="") as file:
                csv.DictWriter(file, self.columns, restval="").writerow(row)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: the configuration is in ``.hydra``."""

    @rank_zero_only
    def _rewrite(self) -> None:
        temporary = self.path.with_suffix(".partial")
        with open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, self.columns, restval="")
            writer.writeheader()
            writer.writerows(self.rows)
        temporary.replace(self.path)
