"""A model that draws pictures from noise, by the values of a page's controls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganlab.config.runs.pasted import to_paste
from ganlab.errors import UserError
from ganlab.inference.captions import BETWEEN
from ganlab.inference.latents.directions import directions
from ganlab.inference.latents.origins import pictures
from ganlab.inference.latents.source import Source
from ganlab.inference.latents.spaces import require_plain
from ganlab.inference.notebook import picture
from ganlab.models.captions.base import TextGAN
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.randomness import Draws
from ganlab.storage import as_typed

if TYPE_CHECKING:
    from PIL.Image import Image

DIRECTIONS = 5  # of the strongest


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a page's controls say.

    n: how many samples. caption: empty for those of the data. amounts: how far along each direction, in z.
    """

    seed: int = 0
    n: int = 16
    label: str | None = None
    caption: str = ""
    truncation: float | None = None
    amounts: Sequence[float] = ()


class Drawing:
    """What can be asked of a model, and its pictures.

    classes: their names, or their numbers; empty for a model without. captions: some to begin with; empty for a model
    that does not read. truncations: values worth a look; empty where the model has no middle. vectors: (k, size),
    directions of z; k is 0 where there are none.
    """

    def __init__(self, source: Source) -> None:
        self.source, self.model = source, source.model
        classes = self.model.classes if isinstance(self.model, LabelledGAN) else 0
        self.classes = [source.name_of(str(number)) for number in range(classes)]
        self.captions = self.model.book.captions[:5] if isinstance(self.model, TextGAN) else []
        self.truncations = truncations(self.model)
        self.vectors = strongest(self.model)

    def draw(self, asked: Asked) -> "Image":
        """The samples as one picture: those of ``ganlab sample``, moved along the directions.

        Raises:
            UserError: words that the model does not know.
        """
        with self.model.truncated(asked.truncation):
            z, *condition = self._inputs(asked)
            for amount, vector in zip(asked.amounts, self.vectors, strict=False):
                z = z + amount * vector
            images = pictures(self.model, z, *condition)
        return picture(images, columns=max(1, round(asked.n**0.5)))

    def command(self, asked: Asked) -> str:
        """What draws the same pictures in a shell; of moved ones, the sentence that nothing does."""
        if any(asked.amounts):
            return "# moved along directions of this page, which ganlab explore directions writes as a file for edit"
        words = {
            "run": as_typed(self.source.run_dir),
            "checkpoint": None if self.source.checkpoint == "last" else self.source.checkpoint,
            "n": asked.n,
            "seed": asked.seed,
            "label": asked.label,
            "caption": asked.caption or None,
            "truncation": asked.truncation,
        }
        return to_paste("sample", *(f"{key}={value}" for key, value in words.items() if value is not None))

    def _inputs(self, asked: Asked) -> tuple[Tensor, ...]:
        draws, n, caption = Draws(asked.seed, "sample"), asked.n, asked.caption
        if caption and isinstance(self.model, TextGAN):
            if BETWEEN in caption:
                raise UserError(
                    f"{caption!r}: this page draws one caption; the way between two is ganlab sample's"
                )
            self.model.book.lexicon.require(caption)
            return self.model.prior(draws, n), self.model.book.ids([caption] * n)
        return self.model.inputs(n, draws, self.source.label(asked.label))


def truncations(model: LatentGAN) -> list[float]:
    """The values that a model names itself; none where it takes none."""
    try:
        with model.truncated(model.truncations[0]):
            return list(model.truncations)
    except UserError:
        return []


def strongest(model: LatentGAN) -> Tensor:
    """(k, size) directions in closed form, else by principal components; k is 0 for a prior that is no vector space."""
    try:
        require_plain(model.prior)
    except UserError:
        return torch.zeros(0, 1)
    k = min(DIRECTIONS, model.inputs(1, Draws(0))[0].shape[1])
    try:
        return directions(model, k=k).vectors
    except UserError:
        return directions(model, method="ganspace", k=k).vectors
