"""Pictures of what was found in a latent space."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ganlab.pixels import captioned, grid, save_png, save_video, to_uint8

LARGE = 600  # pixels: small sheets are enlarged to about so many


def save_rows(images: Tensor, names: Sequence[str], path: Path) -> None:
    """(rows * columns, C, H, W) in [-1, 1] as one PNG, each row beside its name; without names a plain grid."""
    pictures = to_uint8(images)
    sheet = captioned(pictures, names) if any(names) else grid(pictures, len(pictures) // len(names))
    save_png(sheet, path, scale=1 if any(names) else max(1, LARGE // sheet.shape[2]))


def save_steps(images: Tensor, path: Path) -> None:
    """(rows, steps, C, H, W) in [-1, 1] as an animation: at each step all rows, side by side."""
    pictures = to_uint8(images)
    columns = max(1, round(len(pictures) ** 0.5 + 0.49))
    save_video([grid(pictures[:, step], columns) for step in range(pictures.shape[1])], path)
