"""What a run directory knows of its past: the rows of ``metrics.csv`` and the pictures in ``samples/``."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
    step: int
    images: int
    metrics: dict[str, float]


class Picture(NamedTuple):
    step: int
    images: int
    path: Path


def rows(run_dir: Path, until: int) -> list[Row]:
    """Everything logged up to step ``until``."""
    path = run_dir / "metrics.csv"
    if not path.is_file():
        return []
    with open(path, newline="") as file:
        lines = [line for line in csv.DictReader(file) if None not in line.values()]  # the last may be half
    return [_row(line) for line in lines if int(line["step"]) <= until]


def pictures(run_dir: Path, until: int) -> list[Picture]:
    """The pictures drawn up to step ``until``, from ``samples/<images seen>.png``; the step follows from the images."""
    logged = rows(run_dir, until)
    if not logged:
        return []
    steps = [0, *(row.step for row in logged), until]
    images = [0, *(row.images for row in logged), images_at(logged, until)]
    found = sorted((int(path.stem), path) for path in (run_dir / "samples").glob("[0-9]*.png"))
    return [
        Picture(round(float(np.interp(count, images, steps))), count, path)
        for count, path in found
        if count <= images[-1]
    ]


def images_at(logged: list[Row], step: int) -> int:
    """Images seen after ``step``, which is not before the last of the rows."""
    last, before = logged[-1], (logged[-2] if len(logged) > 1 else Row(0, 0, {}))
    each = (last.images - before.images) / (last.step - before.step)
    return last.images + round(each * (step - last.step))


def _row(line: dict[str, str]) -> Row:
    """``seconds`` is the file's own and no metric."""
    metrics = {name: float(text) for name, text in line.items() if text and name not in Row._fields}
    del metrics["seconds"]
    return Row(int(line["step"]), int(line["images"]), metrics)
