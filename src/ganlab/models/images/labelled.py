"""Noise and a label to an image."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.bounds import Size, bounded
from ganlab.errors import UserError
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws
from ganlab.techniques.replay import NoReplay

MOST_ROWS = 100  # of a picture of samples


class LabelledGAN(LatentGAN):
    """A generator that is told which class to draw: ``generator(z, label)``.

    classes: how many labels there are; the data's must be as many.

    Raises:
        UserError: for a pool of earlier fakes, which would not know their labels.
    """

    data_kind: ClassVar[str] = "labelled"

    @bounded
    def __init__(self, *, classes: Size, **options: Any) -> None:
        super().__init__(**options)
        if classes < 1:
            raise UserError(f"model.classes={classes}: expected the number of the data's labels, at least 1")
        if not isinstance(self.replay, NoReplay):
            raise UserError(
                "model/replay: the pool keeps images without their labels; a model with labels needs none"
            )
        self.classes = classes

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> tuple[Tensor, ...]:
        """Latent vectors (n, size) and labels (n,): all the given one, or each class as often, in order.

        Raises:
            UserError: for a label that is none of the classes.
        """
        if label is not None and not 0 <= label < self.classes:
            raise UserError(f"label={label}: this model has the classes 0 to {self.classes - 1}")
        labels = torch.arange(n) * self.classes // n if label is None else torch.full((n,), label)
        return self.prior(draws, n), labels

    def sheet(self, n: int, columns: int) -> tuple[int, int]:
        """One row for each class; of very many classes as many samples, each of another."""
        return min(self.classes, MOST_ROWS) * columns, columns

    def check(self, shape: Sequence[int], classes: Sequence[str] = ()) -> None:
        if len(classes) != self.classes:
            raise UserError(
                f"classes={self.classes}: the data has {len(classes)} classes; set classes={len(classes)}"
                if classes
                else "this model needs labels, and the data has none; data=folder has them with data.labels=true"
            )
        super().check(shape, classes)
