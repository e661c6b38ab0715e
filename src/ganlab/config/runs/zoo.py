"""Small trained models that are installed with ganlab: exports like any other, by their address ``zoo:NAME``."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ganlab.config.compose.yaml_files import read_yaml
from ganlab.errors import StorageError, UserError
from ganlab.nearest import did_you_mean, listing

ADDRESS = "zoo:"
FOLDER = Path(__file__).resolve().parents[2] / "zoo"
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Specimen:
    """score: what it reached, beside what to compare it with. make: commands that make it again, up to rounding."""

    name: str
    description: str
    score: str
    make: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def bytes(self) -> int:
        return (self.folder / WEIGHTS).stat().st_size

    @property
    def sha256(self) -> str:
        """Of its weights, as its file of sums says; whoever loads it compares."""
        sums = (
            line.split() for line in (self.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        )
        return next(digest for digest, name in sums if name == WEIGHTS)


def specimens() -> dict[str, Specimen]:
    """All there are, by name."""
    entries = read_yaml(FOLDER / "zoo.yaml")
    return {
        str(name): Specimen(str(name), entry.description, entry.score, tuple(entry.make))
        for name, entry in entries.items()
    }


def find(address: str) -> Path:
    """The installed folder of ``zoo:NAME``; raises ``UserError`` for a name that is none."""
    name, known = address.removeprefix(ADDRESS), specimens()
    if name not in known:
        raise UserError(
            f"{address}: there is no such model{did_you_mean(name, known) or f'; there is {listing(known)}'}"
        )
    return known[name].folder


def fetched(address: str, outputs: Path = Path("outputs")) -> Path:
    """A copy below ``outputs``, where pictures and scores of it may lie beside it.

    Raises:
        UserError: for a name that is none.
        StorageError: the copy cannot be written.
    """
    installed = find(address)
    folder = outputs / "zoo" / installed.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # what makes it an export comes last
        for file in sorted(installed.iterdir(), key=lambda file: file.name == WEIGHTS):
            shutil.copyfile(file, folder / f"{file.name}.partial")
            os.replace(folder / f"{file.name}.partial", folder / file.name)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    return folder
