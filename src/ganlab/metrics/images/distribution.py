"""How close a generator's pictures are to real ones, as a whole: FID and its kin, in the features of one network."""

import difflib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlab.bounds import Pair, Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import resize_in_words
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.description import describe
from ganlab.metrics.real.measures import MEASURES, OF_FEATURES
from ganlab.metrics.real.reference import Features, OnMissing, Reference, Split
from ganlab.pixels import to_uint8
from ganlab.score_record import Better, Score
from ganlab.sets import ImageSet
from ganlab.types import Extractor, NoiseToImage

log = logging.getLogger(__name__)


class DistributionScores:
    """Scores of generated images against real ones, each named after its measure and its extractor.

    extractor: the network whose features are compared.
    scores: which of ``OF_FEATURES``;
        the first is the one that the best checkpoint is chosen by.
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
        split: Split = "train",
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 250,
        on_missing: OnMissing = "error",
        allow_small: bool = False,
        kid_subsets: Size = 100,
        kid_subset_size: Pair = 1000,
        is_splits: Size = 10,
        neighbours: Size = 3,
        cache_folder: Path | None = None,
    ) -> None:
        _require_scores(scores)
        self.features = Features(
            extractor=extractor,
            scores=scores,
            split=split,
            minimum=max(2, is_splits, neighbours + 1),
            options={
                "kid_subsets": kid_subsets,
                "kid_subset_size": kid_subset_size,
                "is_splits": is_splits,
                "neighbours": neighbours,
            },
            on_missing=on_missing,
            allow_small=allow_small,
            batch_size=batch_size,
            cache_folder=cache_folder,
        )
        minimum = self.features.minimum
        if n_fake < minimum:
            raise UserError(f"metrics: n_fake={n_fake}: these scores need at least {minimum} images")
        self.n_fake, self.averaged, self.seed, self.batch_size = n_fake, averaged, seed, batch_size
        self.warned_of_range = False
        self.features.require_weights(called="the scores")
        self._require_enough_for_fid(n_fake, f"metrics: n_fake={n_fake}")

    def _require_enough_for_fid(self, n: int, what: str) -> None:
        if fault := self.features.fault_of_fid(n):
            error = UserError(
                f"{what}: {fault}; take more, score by kid instead (it has no such bias), or set allow_small=true"
            )
            self.features.give_up(["fid"], error, called=self.name_of("fid"))

    def name_of(self, score: str) -> str:
        """``fid`` in the true Inception's features, else for instance ``fid_digits``."""
        return score + self.features.extractor.suffix

    def names(self) -> list[str]:
        """The names of what will be scored, the main one first."""
        return [self.name_of(score) for score in self.features.scores]

    def better(self) -> dict[str, Better]:
        """For each name whether lower or higher is better."""
        return {self.name_of(score): MEASURES[score].better for score in self.features.scores}

    def prepare(self, train: ImageSet, test: ImageSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Describe the real images, or find their description in the cache.

        Raises:
            UserError: by ``on_missing``, for too few of them.
        """
        if not self.features.scores:
            return
        if not isinstance(train, ImageSet):
            raise UserError(
                f"metrics: {self.names()[0]} compares generated images with real ones, and this data gives something "
                "else; leave metrics to the data, or choose metrics=none"
            )
        compared, held_out = self.features.sides(train, test)
        what = f"the {len(compared)} images of the {self.features.split} split"
        minimum = self.features.minimum
        if len(compared) < minimum:
            raise UserError(
                f"metrics: {what} are fewer than the {minimum} that these scores need; try metrics=none"
            )
        self._require_enough_for_fid(len(compared), what)
        self.features.extractor.to(device)
        self.shape = compared.images(torch.tensor([0])).shape[1:]
        self.fingerprint = compared.fingerprint()[:8]
        self.reference = Reference(self.features, compared, held_out, ranks)

    def evaluate(self, model: NoiseToImage, ranks: Ranks = ALONE) -> dict[str, Score]:
        """Generate ``n_fake`` images and score them; all processes take part, and the values hold on the first.

        Images that are not finite make every value None, with a warning.
        """
        if not self.features.scores:
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
        fake = describe(pixels, self.n_fake, self.features.extractor, ranks)
        broken = int(ranks.gather(torch.tensor(pixels.broken)).sum())
        if broken:
            log.warning("%d of %d generated images are not finite: no scores", broken, self.n_fake)
        elif pixels.outside > 0.01 * pixels.values and not self.warned_of_range:
            self.warned_of_range = True
            share = pixels.outside / pixels.values
            log.warning(
                "%.0f%% of the generated pixels lie outside [-1, 1]: clipped before scoring", 100 * share
            )
        values = self.reference.values(fake) if not broken and ranks.rank == 0 else {}
        protocol = self._protocol(model)
        return {
            self.name_of(score): Score(
                value=values[score][0] if score in values else None,
                better=MEASURES[score].better,
                floor=self.reference.floors.get(score),
                protocol=protocol | (values[score][1] if score in values else {}),
            )
            for score in self.features.scores
        }

    def _protocol(self, model: NoiseToImage) -> dict[str, Any]:
        resize = resize_in_words(self.features.extractor, self.shape)
        extractor, split, n_real = self.features.extractor, self.features.split, self.reference.real.n
        return {
            "measured": f"{self.features.measured(resize)} against {n_real:,} images of the {split} split",
            "extractor": extractor.name,
            "weights": extractor.weights[:8],
            "resize": resize,
            "images": self.fingerprint,
            "split": split,
            "n_real": n_real,
            "n_fake": self.n_fake,
            "sampled_from": model.sampled_from(self.averaged),
            "seed": self.seed,
            "floor_n": self.reference.floor_n,
        }


def _require_scores(scores: Sequence[str]) -> None:
    if unknown := [name for name in scores if name not in OF_FEATURES]:
        close = difflib.get_close_matches(unknown[0], OF_FEATURES, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UserError(f"there is no score {unknown[0]!r}; {hint}The scores are {', '.join(OF_FEATURES)}")
    if not scores:
        raise UserError("metrics: scores is empty; leave metrics out with metrics=none")


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
