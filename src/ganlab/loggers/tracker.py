"""What a tracking service is told beside Lightning's metrics: the beginning, pictures, and the end."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from lightning.pytorch.loggers import Logger

from ganlab.score_record import from_json


class Tracker(Logger):
    """A logger that goes on with a resumed run, shows pictures and keeps the final scores.

    Its x axis is images seen, as everywhere in ganlab. Only the first process of a distributed run tells it anything.
    """

    def begin(self, settings: dict[str, Any], step: int) -> None:
        """Start; ``settings`` is the configuration without secrets. A resumed run goes on after ``step`` > 0."""
        raise NotImplementedError

    def log_picture(self, name: str, pixels: np.ndarray, *, images: int, step: int) -> None:
        """Show (height, width, 3) uint8 ``pixels`` as they are: the next one of the series ``name``."""
        raise NotImplementedError

    def finish(self, results: dict[str, Any]) -> None:
        """Keep what ``results.json`` says, and close. Never raises: training is over and saved."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        return ""


def begin(loggers: Iterable[Logger], settings: dict[str, Any], step: int = 0) -> None:
    """Tell every logger the configuration, before the first step; ``step`` is where a resumed run goes on.

    Raises:
        UserError: if a tracker cannot start and may not do without.
    """
    for logger in loggers:
        if isinstance(logger, Tracker):
            logger.begin(settings, step)
        else:
            logger.log_hyperparams(settings)


def finish(loggers: Iterable[Logger], results: dict[str, Any]) -> None:
    """Tell the trackers how it ended."""
    for logger in loggers:
        if isinstance(logger, Tracker):
            logger.finish(results)


def score_lines(results: dict[str, Any]) -> dict[str, Any]:
    """Flat names for a run's scores: ``best/fid_digits``, ``best/fid_digits_images``, ``protocol/fid_digits``, ..."""
    lines: dict[str, Any] = {}
    for name, score in from_json(results.get("scores")).items():
        for which, point in (("best", score.best), ("last", score.last)):
            lines[f"{which}/{name}"] = point.value if point else None
            lines[f"{which}/{name}_images"] = point.images if point else None
        lines[f"floor/{name}"] = score.floor
        lines[f"baseline/{name}"] = score.baseline
        lines[f"better/{name}"] = score.better
        lines[f"protocol/{name}"] = ", ".join(f"{key}: {value}" for key, value in score.protocol.items())
    return {key: value for key, value in lines.items() if value is not None}


def read_picture(path: Path) -> np.ndarray:
    """(height, width, 3) uint8."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


@runtime_checkable
class ShowsPictures(Protocol):
    """A logger that takes (height, width, 3) uint8 pictures, each one the next of its series."""

    def log_picture(self, name: str, pixels: np.ndarray, *, images: int, step: int) -> None: ...
