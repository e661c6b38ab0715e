"""A trained model as the tools are given it, with what its run knows beside its weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from ganlab.inference.class_names import class_names, number_of
from ganlab.inference.data_of import data_of
from ganlab.inference.latents.origins import require_noise
from ganlab.inference.load import load
from ganlab.models.images.base import LatentGAN


class Source(NamedTuple):
    """model: in eval mode. run_dir: where it came from. checkpoint: which. class_names: of its data, where known.

    given: the data that an export is compared with, where it is named.
    """

    model: LatentGAN
    run_dir: Path
    checkpoint: str
    class_names: tuple[str, ...]
    given: Any = None

    def label(self, label: int | str | None) -> int | None:
        """The number of a class, which is given as that or by name; raises UserError for an unknown name."""
        return None if label is None else number_of(label, self.class_names, self.model)

    def labels(self, labels: Sequence[int | str]) -> list[int]:
        return [number_of(label, self.class_names, self.model) for label in labels]

    def name_of(self, label: str) -> str:
        """A class's name, by its number in words; anything else stays."""
        number = int(label) if label.isdecimal() else -1
        return self.class_names[number] if 0 <= number < len(self.class_names) else label

    def data(self) -> Any:
        """The data that the run was trained on, or that was named beside an export, found and read.

        Raises:
            UserError: this is an export, which has none, or the data is of another shape.
        """
        return data_of(self.run_dir, self.model, self.given)


def source(run_dir: Path, checkpoint: Literal["last", "best"] = "last", data: Any = None) -> Source:
    """Load a run for exploring, or an export, of which ``data`` may say what it is compared with.

    Raises:
        UserError: it cannot be loaded, or draws no pictures from noise.
    """
    model = load(run_dir, checkpoint, "cuda" if torch.cuda.is_available() else "cpu")
    return source_of(model, run_dir, checkpoint, data)


def source_of(model: object, run_dir: Path, checkpoint: str = "last", data: Any = None) -> Source:
    """As :func:`source`, of a model that is loaded already."""
    drawing = require_noise(model)
    return Source(drawing, run_dir, checkpoint, tuple(class_names(run_dir, drawing.data_kind)), data)
