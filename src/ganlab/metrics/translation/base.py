"""What scores of a translator have in common: held-out examples, translated and looked at one by one."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from ganlab.bounds import Count, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.randomness import derive
from ganlab.score_record import Better, Score
from ganlab.sets import ExampleSet
from ganlab.types import Batch, Translator, batch_of, tensors_of

log = logging.getLogger(__name__)

FITTING = {  # by a key that only their batches have
    "label_map": "semantic",
    "target": "pairs",
    "high": "super_resolution",
    "mask": "inpainting",
    "wanted": "domains",
    "b": "unpaired",
    "label": "digits, glyphs or inception",
}
Rows = Mapping[str, Tensor]  # by name, what is known of each example: (n, ...), in the set's order
Examples = TypeVar("Examples", bound=ExampleSet)
Translate = Callable[[Batch, int], dict[str, Tensor] | None]


class TranslationScores(Generic[Examples]):
    """Scores of a translator on held-out examples, from what :meth:`describe` says of each.

    Pictures are scored as files would hold them, rounded to 8 bits. Processes share out whole batches: each example
    counts once, and where a model looks at a batch as a whole, the values do not depend on the number of processes.

    n: how many examples, spread evenly over those held out; None for all. seed: of what the translator draws.
    batch_size: examples at a time.

    Raises:
        UserError: for numbers below 1.
    """

    keys: ClassVar[tuple[str, ...]]  # of the batches that can be scored
    trivial_answer: ClassVar[str] = "identity map"  # what :meth:`trivial` is called

    @bounded
    def __init__(self, *, n: Count | None = None, seed: int = 0, batch_size: Size = 16) -> None:
        self.n, self.seed, self.batch_size = n, seed, batch_size
        self.direction: dict[str, Better] = {}  # the scores, the main one first
        self.floors: dict[str, float | None] = {}
        self.baselines: Mapping[str, float | None] = {}

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        """The answer that learns nothing, in the keys of ``translate``; None where there is none."""
        raise NotImplementedError

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the scores need to know of each example: (B, ...) by name."""
        raise NotImplementedError

    def values(self, rows: Rows) -> dict[str, float | None]:
        """The scores of all examples; None for one that cannot be told."""
        raise NotImplementedError

    def measured(self, name: str) -> str:
        """How a score is measured, in words."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """The names of what will be scored, the main one first."""
        return list(self.direction)

    def better(self) -> dict[str, Better]:
        """For each name whether lower or higher is better."""
        return dict(self.direction)

    def prepare(self, train: Examples, test: Examples, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Choose the examples and score the trivial answer.

        Raises:
            UserError: nothing is held out, or the data is of another kind.
        """
        self.test, self.device = test, device
        self.require_kind(test)
        self.indices = spread(len(test), self.n)
        self.fingerprint = test.fingerprint()[:8]
        rows, _ = self._described(lambda batch, _: self.trivial(batch), ranks)
        self.baselines = self.values(rows) if rows else {}

    def require_kind(self, test: ExampleSet) -> None:
        """Raises UserError unless batches of ``test`` have the keys that these scores need."""
        what = f"metrics: these scores need {' and '.join(self.keys)}"
        if not isinstance(test, ExampleSet):
            raise UserError(f"{what}, and this data has no such examples; try metrics=auto")
        if len(test) == 0:
            raise UserError(f"{what}, and this data holds out no example; try metrics=none")
        example = test.batch(torch.tensor([0]))
        if missing := [key for key in self.keys if key not in example]:
            fitting = next((name for key, name in FITTING.items() if key in example), "none")
            raise UserError(
                f"{what}, and this data gives {', '.join(example)} without {missing[0]}; try metrics={fitting}"
            )

    def evaluate(self, model: Translator, ranks: Ranks = ALONE) -> dict[str, Score]:
        """Translate and score; all processes take part, and the values hold on the first.

        Images that are not finite make every value None, with a warning.
        """
        rows, broken = self._described(lambda batch, number: self.translated(model, batch, number), ranks)
        if broken:
            log.warning(
                "translations of %d of %d examples are not finite: no scores", broken, len(self.indices)
            )
        values = self.values(rows) if not broken and ranks.rank == 0 else {}
        return {
            name: Score(
                value=values.get(name),
                better=way,
                floor=self.floors.get(name),
                baseline=self.baselines.get(name),
                protocol=self.protocol(name),
            )
            for name, way in self.direction.items()
        }

    def translated(self, model: Translator, batch: Batch, number: int) -> dict[str, Tensor]:
        """What the model makes of the ``number``-th batch."""
        return model.translate(batch, seed=derive(self.seed, "batch", number))

    def _described(self, translate: Translate, ranks: Ranks) -> tuple[Rows, int]:
        """The rows of all examples, and how many have outputs that are not finite; process k mod world does batch k."""
        n, batches = len(self.indices), self.indices.split(self.batch_size)
        own = range(ranks.rank, len(batches), ranks.world)
        parts, broken = defaultdict(list), 0
        for number in own or [0]:  # a process without a batch does the first one, to know its shapes
            example = self.test.batch(batches[number])
            batch = batch_of({key: value.to(self.device) for key, value in tensors_of(example).items()})
            outputs = translate(batch, number)
            if outputs is None:
                return {}, 0
            finite = [output.isfinite().flatten(1).all(1) for output in outputs.values()]
            broken += int((~torch.stack(finite).all(0)).sum())
            for name, rows in self.describe(batch, outputs).items():
                padded = torch.zeros(self.batch_size, *rows.shape[1:], dtype=rows.dtype)
                padded[: len(rows)] = rows.cpu()
                parts[name].append(padded)
        whole = {
            name: ranks.interleaved(torch.stack(padded)[: len(own)], len(batches)).flatten(0, 1)[:n]
            for name, padded in parts.items()
        }
        return whole, int(ranks.gather(torch.tensor(broken)).sum())

    def leave_out(self, names: Iterable[str], why: object) -> None:
        """Go on without some scores, and say so."""
        gone = [name for name in names if self.direction.pop(name, None)]
        if gone:
            log.warning("%s will be absent: %s", ", ".join(gone), why)

    def protocol(self, name: str) -> dict[str, Any]:
        return {
            "measured": self.measured(name),
            "images": self.fingerprint,
            "split": "test",
            "n_fake": len(self.indices),
            "seed": self.seed,
            "baseline": self.trivial_answer if self.baselines else None,
        }


def spread(length: int, n: int | None) -> Tensor:
    """(min(n, length),) int64: indices at even distances; all of them for None."""
    n = length if n is None else min(n, length)
    return torch.arange(n) * length // max(n, 1)


def with_channels(images: Tensor, channels: int) -> Tensor | None:
    """(B, C, H, W) with other channels: grey is repeated, RGB becomes grey (ITU-R 601); None for other numbers."""
    if images.shape[1] == channels:
        return images
    if images.shape[1] == 1:
        return images.expand(-1, channels, -1, -1)
    if images.shape[1] == 3 and channels == 1:
        weights = images.new_tensor([0.299, 0.587, 0.114])
        return torch.einsum("bchw,c->bhw", images, weights).unsqueeze(1)
    return None
