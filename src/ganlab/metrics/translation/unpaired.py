"""How well two unpaired domains are translated into each other: as wholes, and around the cycle."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from ganlab.bounds import Count, Pair, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.distances.similarity import as_stored, mean_absolute
from ganlab.metrics.extractors.common import resize_in_words
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.measures import MEASURES
from ganlab.metrics.real.reference import Features, OnMissing, Reference, Split
from ganlab.metrics.translation.base import Rows, TranslationScores, with_channels
from ganlab.pixels import to_uint8
from ganlab.sets import UnpairedSet
from ganlab.types import Batch, Extractor, tensors_of

DIRECTIONS = {"a_to_b": ("a", "b"), "b_to_a": ("b", "a")}
WholeScore = Literal["fid", "kid", "precision", "recall", "density", "coverage", "diversity"]


class UnpairedScores(TranslationScores[UnpairedSet]):
    """Distances between translations and the domain that they should belong to, for each direction; cycle_l1 of both.

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
        split: Split = "test",
        on_missing: OnMissing = "skip",
        allow_small: bool = True,
        kid_subsets: Size = 100,
        kid_subset_size: Pair = 1000,
        neighbours: Size = 3,
        cache_folder: Path | None = None,
        n: Count | None = None,
        seed: int = 0,
        batch_size: Size = 16,
    ) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.features = Features(
            extractor=extractor,
            scores=scores,
            split=split,
            minimum=max(2, neighbours + 1),
            options={
                "kid_subsets": kid_subsets,
                "kid_subset_size": kid_subset_size,
                "neighbours": neighbours,
            },
            on_missing=on_missing,
            allow_small=allow_small,
            batch_size=max(batch_size, 64),
            cache_folder=cache_folder,
        )
        self.directions = DIRECTIONS
        self.details: dict[str, dict[str, Any]] = {}  # of each distance, for its protocol
        # before the extractor's name is used, which may depend on the weights
        self.features.require_weights(called=f"{', '.join(self.features.scores)} between the domains")
        self.direction = {self.name_of(*which): MEASURES[which[0]].better for which in self._wholes()}
        self.direction["cycle_l1"] = "lower"

    def limit_to(self, directions: Sequence[str]) -> None:
        """Score these directions alone; the cycle only where there are both."""
        self.directions = {name: sides for name, sides in DIRECTIONS.items() if name in directions}
        if self.directions != DIRECTIONS:
            self.direction.pop("cycle_l1", None)
        for score in self.features.scores:
            for direction in DIRECTIONS.keys() - self.directions:
                self.direction.pop(self.name_of(score, direction), None)

    def name_of(self, score: str, direction: str) -> str:
        return f"{score}{self.features.extractor.suffix}_{direction}"

    def _wholes(self) -> list[tuple[str, str]]:
        return [(score, direction) for score in self.features.scores for direction in self.directions]

    def _give_up(self, scores: Sequence[str], why: UserError) -> None:
        """By ``on_missing``, leave out distances or stop."""
        names = [self.name_of(*which) for which in self._wholes() if which[0] in scores]
        self.features.give_up(scores, why, called=", ".join(names))
        for name in names:
            del self.direction[name]

    def prepare(
        self, train: UnpairedSet, test: UnpairedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        """Describe the real pictures of both sides, or find their descriptions in the cache.

        Raises:
            UserError: by ``on_missing``, for too few of them.
        """
        self.require_kind(test)
        self.lengths = {side: len(test.side(side)) for side in self.keys}
        compared, held_out = self.features.sides(train, test)
        if self.features.scores:
            self._require_enough(compared)
        self.real: dict[str, Reference] = {}
        self.shapes = {side: compared.side(side).images(torch.tensor([0])).shape[1:] for side in self.keys}
        if self.features.scores:
            self.features.extractor.to(device)
            self.real = {
                side: Reference(self.features, compared.side(side), held_out.side(side), ranks)
                for _, side in self._made()
            }
        for direction, side in self._made():
            for score, floor in self.real[side].floors.items():
                self.floors[self.name_of(score, direction)] = floor
        super().prepare(train, test, device, ranks)

    def _require_enough(self, compared: UnpairedSet) -> None:
        fewest = min(*self.lengths.values(), *(len(compared.side(side)) for side in self.keys))
        minimum = self.features.minimum
        if fewest < minimum:
            error = f"metrics: a side of {fewest} images is fewer than the {minimum} that these scores need"
            self._give_up(self.features.scores, UserError(error))
        elif fault := self.features.fault_of_fid(fewest):
            error = (
                f"metrics: {fault}, and a side has {fewest}; score by kid instead, or set allow_small=true"
            )
            self._give_up(["fid"], UserError(error))

    def _made(self) -> Iterator[tuple[str, str]]:
        """Each direction, with the side that it makes pictures of; none where no distance is scored."""
        if self.features.scores:
            for direction, (_, side) in self.directions.items():
                yield direction, side

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        """Each picture itself, a grey one repeated and a coloured one made grey where the channels differ."""
        a, b = batch["a"], batch["b"]
        b_from_a, a_from_b = with_channels(a, b.shape[1]), with_channels(b, a.shape[1])
        if b_from_a is None or a_from_b is None or a.shape[2:] != b.shape[2:]:
            return None
        a_again, b_again = with_channels(b_from_a, a.shape[1]), with_channels(a_from_b, b.shape[1])
        if a_again is None or b_again is None:
            return None
        return {"b": b_from_a, "a": a_from_b, "cycle_a": a_again, "cycle_b": b_again}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        given = tensors_of(batch)
        rows = {
            f"cycle_{side}": mean_absolute(as_stored(outputs[f"cycle_{side}"]), as_stored(given[side]))
            for side in self.keys
            if "cycle_l1" in self.direction
        }
        for direction, side in self._made():
            features, logits = self.features.extractor(to_uint8(outputs[side].nan_to_num()))
            rows |= {f"{direction}/features": features, f"{direction}/logits": logits}
        return rows

    def values(self, rows: Rows) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for direction, side in self._made():
            once = self.once(self.directions[direction][0])
            output = Description.of(rows[f"{direction}/features"][once], rows[f"{direction}/logits"][once])
            for score, (value, details) in self.real[side].values(output).items():
                name = self.name_of(score, direction)
                values[name], self.details[name] = value, details
        if "cycle_l1" in self.direction:
            cycles = [float(rows[f"cycle_{side}"][self.once(side)].mean()) for side in self.keys]
            values["cycle_l1"] = sum(cycles) / 2
        return values

    def once(self, side: str) -> Tensor:
        """(number of distinct pictures,): rows of examples that meet a picture of ``side`` for the first time."""
        found: dict[int, int] = {}
        for row, index in enumerate((self.indices % self.lengths[side]).tolist()):
            found.setdefault(index, row)
        return torch.tensor(list(found.values()))

    def measured(self, name: str) -> str:
        if name == "cycle_l1":
            return "L1 of pixels in [0, 1], rounded to 8 bits"
        _, side = self.directions[name[-len("a_to_b") :]]
        features = self.features.measured(resize_in_words(self.features.extractor, self.shapes[side]))
        split = self.features.split
        return (
            f"{features} of translations against all pictures of the {split} split that are of their domain"
        )

    def protocol(self, name: str) -> dict[str, Any]:
        protocol = super().protocol(name)
        direction = name[-len("a_to_b") :]
        if direction not in DIRECTIONS:
            return protocol
        source, side = DIRECTIONS[direction]
        sizes = {"n_fake": len(self.once(source)), "n_real": self.real[side].real.n}
        return protocol | sizes | self.details.get(name, {})
