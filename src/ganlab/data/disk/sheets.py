"""Which picture of a folder is a sheet of those beside it, and no sample of its own."""

import os

MANIFEST = ".ganlab.json"  # what a command wrote into a folder
SHEET = "grid.png"  # the pictures beside it, once more


def is_sheet(folder: str, name: str) -> bool:
    """Whether a command wrote this file as a sheet of the pictures beside it, and not as one of them."""
    return name == SHEET and os.path.isfile(os.path.join(folder, MANIFEST))
