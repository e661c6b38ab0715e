"""How well two unpaired domains are translated into each other: as wholes, and around the cycle."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from ganlab.bounds import Count, Pair, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.distances.similarity import as_stored, mean_absolute
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real import cache
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.measures import MEASURES, Comparison
from ganlab.metrics.translation.base import Rows, TranslationScores, with_channels
from ganlab.pixels import to_uint8
from ganlab.types import Batch, Extractor, UnpairedSet

log = logging.getLogger(__name__)

DIRECTIONS = {"a_to_b": ("a", "b"), "b_to_a": ("b", "a")}
WholeScore = Literal["fid", "kid", "precision", "recall", "density", "coverage", "diversity"]


class UnpairedScores(TranslationScores):
    """Distances between translations and the domain that they should belong to, for each direction; cycle_l1.

    Distances are named after measure, extractor and direction: ``fid_a_to_b``, ``fid_glyphs_b_to_a``. Every picture
    that is translated is held out and counts once, however often the longer side meets it. Their floor is what the
    domain's pictures of the other split score. cycle_l1: mean absolute error, in [0, 1], after a translation there and
    back, the mean of both domains; the identity map scores best there, so it says nothing by itself.

    extractor: the network whose features are compared. scores: which distances; the first, from a to b, is the one
        that the best checkpoint is chosen by.
    split: of the real pictures, all of which are compared.
    on_missing: what happens without the extractor's weights or enough images: absent distances ("skip"), or an error.
    allow_small: compute FID also from no more images than features, as is usual here; it is large then.
    kid_subsets, kid_subset_size, neighbours: see :class:`~ganlab.metrics.real.measures.Comparison`.
    cache_folder: where features of real images are kept; None is the user's cache directory.
    n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("a", "b")

    @bounded
    def __init__(
        self,
        *,
        extractor: Extractor,
        scores: Sequence[WholeScore] = ("fid", "kid", "diversity"),
        split: Literal["train", "test"] = "train",
        on_missing: Literal["skip", "error"] = "skip",
        allow_small: bool = False,
        kid_subsets: Size = 100,
        kid_subset_size: Pair = 1000,
        neighbours: Size = 3,
        cache_folder: Path | None = None,
        n: Count | None = None,
        seed: int = 0,
        batch_size: Size = 16,
    ) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.extractor, self.scores, self.split = extractor, list(dict.fromkeys(scores)), split
        self.on_missing, self.allow_small = on_missing, allow_small
        self.options = {
            "kid_subsets": kid_subsets,
            "kid_subset_size": kid_subset_size,
            "neighbours": neighbours,
        }
        self.least = max(2, neighbours + 1)
        self.cache_folder = cache_folder or cache.default_folder()
        self.details: dict[str, dict[str, Any]] = {}  # of each distance, for its protocol
        try:
            extractor.prepare()  # before its name is used, which may depend on the weights
        except UserError as error:
            if on_missing == "error":
                raise
            log.warning("%s between the domains will be absent: %s", ", ".join(self.scores), error)
            self.scores = []
        self.direction = {self.name_of(*which): MEASURES[which[0]].better for which in self._wholes()}
        self.direction["cycle_l1"] = "lower"

    def name_of(self, score: str, direction: str) -> str:
        return f"{score}{self.extractor.suffix}_{direction}"

    def _wholes(self) -> list[tuple[str, str]]:
        return [(score, direction) for score in self.scores for direction in DIRECTIONS]

    def _give_up(self, scores: Sequence[str], why: UserError) -> None:
        """By ``on_missing``, leave out distances or stop."""
        if self.on_missing == "error":
            raise why
        self.leave_out([self.name_of(*which) for which in self._wholes() if which[0] in scores], why)
        self.scores = [score for score in self.scores if score not in scores]

    def prepare(
        self, train: UnpairedSet, test: UnpairedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        """Describe the real pictures of both sides, or find their descriptions in the cache.

        Raises:
            UserError: by ``on_missing``, for too few of them.
        """
        self.require_kind(test)
        self.lengths = {side: len(test.side(side)) for side in self.keys}
        compared, others = (train, test) if self.split == "train" else (test, train)
        self._require_enough(compared)
        self.real: dict[str, Description] = {}
        if self.scores:
            self.extractor.to(device)
            self.real = {side: self._described_side(compared, side, ranks) for side in self.keys}
            for direction, (_, side) in DIRECTIONS.items():
                if len(others.side(side)) >= self.least:
                    self._note_floors(direction, self._described_side(others, side, ranks))
        super().prepare(train, test, device, ranks)

    def _require_enough(self, compared: UnpairedSet) -> None:
        sizes = [*self.lengths.values(), *(len(compared.side(side)) for side in self.keys)]
        if min(sizes) < self.least:
            error = f"a side of {min(sizes)} images is fewer than the {self.least} that these scores need"
            self._give_up(self.scores, UserError(f"metrics: {error}"))
        elif "fid" in self.scores and min(sizes) <= self.extractor.size and not self.allow_small:
            error = (
                f"metrics: FID in {self.extractor.size} features needs more images than that, or it measures their "
                f"number, and a side has {min(sizes)}; score by kid instead, or set allow_small=true"
            )
            self._give_up(["fid"], UserError(error))

    def _described_side(self, pictures: UnpairedSet, side: str, ranks: Ranks) -> Description:
        batch_size = max(self.batch_size, 64)
        return cache.described(
            pictures.side(side), self.extractor, self.cache_folder, batch_size=batch_size, ranks=ranks
        )

    def _note_floors(self, direction: str, others: Description) -> None:
        for score, (value, _) in self._compared(direction, others).items():
            self.floors[self.name_of(score, direction)] = value

    def _compared(self, direction: str, made: Description) -> dict[str, tuple[float, dict[str, Any]]]:
        comparison = Comparison(real=self.real[DIRECTIONS[direction][1]], fake=made, **self.options)
        return {score: MEASURES[score].compute(comparison) for score in self.scores}

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        """Each picture itself, a grey one repeated and a coloured one made grey where the channels differ."""
        a, b = batch["a"], batch["b"]
        b_from_a, a_from_b = with_channels(a, b.shape[1]), with_channels(b, a.shape[1])
        if b_from_a is None or a_from_b is None or a.shape[2:] != b.shape[2:]:
            return None
        cycles = {
            "cycle_a": with_channels(b_from_a, a.shape[1]),
            "cycle_b": with_channels(a_from_b, b.shape[1]),
        }
        return {"b": b_from_a, "a": a_from_b, **cycles}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        rows = {
            f"cycle_{side}": mean_absolute(as_stored(outputs[f"cycle_{side}"]), as_stored(batch[side]))
            for side in self.keys
        }
        for direction, (_, side) in DIRECTIONS.items() if self.scores else ():
            seen = self.extractor(to_uint8(outputs[side].nan_to_num()))
            rows |= {f"{direction}/features": seen.features, f"{direction}/logits": seen.logits}
        return rows

    def values(self, rows: Rows) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for direction, (source, _) in DIRECTIONS.items() if self.scores else ():
            once = self.once(source)
            made = Description.of(rows[f"{direction}/features"][once], rows[f"{direction}/logits"][once])
            for score, (value, details) in self._compared(direction, made).items():
                name = self.name_of(score, direction)
                values[name], self.details[name] = value, details
        cycles = [float(rows[f"cycle_{side}"][self.once(side)].mean()) for side in self.keys]
        return {**values, "cycle_l1": sum(cycles) / 2}

    def once(self, side: str) -> Tensor:
        """(number of distinct pictures,): rows of examples that meet a picture of ``side`` for the first time."""
        seen: dict[int, int] = {}
        for row, index in enumerate((self.indices % self.lengths[side]).tolist()):
            seen.setdefault(index, row)
        return torch.tensor(list(seen.values()))

    def measured(self, name: str) -> str:
        if name == "cycle_l1":
            return "L1 of pixels in [0, 1], rounded to 8 bits"
        return (
            f"{self.extractor.name} features (weights {self.extractor.weights[:8]}, {self.extractor.resize}) of "
            f"translations against all pictures of the {self.split} split that are of their domain"
        )

    def protocol(self, name: str) -> dict[str, Any]:
        protocol = super().protocol(name)
        direction = name[-len("a_to_b") :]
        if direction not in DIRECTIONS:
            return protocol
        source, side = DIRECTIONS[direction]
        sizes = {"n_fake": len(self.once(source)), "n_real": self.real[side].n}
        return protocol | sizes | self.details.get(name, {})
