"""The scores of generated images against real ones, and how each of them is to be read."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import torch

from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.measures import Better


class Score(NamedTuple):
    """One number and what it depends on.

    value: None if it could not be computed. floor: what held-out real images score; None if there are none.
    baseline: what the trivial answer scores that ``protocol["baseline"]`` names; None where there is none.
    """

    value: float | None
    better: Better
    floor: float | None
    protocol: Mapping[str, Any]
    baseline: float | None = None


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
