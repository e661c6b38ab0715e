"""The images inside scikit-learn, read from its files: to import it takes longer than to read them.

Where a version keeps them elsewhere, its own functions are asked.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np


def digits() -> tuple[np.ndarray, np.ndarray]:
    """(1797, 8, 8) float64 from 0 to 16, and the digit of each (1797,) int64."""
    file = _file("data/digits.csv.gz")
    if file is None:
        from sklearn.datasets import load_digits

        found = load_digits()
        return found.images, found.target.astype(np.int64)
    table = np.loadtxt(file, delimiter=",")  # 64 pixels and the digit
    return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)


def photograph(name: str) -> np.ndarray:
    """(427, 640, 3) uint8, of china or flower."""
    file = _file(f"images/{name}.jpg")
    if file is None:
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    from PIL import Image

    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def _file(name: str) -> Path | None:
    """A file below sklearn/datasets, where it is."""
    found = find_spec("sklearn")
    places = (found.submodule_search_locations or ()) if found else ()
    return next((path for place in places if (path := Path(place, "datasets", name)).is_file()), None)
