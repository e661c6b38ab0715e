"""What is seen of a game from outside: running means of its terms, and what the loggers were handed."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from ganlab.randomness import Draws


class Telemetry(LightningModule):
    """A module that keeps means of scalars without waiting for the device, and remembers what it published.

    seed: of all that is drawn. steps, images: the present time. counts: of a variant's own. draws: by position.
    """

    seed: int
    counts: dict[str, int]
    steps: int
    images: int
    draws: Draws

    def __init__(self) -> None:
        super().__init__()
        self.published: dict[str, float] = {}  # the latest value of everything logged ...
        self.published_at: dict[str, int] = {}  # ... and the step it was logged at
        self._last_published = -1  # the latest of these steps
        self._sums: dict[str, Tensor | float] = {}
        self._additions: dict[str, int] = {}

    def track(self, name: str, value: Tensor | float) -> None:
        """Add a scalar to the running mean that is logged as ``name``; costs no synchronisation."""
        if name in self._sums:
            self._sums[name] += value.detach() if isinstance(value, Tensor) else value
            self._additions[name] += 1
        else:
            self._sums[name] = value.detach().clone().float() if isinstance(value, Tensor) else value
            self._additions[name] = 1

    def tracked(self) -> dict[str, float]:
        """Means of everything tracked since the last call, over all processes; starts new ones."""
        if not self._sums:
            return {}
        means = torch.stack([total / self._additions[name] for name, total in self._totals().items()])
        names, self._sums, self._additions = list(self._sums), {}, {}
        return dict(zip(names, self.mean_over_ranks(means).tolist(), strict=True))

    def publish(self, metrics: Mapping[str, float]) -> None:
        """Hand metrics to the loggers, against steps and images; remembered in ``published`` and ``news``.

        To be called on all processes: rank 0's values are everybody's, so that what follows from them is too.
        """
        if self.trainer.world_size > 1:
            metrics = self.trainer.strategy.broadcast(dict(metrics))
        self.published.update(metrics)
        self.published_at.update(dict.fromkeys(metrics, self.steps))
        self._last_published = self.steps
        for logger in self.trainer.loggers:
            logger.log_metrics({**metrics, "progress/images": self.images}, step=self.steps)

    def news(self) -> dict[str, float]:
        """What was published in this step; callbacks ask in each, and in most there is nothing."""
        if self._last_published != self.steps:
            return {}
        return {
            name: value for name, value in self.published.items() if self.published_at[name] == self.steps
        }

    def non_finite(self) -> list[str]:
        """Names of the tracked means that hold a NaN or an infinity."""
        if not self._sums or bool(torch.stack(list(self._totals().values())).isfinite().all()):
            return []
        return [name for name, value in self._sums.items() if not math.isfinite(value)]

    def mean_over_ranks(self, value: Tensor) -> Tensor:
        """The mean of a tensor over all processes, the same bits on each of them."""
        if self.draws.world == 1:
            return value
        return self.trainer.strategy.reduce(value.detach().clone(), reduce_op="mean")

    def telemetry(self) -> dict[str, Any]:
        """The unfinished means, for a checkpoint."""
        return {
            "sums": {name: value.cpu() for name, value in self._totals().items()},
            "additions": dict(self._additions),
        }

    def take_telemetry(self, state: Mapping[str, Any], published: Mapping[str, Any]) -> None:
        """Go on with the means of a checkpoint, and with what it had published."""
        self._sums, self._additions = dict(state["sums"]), dict(state["additions"])
        self.published, self.published_at = dict(published["values"]), dict(published["at"])
        self._last_published = max(self.published_at.values(), default=-1)

    def move_telemetry(self, device: torch.device) -> None:
        """Keep the unfinished means where training takes place."""
        self._sums = {name: value.to(device) for name, value in self._totals().items()}

    def _totals(self) -> dict[str, Tensor]:
        """The sums, those of plain numbers as tensors too."""
        return {
            name: value if isinstance(value, Tensor) else torch.tensor(value, device=self.device)
            for name, value in self._sums.items()
        }
