"""The laboratory's page from the recordings of its runs: one file that holds everything, data and programs.

python docs/lab/page.py writes it anew with the recordings that it holds, after a change of its text, style or program.
"""

import base64
import csv
import json
import sys
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

LAB = Path(__file__).resolve().parent
sys.path[:0] = [str(LAB.parents[1] / "src")]

from games import Game  # noqa: E402

from ganlab.report.page import Html, page  # noqa: E402

POINT, SHADE = 100, 127  # steps of a unit that places are kept to, and of the surface's and an arrow's 1
PARTS = ("body.html", "lab.css", "lab.js", "uplot/LICENSE", "uplot/uPlot.iife.min.js", "uplot/uPlot.min.css")
OPENS, CLOSES = '<script type="application/json" id="held">', "</script>"
CURVES = ("discriminator/loss", "generator/loss")


def packed(array: np.ndarray) -> str:
    """The bytes of numbers, deflated, as text."""
    return base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()


def whole(values: np.ndarray, steps: int, kind: str) -> np.ndarray:
    """Numbers as whole ones, so many to a unit; what is too large becomes the largest."""
    limits = np.iinfo(kind)
    return np.clip(np.round(np.nan_to_num(values) * steps), limits.min, limits.max).astype(kind)


def planes(values: np.ndarray) -> np.ndarray:
    """int16 numbers as all their lower bytes, then all upper ones, which deflate better."""
    return values.astype("<i2").reshape(-1).view("u1").reshape(-1, 2).T.copy()


def slopes(surface: np.ndarray) -> np.ndarray:
    """(T, S, S) int8 as differences in both directions, which deflate better; they wrap around, as their sums do."""
    return np.diff(np.diff(surface, axis=2, prepend=np.int8(0)), axis=1, prepend=np.int8(0))


def roots(pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, A, 2) arrows as they are drawn, as long as the root of the pull, the longest of a moment 1; (T,) its pull."""
    length = np.linalg.norm(pull, axis=2, keepdims=True)
    longest = length.max(axis=1, keepdims=True)
    return pull / np.sqrt(np.maximum(length * longest, 1e-30)), longest[:, 0, 0]


def curves(metrics: Path) -> np.ndarray:
    """(3, N) float32: the step and both losses, each the mean since the row before."""
    with metrics.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if all(row.get(name) for name in CURVES)]
    return np.array([[float(row[name]) for row in rows] for name in ("step", *CURVES)], dtype="<f4")


def recorded(game: Game, folder: Path) -> dict[str, Any]:
    """A run as the page holds it."""
    with np.load(folder / "recording.npz") as file:
        found = dict(file)
    arrows, longest = roots(found["pull"])
    status = json.loads((folder / "results.json").read_text(encoding="utf-8"))["status"]
    return {
        **asdict(game),
        "command": " ".join(["ganlab", *game.words()]),
        "planned": game.steps,
        "status": status,
        "steps": found["steps"].tolist(),
        "counts": found["counts"].tolist(),
        "longest": [float(f"{value:.3g}") for value in longest],
        "fake": packed(planes(whole(found["fake"], POINT, "i2"))),
        "surface": packed(slopes(whole(found["surface"], SHADE, "i1"))),
        "arrows": packed(whole(arrows, SHADE, "i1")),
        "curves": packed(curves(folder / "metrics.csv")),
    }


def mixture(folder: Path) -> dict[str, Any]:
    """What all runs on one data set share."""
    with np.load(folder / "recording.npz") as found:
        return {
            "means": found["means"].round(3).tolist(),
            "sigma": float(found["sigma"]),
            "reach": round(float(found["reach"]), 4),
            "real": packed(planes(whole(found["real"], POINT, "i2"))),
            "side": found["surface"].shape[1],
        }


def held_of(runs: Mapping[Game, Path]) -> dict[str, Any]:
    """All that the page holds of recorded runs, given by their directories."""
    sets = {game.data: mixture(folder) for game, folder in runs.items()}
    return {"point": POINT, "shade": SHADE, "sets": sets, "runs": [recorded(*run) for run in runs.items()]}


def held_by(path: Path) -> dict[str, Any]:
    """What a page that was written holds."""
    return json.loads(path.read_text(encoding="utf-8").partition(OPENS)[2].partition(CLOSES)[0])


def write(held: Mapping[str, Any], path: Path) -> None:
    """The page of what it is to hold."""
    data = json.dumps(held, separators=(",", ":")).replace("<", "\\u003c")
    parts = {name: (LAB / name).read_text(encoding="utf-8") for name in PARTS}
    library, licence = parts["uplot/uPlot.iife.min.js"], parts["uplot/LICENSE"]
    text = page(
        "A laboratory of games in the plane",
        Html(""),
        [Html(parts["body.html"]), Html(OPENS + data + CLOSES)],
        style=parts["uplot/uPlot.min.css"] + "\n" + parts["lab.css"],
        script=f"/* uPlot:\n{licence}*/\n{library}\n{parts['lab.js']}",
    )
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(held_by(LAB / "index.html"), LAB / "index.html")
