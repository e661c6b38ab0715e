"""What every entry of ``metrics=...`` can do."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import torch

from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.score_record import Better, Score
from ganlab.types import Translator


class Metric(Protocol):
    """An entry of ``metrics=...``: one score or several, measured alike.

    seed: of what the model draws. The main score is the first of ``names``; ``better`` says of each whether lower or
    higher is better. ``prepare`` looks at the data, once; ``evaluate`` scores a model. All processes take part in both.
    """

    seed: int

    def names(self) -> list[str]: ...

    def better(self) -> dict[str, Better]: ...

    def prepare(self, train: Any, test: Any, device: torch.device, ranks: Ranks = ALONE) -> None: ...

    def evaluate(self, model: Any, ranks: Ranks = ALONE) -> dict[str, Score]: ...


@runtime_checkable
class Directed(Protocol):
    """A metric that scores each direction of a translation by itself."""

    def limit_to(self, directions: tuple[str, ...]) -> None: ...


def suit(metrics: Iterable[Metric], model: object) -> None:
    """Leave out what the model does not translate; to be called before the metrics are prepared."""
    for metric in metrics:
        if isinstance(metric, Directed) and isinstance(model, Translator):
            metric.limit_to(model.directions)
