"""Whether pictures of one caption differ: what noise is for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.bounds import Pair, Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.captions.base import CaptionScores, evenly
from ganlab.metrics.distances.diversity import mean_distance
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.sets import CaptionedSet

SIDE = 32  # pixels on which larger pictures are compared


class CaptionDiversity(CaptionScores):
    """Mean distance between pictures of one caption, over that between real pictures of one caption, in pixels.

    Near 0 the noise is ignored; 1 is as different as the real ones that were trained on.

    pictures: of each caption, of which n_fake / pictures are taken.

    Raises:
        UserError: fewer than two pictures.
    """

    trivial_answer: ClassVar[str] = "one picture for each caption"
    higher = ("diversity_caption",)

    @bounded
    def __init__(
        self,
        *,
        pictures: Pair = 10,
        n_fake: Samples = 500,
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 250,
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        self.pictures = pictures

    def prepare(
        self, train: CaptionedSet, test: CaptionedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        """Raises UserError if no two real pictures of a caption differ."""
        self.real = 1.0
        if isinstance(train, CaptionedSet):
            self.real = self.values(*self.of_real(train))["diversity_caption"]
        if not self.real > 0:
            raise UserError(
                "metrics: diversity_caption compares pictures of one caption, and this data has no two different ones "
                "of any; try metrics=none"
            )
        super().prepare(train, test, device, ranks)

    def to_draw(self, texts: Sequence[str]) -> list[str]:
        few = evenly(texts, max(1, self.n_fake // self.pictures))
        return evenly(few, self.n_fake)

    def some_of(self, images: CaptionedSet) -> Tensor:
        """Several pictures of each of some captions, as many as are drawn."""
        several = [rows for rows in _by_caption(images.captions(torch.arange(len(images)))) if len(rows) > 1]
        if not several:
            return super().some_of(images)
        few = evenly(several, min(len(several), max(1, self.n_fake // self.pictures)))
        return torch.tensor([row for rows in few for row in rows[: self.pictures]])

    def describe(self, pixels: Tensor) -> Tensor:
        """(B, d), the pixels of small pictures."""
        small = [min(side, SIDE) for side in pixels.shape[2:]]
        return F.interpolate(pixels.float(), small, mode="area").flatten(1)

    def values(self, described: Tensor, captions: Sequence[str]) -> dict[str, float]:
        spreads = [mean_distance(described[rows]) for rows in _by_caption(captions) if len(rows) > 1]
        return {"diversity_caption": sum(spreads) / max(1, len(spreads)) / self.real}

    def chance(self) -> Mapping[str, float]:
        return {"diversity_caption": 0.0}

    def measured(self) -> str:
        return (
            "mean distance of pixels between pictures of one caption, over that between real ones trained on"
        )


def _by_caption(captions: Sequence[str]) -> list[list[int]]:
    """The places of each caption, by its first one."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, caption in enumerate(captions):
        rows[caption].append(row)
    return list(rows.values())
