"""Whether drawn shapes are what their captions say: attribute by attribute."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.lexicon import words_of
from ganlab.metrics.captions.base import CaptionScores
from ganlab.metrics.captions.shape_reader import WORDS, read

SHAPE_OF_SIZE = tuple(f"shape_{size}" for size in WORDS["size"])


class AttributeAccuracy(CaptionScores):
    """Share of images whose attribute is what the caption says; for data=shapes.

    attributes: the mean of the five. size, colour, shape, vertical, horizontal: each of them. exact: all five at once.
    shape_small, shape_large: the shape, of captions of that size. An image without any shape has every attribute wrong,
    and one that lies between two shapes its shape.
    """

    higher = ("attributes", "exact", *WORDS, *SHAPE_OF_SIZE)

    @bounded
    def __init__(
        self, *, n_fake: Samples = 1000, averaged: bool = True, seed: int = 0, batch_size: Size = 250
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)

    def learn(self, captions: Sequence[str]) -> None:
        """Raises UserError for a caption that does not speak of all attributes."""
        said(captions)

    def describe(self, pixels: Tensor) -> Tensor:
        return read(pixels)

    def values(self, described: Tensor, captions: Sequence[str]) -> dict[str, float]:
        asked = said(captions)
        right = (described == asked).double()  # (n, 5)
        each = dict(zip(WORDS, right.mean(0).tolist(), strict=True))
        shapes = {
            name: float(right[asked[:, 0] == size, 2].mean())
            for size, name in enumerate(SHAPE_OF_SIZE)
            if (asked[:, 0] == size).any()
        }
        return {
            "attributes": float(right.mean()),
            "exact": float(right.all(1).double().mean()),
            **each,
            **shapes,
        }

    def chance(self) -> Mapping[str, float]:
        each = {name: 1 / len(words) for name, words in WORDS.items()}
        exact = float(torch.tensor(list(each.values())).prod())
        shapes = dict.fromkeys(SHAPE_OF_SIZE, each["shape"])
        return {"attributes": sum(each.values()) / len(each), "exact": exact, **each, **shapes}

    def measured(self) -> str:
        return (
            "attributes are those of the most alike of all templates of size, kind and place, with the colour within; "
            "a shape between two kinds is wrong"
        )


def said(captions: Sequence[str]) -> Tensor:
    """(n, 5) int64: what captions say, as positions in ``WORDS``.

    Raises:
        UserError: for a caption that does not say all five, each in one word.
    """
    rows = []
    for caption in captions:
        spoken = words_of(caption)
        row = [[place for place, word in enumerate(words) if word in spoken] for words in WORDS.values()]
        if any(len(places) != 1 for places in row):
            silent = next(name for name, places in zip(WORDS, row, strict=True) if len(places) != 1)
            raise UserError(
                f"metrics=shapes: the caption {caption!r} does not say one {silent} ({', '.join(WORDS[silent])}); "
                "these scores are for data=shapes, try metrics=auto"
            )
        rows.append([places[0] for places in row])
    return torch.tensor(rows)
