"""How good the pictures are: the scores of ``metrics=...`` while training, the best and the last of each."""

import difflib
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import torch

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.callbacks.interval import crossed, images_of_run
from ganlab.errors import UserError
from ganlab.metrics.ranks import Ranks
from ganlab.metrics.scores import Directed, Metric, suit
from ganlab.models.base import GAN
from ganlab.score_record import KeepsScores, Score, ScoreRecord, from_json, in_words, to_json
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

log = logging.getLogger(__name__)


class Quality(GameCallback[GAN], KeepsScores):
    """Scores what the generator makes: before training, every ``every_images``, and at the end.

    Published as ``val/<score>``; ``scores`` holds the first, the best and the last of each, with its floor, its
    baseline and its protocol. The seconds that all evaluations have taken so far are published as
    ``progress/evaluation_seconds``.

    metrics: the scores of ``metrics=...``, by name; none for a run that is not scored.
    every_images: how often; null is a tenth of the run.
    objective: a metric that the run will be asked for, one of the scores or another that is logged.

    Raises:
        UserError: for an objective that is surely never logged, before training.
    """

    order = Order.SCORE

    @bounded
    def __init__(
        self,
        *,
        metrics: Mapping[str, Metric] | None = None,
        every_images: Count | None = None,
        objective: str | None = None,
    ) -> None:
        self.metrics, self.every_images = dict(metrics or {}), every_images
        self.scores: dict[str, ScoreRecord] = {}
        self.seconds = 0.0
        self.objective = objective
        self.require_logged("objective", objective)

    def setup(self, trainer: Trainer, pl_module: GAN, stage: str) -> None:
        suit(self.metrics.values(), pl_module)
        self.require_logged("objective", self.objective, pl_module.players())

    def limit_to(self, directions: tuple[str, ...]) -> None:
        """Leave out the scores of what a translator does not do, before there is one."""
        for metric in self.metrics.values():
            if isinstance(metric, Directed):
                metric.limit_to(directions)

    def names(self) -> list[str]:
        """The scores that will be published, each as ``val/<name>``; the first is the main one."""
        return [name for metric in self.metrics.values() for name in metric.names()]

    def better(self) -> dict[str, str]:
        """For each score whether lower or higher is better."""
        return {name: way for metric in self.metrics.values() for name, way in metric.better().items()}

    def direction_of(self, metric: str) -> str:
        """ "lower" or "higher" for ``val/<score>``."""
        return self.better()[metric.removeprefix("val/")]

    def require_logged(self, key: str, metric: str | None, players: Collection[str] = ()) -> None:
        """Refuse what is surely never logged: another run's score, a name without a group, a player misspelt.

        Raises:
            UserError: names ``key``, which chooses ``metric``, and the names that may have been meant.
        """
        scores = [f"val/{name}" for name in self.names()]
        known = [*scores, *(f"{player}/{what}" for player in players for what in ("loss", "lr"))]
        group, slash, _ = (metric or "").partition("/")
        misspelt = group not in players and difflib.get_close_matches(group, players, 1, cutoff=0.8)
        if metric is None or metric in known or (slash and group != "val" and not misspelt):
            return
        close = [name for name in known if name.endswith(f"/{metric}")]
        close = close or difflib.get_close_matches(metric, known, 1)
        what = "is no score of this run" if group == "val" else "is nothing that a run logs"
        has = (
            ", ".join(scores) or "no scores (choose some with metrics=...), and others such as generator/loss"
        )
        hint = f"did you mean {' or '.join(close)}?" if close else f"it has {has}"
        raise UserError(f"{key}={metric} {what}; {hint}")

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        data = trainer.datamodule
        self.interval = self.every_images or max(1, images_of_run(trainer, pl_module) // 10)
        self.ranks = Ranks()
        if trainer.world_size > 1:
            self.ranks = Ranks(trainer.global_rank, trainer.world_size, _gather_over(trainer))
        for metric in self.metrics.values():
            metric.prepare(data.dataset("train"), data.dataset("test"), pl_module.device, self.ranks)
        if trainer.is_global_zero:
            self.warn_of_taught(pl_module)
        if pl_module.steps == 0:
            self.evaluate(trainer, pl_module)

    def warn_of_taught(self, module: GAN) -> None:
        """Say which scores look with a network that the players learn from: they are taught to the test."""
        for network in sorted(learned_from(module)):
            taught = [name for name in self.names() if f"_{network}_" in f"_{name}_"]
            if taught:
                which = taught[0] + (f" and {len(taught) - 1} more scores" if taught[1:] else "")
                log.warning(
                    "taught to the test: %s are of what the network of %s sees, and this model learns from that too; "
                    "judge it by another, as in metrics=%s",
                    which,
                    network,
                    "digits" if network == "glyphs" else "glyphs",
                )

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        if crossed(self.interval, pl_module, batch) or pl_module.steps == trainer.max_steps:
            self.evaluate(trainer, pl_module)

    def evaluate(self, trainer: Trainer, module: GAN) -> None:
        began = time.perf_counter()
        scores: dict[str, Score] = {}
        for metric in self.metrics.values():
            scores |= metric.evaluate(module, self.ranks)
        if not scores:
            return
        values = trainer.strategy.broadcast({name: score.value for name, score in scores.items()})
        for name, score in scores.items():
            self.note(name, replace(score, value=values[name]), module)
        self.seconds += time.perf_counter() - began
        known = {f"val/{name}": value for name, value in values.items() if value is not None}
        module.publish({**known, "progress/evaluation_seconds": self.seconds})
        if trainer.is_global_zero and module.steps:
            log.info("%s images: %s", f"{module.images:,}", in_words(self.scores))

    def note(self, name: str, score: Score, module: GAN) -> None:
        """Keep the value as the last, and as the first or perhaps the best of its protocol."""
        before = self.scores.get(name)
        self.scores[name] = ScoreRecord.after(before, score, images=module.images, steps=module.steps)

    def state_dict(self) -> dict[str, Any]:
        return {"scores": to_json(self.scores), "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.scores, self.seconds = from_json(state_dict["scores"]), state_dict["seconds"]


def learned_from(module: GAN) -> set[str]:
    """The names of networks that are not trained, and in whose features players are compared or scored."""
    holders = [getattr(module, "perceptual", None), *module.modules()]
    # a network that is trained is not in the dictionary of its holder, but among its modules
    fixed = [getattr(holder, "__dict__", {}).get("features") for holder in holders]
    names = [getattr(network, "name", None) for network in fixed]
    return {name for name in names if isinstance(name, str)}


def _gather_over(trainer: Trainer) -> Callable[[torch.Tensor], torch.Tensor]:
    device = trainer.strategy.root_device

    def gather(value: torch.Tensor) -> torch.Tensor:
        return trainer.strategy.all_gather(value.to(device)).cpu()

    return gather
