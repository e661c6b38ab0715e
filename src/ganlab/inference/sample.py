"""Pictures, or points, from a trained model."""

import csv
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.images import grid, save_png, to_uint8
from ganlab.inference.load import load


def write_samples(
    run_dir: Path,
    *,
    n: int = 64,
    seed: int = 0,
    label: int | None = None,
    checkpoint: Literal["last", "best"] = "last",
    output: Path | None = None,
    batch_size: int = 250,
) -> Path:
    """Write ``n`` samples as single PNGs and the first of them (at most 400) as ``grid.png``; returns their folder.

    Points are written as ``points.csv``.

    output: default ``<run_dir>/generated/<checkpoint>-seed<seed>[-label<label>]``.

    Raises:
        UserError: for a run that cannot be loaded or an n below 1.
    """
    from tqdm import tqdm

    if n < 1:
        raise UserError(f"n={n}: expected a number of samples, at least 1")
    model = load(run_dir, checkpoint, device="cuda" if torch.cuda.is_available() else "cpu")
    samples = model.sample(n, seed=seed, label=label, batch_size=batch_size)
    name = f"{checkpoint}-seed{seed}" + ("" if label is None else f"-label{label}")
    folder = Path(output) if output else Path(run_dir) / "generated" / name
    if model.data_kind == "points":
        write_points(samples, folder / "points.csv")
        return folder
    images = to_uint8(samples)
    for index, image in enumerate(tqdm(images, desc="writing", unit="image", disable=None)):
        save_png(image, folder / f"{index:06d}.png")
    columns = min(20, max(1, round(min(n, 400) ** 0.5)))
    sheet = grid(images[:400], columns)
    save_png(sheet, folder / "grid.png", scale=max(1, 600 // sheet.shape[2]))
    return folder


def write_points(points: Tensor, path: Path) -> None:
    """(N, 2) as a table of x and y."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("x", "y"), *points.tolist()])
