"""Whether a translator that draws noise makes anything of it."""

from collections.abc import Mapping
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ganlab.bounds import Count, Size, bounded
from ganlab.metrics.distances.diversity import mean_distance
from ganlab.metrics.translation.base import Rows, TranslationScores
from ganlab.randomness import derive
from ganlab.score_record import Better
from ganlab.sets import ExampleSet
from ganlab.types import Batch, Translator

SIDE = 32  # pixels on which larger pictures are compared


class NoiseDiversity(TranslationScores[ExampleSet]):
    """Mean distance between two translations of one picture, over that between two targets, in pixels.

    0 for a translator without noise or one that ignores it. diversity_noise has no truth to be read against: a picture
    may well have one right answer.

    n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("source", "target")
    trivial_answer: ClassVar[str] = "one answer for each picture"

    @bounded
    def __init__(self, *, n: Count | None = 62, seed: int = 0, batch_size: Size = 16) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.direction: dict[str, Better] = {"diversity_noise": "higher"}

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        return {"target": batch["target"], "again": batch["target"]}

    def translated(self, model: Translator, batch: Batch, number: int) -> dict[str, Tensor]:
        once = super().translated(model, batch, number)
        again = model.translate(batch, seed=derive(self.seed, "again", number))
        return {"target": once["target"], "again": again["target"]}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        target, once, again = (_small(images) for images in (batch["target"], *outputs.values()))
        return {"between": (once - again).norm(dim=1), "target": target}

    def values(self, rows: Rows) -> dict[str, float | None]:
        apart = mean_distance(rows["target"]) if len(rows["target"]) > 1 else 0.0
        return {"diversity_noise": float(rows["between"].mean()) / apart if apart else None}

    def measured(self, name: str) -> str:
        return (
            "mean distance of pixels between two translations of one picture, over that between two targets"
        )


def _small(images: Tensor) -> Tensor:
    """(B, C, H, W) to (B, d), the pixels of small pictures."""
    return F.interpolate(images.float(), [min(side, SIDE) for side in images.shape[2:]], mode="area").flatten(
        1
    )
