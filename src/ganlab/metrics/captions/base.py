"""What scores of drawn captions have in common: images of captions trained on, and of captions held out."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.pixels import to_uint8
from ganlab.score_record import Better, Score
from ganlab.sets import CaptionedSet
from ganlab.types import TextToImage

log = logging.getLogger(__name__)

T = TypeVar("T")
HELD_OUT = "_held_out"


class CaptionScores:
    """Scores of ``n_fake`` images of captions that were trained on, and of as many of captions held out.

    The names of the latter, absent where nothing is held out, end with ``_held_out``. Captions are taken evenly from
    all of the data.

    averaged: draw with the averaged weights. seed: of what is drawn. batch_size: images at a time.

    Raises:
        UserError: n_fake is below 1.
    """

    trivial_answer: ClassVar[str] = "chance"
    higher: tuple[str, ...]  # the scores, the main one first; of all of them more is better

    @bounded
    def __init__(self, *, n_fake: Samples, averaged: bool, seed: int, batch_size: Size) -> None:
        self.n_fake, self.averaged, self.seed, self.batch_size = n_fake, averaged, seed, batch_size

    def learn(self, captions: Sequence[str]) -> None:
        """A look at every caption that will be scored, each once; raises UserError for one that cannot be."""

    def describe(self, pixels: Tensor) -> Tensor:
        """(B, C, H, W) uint8 to (B, ...): what the scores need to know of each image."""
        raise NotImplementedError

    def values(self, described: Tensor, captions: Sequence[str]) -> dict[str, float]:
        """The scores of described images, one for each caption; without those that these captions do not allow."""
        raise NotImplementedError

    def chance(self) -> Mapping[str, float]:
        """What images that do not depend on the caption score."""
        raise NotImplementedError

    def measured(self) -> str:
        """How, in words."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """The names of what will be scored, the main one first."""
        return [*self.higher, *(f"{name}{HELD_OUT}" for name in self.higher)]

    def better(self) -> dict[str, Better]:
        """For each name whether lower or higher is better."""
        return dict.fromkeys(self.names(), "higher")

    def prepare(
        self, train: CaptionedSet, test: CaptionedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        """Take the captions, and score real images that are held out.

        Raises:
            UserError: the data has no captions.
        """
        if not isinstance(train, CaptionedSet):
            raise UserError(
                f"metrics: {self.names()[0]} compares images with their captions, and this data has none; try "
                "metrics=auto"
            )
        self.captions = {"": self.to_draw(train.texts), HELD_OUT: self.to_draw(test.texts)}
        real = test if len(test) else train
        captions = real.captions(self.some_of(real))
        self.learn(list(dict.fromkeys([*self.captions[""], *self.captions[HELD_OUT], *captions])))
        self.floors, self.floor_n = self.values(*self.of_real(real)), len(captions)

    def to_draw(self, texts: Sequence[str]) -> list[str]:
        """``n_fake`` captions to draw; none of none."""
        return evenly(texts, self.n_fake)

    def some_of(self, images: CaptionedSet) -> Tensor:
        """(n,) indices, evenly from all images."""
        return torch.tensor(evenly(range(len(images)), min(len(images), self.n_fake)))

    def of_real(self, images: CaptionedSet) -> tuple[Tensor, list[str]]:
        """Some images, described, and the captions that belong to them."""
        some = self.some_of(images)
        rows = [self.describe(images.images(part)).cpu() for part in some.split(self.batch_size)]
        return torch.cat(rows), images.captions(some)

    def evaluate(self, model: TextToImage, ranks: Ranks = ALONE) -> dict[str, Score]:
        """Draw and score; all processes take part. Images that are not finite make every value None."""
        scores = {}
        for part, captions in self.captions.items():
            values = self._drawn(model, captions, ranks) if captions else {}
            for name in self.higher:
                scores[f"{name}{part}"] = Score(
                    value=values.get(name),
                    better="higher",
                    floor=self.floors.get(name),
                    baseline=self.chance()[name],
                    protocol=self._protocol(model, part),
                )
        return {name: scores[name] for name in self.names()}

    def _drawn(self, model: TextToImage, captions: Sequence[str], ranks: Ranks) -> dict[str, float]:
        rows, broken = [], 0
        for images in model.draw(
            captions,
            seed=self.seed,
            averaged=self.averaged,
            batch_size=self.batch_size,
            rank=ranks.rank,
            world=ranks.world,
        ):
            broken += int((~images.isfinite().flatten(1).all(1)).sum())
            rows.append(self.describe(to_uint8(images.nan_to_num())).cpu())
        if broken := int(ranks.gather(torch.tensor(broken)).sum()):
            log.warning("%d of %d drawn captions are not finite: no scores", broken, self.n_fake)
            return {}
        return self.values(ranks.interleaved(torch.cat(rows), self.n_fake), captions)

    def _protocol(self, model: TextToImage, part: str) -> Mapping[str, Any]:
        which = "held out" if part else "trained on"
        return {
            "measured": f"{self.measured()}; {len(set(self.captions[part]))} captions that were {which}",
            "n_fake": self.n_fake,
            "sampled_from": model.sampled_from(self.averaged),
            "seed": self.seed,
            "floor_n": self.floor_n,
            "baseline": self.trivial_answer,
        }


def evenly(values: Sequence[T], n: int) -> list[T]:
    """n of the values, in their order and evenly from all, some several times where n is more; none of none."""
    return [values[index * len(values) // n] for index in range(n)] if values else []
