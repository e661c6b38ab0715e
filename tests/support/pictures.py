"""Small picture files for tests of image-to-image data."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


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


def icons(root: Path, n: int, *modes: str, size: tuple[int, int] = (24, 20)) -> Path:
    """n discs of a colour on nothing, (width, height); of the ``modes`` in turn, those without alpha on light blue."""
    for i in range(n):
        rng = np.random.default_rng(i)
        image = Image.new("RGBA", size, (0, 255, 0, 0))  # green that nobody sees
        box = [*rng.integers(1, 5, 2).tolist(), *rng.integers(10, min(size) - 1, 2).tolist()]
        ImageDraw.Draw(image).ellipse(box, fill=(*rng.integers(0, 256, 3).tolist(), 255))
        mode = modes[i % len(modes)] if modes else "RGBA"
        if mode not in ("RGBA", "P"):
            ground = Image.new("RGBA", size, "lightblue")
            ground.alpha_composite(image)
            image = ground.convert("RGB")
        image = image.quantize(16) if mode == "P" else image.convert(mode)
        root.mkdir(parents=True, exist_ok=True)
        image.save(root / f"{i:03}.{'jpg' if mode == 'CMYK' else 'png'}")
    return root
