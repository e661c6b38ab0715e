"""Real images, described once in the features of one network, with all that others are compared with them by."""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from ganlab.errors import UserError
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real import cache
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.measures import MEASURES, Comparison, Value
from ganlab.sets import ImageSet
from ganlab.types import Extractor

log = logging.getLogger(__name__)

Split = Literal["train", "test"]
OnMissing = Literal["error", "skip"]
Data = TypeVar("Data")


class Features:
    """The measures of sets of images in the features of one network, and what is left out where something is missing.

    scores: names of ``MEASURES``. split: of the real images; those of the other split are the floor.
    minimum: images of a set that the scores need. options: numbers of :class:`Comparison`.
    on_missing: what happens without the extractor's weights or enough images: an error, or absent scores.
    allow_small: compute FID also from no more images than features.
    batch_size: real images at a time. cache_folder: where their features are kept; None is the user's cache directory.
    """

    def __init__(
        self,
        *,
        extractor: Extractor,
        scores: Sequence[str],
        split: Split,
        minimum: int,
        options: Mapping[str, Any],
        on_missing: OnMissing,
        allow_small: bool,
        batch_size: int,
        cache_folder: Path | None,
    ) -> None:
        self.extractor, self.scores, self.split = extractor, list(dict.fromkeys(scores)), split
        self.minimum, self.options = minimum, options
        self.on_missing, self.allow_small = on_missing, allow_small
        self.batch_size, self.cache_folder = batch_size, cache_folder or cache.default_folder()

    def require_weights(self, *, called: str) -> None:
        """By ``on_missing``, stop or go on without scores, ``called`` so, where the extractor's weights are missing."""
        try:
            self.extractor.prepare()
        except UserError as error:
            self.give_up(self.scores, error, called=called)

    def give_up(self, scores: Collection[str], why: UserError, *, called: str) -> None:
        """By ``on_missing``, stop or go on without ``scores``, ``called`` so."""
        if self.on_missing == "error":
            raise why
        log.warning("%s will be absent: %s", called, why)
        self.scores = [score for score in self.scores if score not in scores]

    def fault_of_fid(self, n: int) -> str | None:
        """Why FID is not to be computed from n images; None where it may be, or is not asked for."""
        size = self.extractor.size
        if "fid" not in self.scores or n > size or self.allow_small:
            return None
        return f"FID in {size} features needs more images than that, or it measures their number"

    def sides(self, train: Data, test: Data) -> tuple[Data, Data]:
        """What is compared, and the other split."""
        return (train, test) if self.split == "train" else (test, train)

    def measured(self, resize: str) -> str:
        """The features in words, with their weights and how images were brought to them."""
        return f"{self.extractor.name} features (weights {self.extractor.weights[:8]}, {resize})"

    def described(self, images: ImageSet, ranks: Ranks = ALONE) -> Description:
        """What the extractor says of real images: found in the cache, or computed by all processes and kept there."""
        return cache.described(
            images, self.extractor, self.cache_folder, batch_size=self.batch_size, ranks=ranks
        )


class Reference:
    """Real images that others are compared with. floors: what those held out score, where there are enough of them."""

    def __init__(
        self, features: Features, images: ImageSet, held_out: ImageSet, ranks: Ranks = ALONE
    ) -> None:
        self.features = features
        self.real = features.described(images, ranks)
        self.floors: dict[str, float] = {}
        self.floor_n: int | None = None
        if len(held_out) >= features.minimum:
            others = features.described(held_out, ranks)
            self.floors = {score: value for score, (value, _) in self.values(others).items()}
            self.floor_n = others.n

    def values(self, made: Description) -> dict[str, Value]:
        """Each score of what was made, with the details of its protocol."""
        comparison = Comparison(real=self.real, fake=made, **self.features.options)
        return {score: MEASURES[score].compute(comparison) for score in self.features.scores}
