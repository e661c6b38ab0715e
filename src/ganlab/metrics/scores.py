"""What every entry of ``metrics=...`` can do."""

from typing import Any, Protocol

import torch

from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.score_record import Better, Score


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
