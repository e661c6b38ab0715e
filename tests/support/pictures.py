"""Small picture files for tests of image-to-image data."""

from pathlib import Path

import numpy as np
from PIL import Image


def noise(seed: object, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8, the same for the same seed."""
    return np.random.default_rng(list(str(seed).encode())).integers(0, 256, (height, width, 3), np.uint8)


def write(
    path: Path, pixels: np.ndarray | None = None, size: tuple[int, int] = (12, 10), mode: str = "RGB"
) -> Path:
    """Save pixels, or noise of (width, height) that depends on the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = noise(path.name, *size) if pixels is None else pixels
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def fill(root: Path, n: int, *folders: str, size: tuple[int, int] = (12, 10), ending: str = "png") -> Path:
    """n pictures in each folder, called 000 and so on: those of one name are alike, but for one pixel."""
    for number, folder in enumerate(folders):
        for i in range(n):
            pixels = noise(i, *size)
            pixels[0, 0] = 50 * number
            write(root / folder / f"{i:03}.{ending}", pixels)
    return root


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])
