"""What scores of a generator's samples have in common, when each sample is looked at by itself."""

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.score_record import Better, Score
from ganlab.types import NoiseToImage

log = logging.getLogger(__name__)


class FakeScores:
    """Scores of ``n_fake`` samples, from what :meth:`describe` says of each.

    averaged: generate from the averaged weights. seed: of what is generated. batch_size: samples at a time.
    """

    # the scores and whether lower or higher is better, the main one first
    direction: ClassVar[dict[str, Better]]

    @bounded
    def __init__(self, *, n_fake: Samples, averaged: bool, seed: int, batch_size: Size) -> None:
        self.n_fake, self.averaged, self.seed, self.batch_size = n_fake, averaged, seed, batch_size
        self.floors: dict[str, float | None] = {}  # what held-out real samples score
        self.floor_n: int | None = None

    def describe(self, samples: Tensor) -> Tensor:
        """(B, ...) finite samples to (B, ...): what the scores need to know of each."""
        raise NotImplementedError

    def values(self, described: Tensor) -> dict[str, float | None]:
        """The scores of a set of described samples; None for one that cannot be told."""
        raise NotImplementedError

    def measured(self) -> str:
        """How, in words."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """The names of what will be scored, the main one first."""
        return list(self.direction)

    def better(self) -> dict[str, Better]:
        """For each name whether lower or higher is better."""
        return dict(self.direction)

    def evaluate(self, model: NoiseToImage, ranks: Ranks = ALONE) -> dict[str, Score]:
        """Generate and score; all processes take part. Samples that are not finite make every value None."""
        rows, broken = [], 0
        for batch in model.samples(
            self.n_fake,
            seed=self.seed,
            averaged=self.averaged,
            batch_size=self.batch_size,
            rank=ranks.rank,
            world=ranks.world,
        ):
            broken += int((~batch.isfinite().flatten(1).all(1)).sum())
            rows.append(self.describe(batch.nan_to_num()).cpu())
        values: dict[str, float | None] = {}
        if broken := int(ranks.gather(torch.tensor(broken)).sum()):
            log.warning("%d of %d generated samples are not finite: no scores", broken, self.n_fake)
        else:
            values = self.values(ranks.interleaved(torch.cat(rows), self.n_fake))
        protocol = self.protocol(model)
        return {
            name: Score(value=values.get(name), better=way, floor=self.floors.get(name), protocol=protocol)
            for name, way in self.better().items()
        }

    def protocol(self, model: NoiseToImage) -> Mapping[str, Any]:
        return {
            "measured": self.measured(),
            "n_fake": self.n_fake,
            "sampled_from": model.sampled_from(self.averaged),
            "seed": self.seed,
            "floor_n": self.floor_n,
        }
