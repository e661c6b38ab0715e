"""How close a generator's pictures are to real ones, as a whole: FID and its kin, in the features of one network."""

import difflib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ganlab.bounds import Pair, Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real import cache
from ganlab.metrics.real.description import Description, describe
from ganlab.metrics.real.measures import MEASURES, Comparison
from ganlab.pixels import to_uint8
from ganlab.score_record import Score
from ganlab.types import Extractor, ImageSet, NoiseToImage

log = logging.getLogger(__name__)


class DistributionScores:
    """Scores of generated images against real ones, each named after its measure and its extractor.

    extractor: the network whose features are compared.
    scores: which, of fid, kid, is, precision, recall, density, coverage, classes, class_tv, diversity; the first is
        the one that the best checkpoint is chosen by.
    n_fake: generated images. split: of the real ones, all of which are compared; the other split gives the floor.
    averaged: generate from the averaged weights. seed: of what is generated. batch_size: images at a time.
    on_missing: what happens without the extractor's weights or enough images: an error, or absent scores.
    allow_small: compute FID also from no more images than features; it is large then, whatever they show.
    kid_subsets, kid_subset_size, is_splits, neighbours: see :class:`~ganlab.metrics.real.measures.Comparison`.
    cache_folder: where features of real images are kept; None is the user's cache directory.

    Raises:
        UserError: for a score that does not exist, and by ``on_missing``.
    """

    @bounded
    def __init__(
        self,
        *,
        extractor: Extractor,
        scores: Sequence[str] = ("fid", "kid", "is", "precision", "recall", "diversity"),
        n_fake: Samples = 10_000,
        split: Literal["train", "test"] = "train",
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 250,
        on_missing: Literal["error", "skip"] = "error",
        allow_small: bool = False,
        kid_subsets: Size = 100,
        kid_subset_size: Pair = 1000,
        is_splits: Size = 10,
        neighbours: Size = 3,
        cache_folder: Path | None = None,
    ) -> None:
        if unknown := [name for name in scores if name not in MEASURES]:
            close = difflib.get_close_matches(unknown[0], MEASURES, 1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise UserError(f"there is no score {unknown[0]!r}; {hint}The scores are {', '.join(MEASURES)}")
        if not scores:
            raise UserError("metrics: scores is empty; leave metrics out with metrics=none")
        self.least = max(2, is_splits, neighbours + 1)
        if n_fake < self.least:
            raise UserError(f"metrics: n_fake={n_fake}: these scores need at least {self.least} images")
        self.extractor, self.scores = extractor, list(dict.fromkeys(scores))
        self.n_fake, self.split, self.averaged, self.seed = n_fake, split, averaged, seed
        self.batch_size, self.on_missing, self.allow_small = batch_size, on_missing, allow_small
        self.options = {
            "kid_subsets": kid_subsets,
            "kid_subset_size": kid_subset_size,
            "is_splits": is_splits,
            "neighbours": neighbours,
        }
        self.told_of_range = False
        self.cache_folder = cache_folder or cache.default_folder()
        self._attempt(extractor.prepare)
        if "fid" in self.scores:
            self._attempt(lambda: self._require_enough(n_fake, f"metrics: n_fake={n_fake}"), drop="fid")

    def _attempt(self, check: Callable[[], None], drop: str | None = None) -> None:
        """A check that by ``on_missing`` stops the run, or leaves out one score or all."""
        try:
            check()
        except UserError as error:
            if self.on_missing == "error":
                raise
            what = self.name_of(drop) if drop else "the scores"
            log.warning("%s will be absent: %s", what, error)
            self.scores = [name for name in self.scores if drop and name != drop]

    def _require_enough(self, n: int, what: str) -> None:
        if n <= self.extractor.size and not self.allow_small:
            raise UserError(
                f"{what}: FID in {self.extractor.size} features needs more images than that, or it measures their "
                "number; take more, score by kid instead (it has no such bias), or set allow_small=true"
            )

    def name_of(self, score: str) -> str:
        """``fid`` in the true Inception's features, else for instance ``fid_digits``."""
        return score + self.extractor.suffix

    def names(self) -> list[str]:
        """The names of what will be scored, the main one first."""
        return [self.name_of(score) for score in self.scores]

    def better(self) -> dict[str, str]:
        """For each name whether lower or higher is better."""
        return {self.name_of(score): MEASURES[score].better for score in self.scores}

    def prepare(self, train: ImageSet, test: ImageSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Describe the real images, or find their description in the cache.

        Raises:
            UserError: by ``on_missing``, for too few of them.
        """
        if not self.scores:
            return
        if not isinstance(train, ImageSet):
            raise UserError(
                f"metrics: {self.names()[0]} compares generated images with real ones, and this data gives something "
                "else; leave metrics to the data, or choose metrics=none"
            )
        self.extractor.to(device)
        compared, held_out = (train, test) if self.split == "train" else (test, train)
        what = f"the {len(compared)} images of the {self.split} split"
        if len(compared) < self.least:
            raise UserError(
                f"metrics: {what} are fewer than the {self.least} that these scores need; try metrics=none"
            )
        if "fid" in self.scores:
            self._attempt(lambda: self._require_enough(len(compared), what), drop="fid")
        self.fingerprint = compared.fingerprint()[:8]
        self.real = self._described(compared, ranks)
        self.held_out = self._described(held_out, ranks) if len(held_out) >= self.least else None
        self.floors = self._values(self.held_out) if self.held_out else {}

    def _described(self, images: ImageSet, ranks: Ranks) -> Description:
        return cache.described(
            images, self.extractor, self.cache_folder, batch_size=self.batch_size, ranks=ranks
        )

    def evaluate(self, model: NoiseToImage, ranks: Ranks = ALONE) -> dict[str, Score]:
        """Generate ``n_fake`` images and score them; all processes take part, and the values hold on the first.

        Images that are not finite make every value None, with a warning.
        """
        if not self.scores:
            return {}
        pixels = _Pixels(
            model.samples(
                self.n_fake,
                seed=self.seed,
                averaged=self.averaged,
                batch_size=self.batch_size,
                rank=ranks.rank,
                world=ranks.world,
            )
        )
        fake = describe(pixels, self.n_fake, self.extractor, ranks)
        broken = int(ranks.gather(torch.tensor(pixels.broken)).sum())
        if broken:
            log.warning("%d of %d generated images are not finite: no scores", broken, self.n_fake)
        elif pixels.outside > 0.01 * pixels.values and not self.told_of_range:
            self.told_of_range = True
            share = pixels.outside / pixels.values
            log.warning(
                "%.0f%% of the generated pixels lie outside [-1, 1]: clipped before scoring", 100 * share
            )
        values = self._values(fake) if not broken and ranks.rank == 0 else {}
        return {
            self.name_of(score): Score(
                value=values[score][0] if score in values else None,
                better=MEASURES[score].better,
                floor=self.floors[score][0] if score in self.floors else None,
                protocol=self._protocol(model) | (values[score][1] if score in values else {}),
            )
            for score in self.scores
        }

    def _values(self, fake: Description) -> dict[str, tuple[float, dict[str, Any]]]:
        comparison = Comparison(real=self.real, fake=fake, **self.options)
        return {score: MEASURES[score].compute(comparison) for score in self.scores}

    def _protocol(self, model: NoiseToImage) -> Mapping[str, Any]:
        name, weights = self.extractor.name, self.extractor.weights[:8]
        return {
            "measured": f"{name} features (weights {weights}, {self.extractor.resize}) against {self.real.n:,} images "
            f"of the {self.split} split",
            "extractor": self.extractor.name,
            "weights": self.extractor.weights[:8],
            "resize": self.extractor.resize,
            "images": self.fingerprint,
            "split": self.split,
            "n_real": self.real.n,
            "n_fake": self.n_fake,
            "sampled_from": model.sampled_from(self.averaged),
            "seed": self.seed,
            "floor_n": self.held_out.n if self.held_out else None,
        }


class _Pixels:
    """Batches of a generator's images as uint8; counts images that are not finite and values that are clipped."""

    def __init__(self, batches: Iterator[Tensor]) -> None:
        self.batches, self.broken, self.values = batches, 0, 0
        self.outside = 0.0

    def __iter__(self) -> Iterator[Tensor]:
        for images in self.batches:
            finite = images.isfinite().flatten(1).all(1)
            self.broken += int((~finite).sum())
            self.values += images.numel()
            self.outside += float((images.abs() > 1.05).sum())
            yield to_uint8(images.nan_to_num())
