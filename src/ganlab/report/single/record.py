"""All that a run directory says of its run, as far as it is there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganlab.report.history import History, read_history
from ganlab.report.runs import Run, read, read_mapping
from ganlab.score_record import Point, ScoreRecord

LOG = "ganlab.log"
LONGEST = 10_000_000  # bytes of a log that are read, from its end
WARNING = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING (.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Record:
    """run: as tables show it. results: of ``results.json``, or what is known so far of a run that goes on."""

    folder: Path
    run: Run
    results: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path, so_far: Mapping[str, Any] | None = None) -> "Record":
        """Read it; ``so_far`` stands for the ``results.json`` of a run that goes on.

        Raises:
            UserError: for a folder that holds no run.
        """
        results = read_mapping(folder / "results.json") if so_far is None else so_far
        return cls(folder=folder, run=read(folder, results), results=results)

    @cached_property
    def history(self) -> History:
        return read_history(self.folder / "metrics.csv")

    @cached_property
    def config(self) -> Mapping[str, Any]:
        return read_mapping(self.folder / ".hydra" / "config.yaml")

    @cached_property
    def changes(self) -> list[tuple[str, str, str]]:
        """What a recipe has changed: key, default and value; empty where there is no word of it."""
        found = read_mapping(self.folder / ".hydra" / "changes.yaml").get("changed")
        pairs = found.items() if isinstance(found, dict) else ()
        told = [(str(key), one) for key, one in pairs if isinstance(one, dict)]
        return [(key, _word(one.get("default")), _word(one.get("value"))) for key, one in told]

    @property
    def name(self) -> str:
        return str(self.results.get("name") or self.config.get("name") or self.folder.name)

    @property
    def steps(self) -> tuple[float | None, float | None]:
        """Done, and planned."""
        done = self.run.steps if self.run.steps is not None else self.history.last("step")
        trainer = self.config.get("trainer")
        planned = trainer.get("max_steps") if isinstance(trainer, dict) else None
        return done, planned if isinstance(planned, int) else None

    @cached_property
    def scores(self) -> Mapping[str, ScoreRecord]:
        """With their protocol; of a run without ``results.json`` only what was logged."""
        return self.run.scores or {name.removeprefix("val/"): self._logged(name) for name in self._scored()}

    def _scored(self) -> list[str]:
        return self.history.named("val/")

    def _logged(self, name: str) -> ScoreRecord:
        images, values = self.history.curve(name)
        points = [Point(value=v, images=at, steps=None) for at, v in zip(images, values, strict=True)]
        start = points[0] if points and points[0].images == 0 else None
        return ScoreRecord(better="lower", protocol={}, start=start, last=points[-1] if points else None)

    @cached_property
    def warnings(self) -> list[str]:
        return warnings_of(self.folder)

    @property
    def absent(self) -> list[str]:
        """What the page has to do without."""
        there = {
            "results.json (floors, best values and protocols of the scores)": bool(self.results),
            "metrics.csv (curves)": bool(self.history.rows),
            "samples/ (pictures)": any(self.folder.glob("samples/[0-9]*.png")),
            ".hydra/config.yaml (the configuration)": bool(self.config),
            f"{LOG} (warnings)": (self.folder / LOG).is_file(),
        }
        return [what for what, is_there in there.items() if not is_there]


def warnings_of(folder: Path) -> list[str]:
    """What the log of a run warned of, each once; empty where there is no log."""
    path = folder / LOG
    try:
        if not path.is_file():
            return []
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST))
            said = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return list(dict.fromkeys(WARNING.findall(said)))


def _word(value: Any) -> str:
    """A value as it would be typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
