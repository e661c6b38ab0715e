"""Scores of an unpaired translator against pairs that it has never been told of."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.translation.base import Rows
from ganlab.metrics.translation.unpaired import UnpairedScores
from ganlab.pixels import to_uint8
from ganlab.sets import UnpairedSet
from ganlab.types import Batch


class KnownPairScores(UnpairedScores):
    """:class:`UnpairedScores`, and how often and how nearly a becomes the b that belongs to it.

    hidden_l1: mean absolute error, in [0, 1], of the translation of each a against its true b. retrieval: share of
    translations to whom, of all held-out b, the true one is the nearest in L1. accuracy, named after the extractor:
    share of translations that it reads as the class of the true b; absent where it knows other classes.

    Raises:
        UserError: in ``prepare``, for data whose pairs are not known.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.direction |= {"hidden_l1": "lower", "retrieval": "higher"}
        self.accuracy = f"accuracy{self.features.extractor.suffix}"
        if self.features.scores:
            self.direction[self.accuracy] = "higher"

    def limit_to(self, directions: Sequence[str]) -> None:
        """What the pairs say is of a to b, and absent where that is not translated."""
        super().limit_to(directions)
        if "a_to_b" not in directions:
            for name in ("hidden_l1", "retrieval", self.accuracy):
                self.direction.pop(name, None)

    def prepare(
        self, train: UnpairedSet, test: UnpairedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        self.require_kind(test)
        if test.truth is None:
            raise UserError(
                "this data does not know which b belongs to an a, as these metrics must: try metrics=unpaired"
            )
        real = test.side("b")
        self.truth = test.truth.cpu()
        self.real_b = real.images(torch.arange(len(real))).cpu().flatten(1).float()
        self.classes = self._classes_of_truth(test)
        if self.classes is None:
            why = f"{self.features.extractor.name} does not tell the classes of this data apart"
            self.leave_out([self.accuracy], why)
        super().prepare(train, test, device, ranks)

    def _classes_of_truth(self, test: UnpairedSet) -> Tensor | None:
        """(len(a),) the extractor's number for the class of each true b; None where it does not know them all."""
        real = test.side("b")
        labels = real.labels(torch.arange(len(real)))
        if labels is None or not set(real.classes) <= set(self.features.extractor.classes):
            return None
        numbers = torch.tensor([self.features.extractor.classes.index(name) for name in real.classes])
        return numbers[labels.cpu()][self.truth]

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        rows = super().describe(batch, outputs)
        return rows | {"made": to_uint8(outputs["b"].nan_to_num())} if "hidden_l1" in self.direction else rows

    def values(self, rows: Rows) -> dict[str, float | None]:
        if "hidden_l1" not in self.direction:
            return super().values(rows)
        once = self.once("a")
        which = self.indices[once] % self.lengths["a"]
        truth, drawn = self.truth[which], rows["made"][once].flatten(1).float()
        distances = torch.cdist(drawn.double(), self.real_b.double(), p=1) / drawn.shape[1] / 255
        found: dict[str, float | None] = {
            "hidden_l1": float(distances.gather(1, truth[:, None]).mean()),
            "retrieval": float((distances.argmin(1) == truth).double().mean()),
        }
        if self.classes is not None and self.accuracy in self.direction and "a_to_b/logits" in rows:
            read = rows["a_to_b/logits"][once].argmax(1)
            found[self.accuracy] = float((read == self.classes[which]).double().mean())
        return super().values(rows) | found

    def measured(self, name: str) -> str:
        if name == self.accuracy:
            extractor = self.features.extractor
            return f"the classifier of {extractor.name} (weights {extractor.weights[:8]}) as the reader"
        return super().measured("cycle_l1" if name in ("hidden_l1", "retrieval") else name)
