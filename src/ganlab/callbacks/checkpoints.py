"""The state of training on disk: the last, the best, and one to fall back to."""

import logging
import math
from pathlib import Path
from typing import Any, Literal

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.callbacks.health import require_finite_weights
from ganlab.callbacks.interval import crossed
from ganlab.callbacks.quality import Quality
from ganlab.errors import StorageError
from ganlab.models.base import GAN
from ganlab.sets import Identified
from ganlab.training.checkpoints import (
    by_steps,
    checkpoint_name,
    point_to,
    remove_checkpoint,
    remove_leftovers,
    steps_of,
)
from ganlab.training.machine import machine, warn_of_other_machine
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

log = logging.getLogger(__name__)


class Checkpoints(GameCallback[GAN]):
    """Writes ``checkpoints/step-….ckpt`` at the end of a step, every ``every_images`` and when training ends.

    ``last.ckpt`` and ``best.ckpt`` point to the newest and to the one with the best ``monitor``, which is written in
    the step that it is logged in. A file that cannot be written, as on a full disk, is a warning; it ends training
    where it is the last, or when ``most_failures`` could not be written in a row.

    keep: how many of the newest files stay; the best stays in any case.
    monitor: the name of a logged metric; auto is the main score of the run's metrics; null keeps no best. A value that
        is not finite is never the best.
    mode: whether the lowest or the highest value is the best; for a score it is known.
    """

    order = Order.SAVE

    @bounded
    def __init__(
        self,
        *,
        every_images: Count = 10_240,
        keep: Count = 2,
        monitor: str | None = "auto",
        mode: Literal["min", "max"] = "min",
        most_failures: Count = 3,
    ) -> None:
        self.every_images, self.keep, self.monitor, self.mode = every_images, keep, monitor, mode
        self.most_failures, self.failures = most_failures, 0
        self.best_value: float | None = None
        self.best_steps: int | None = None
        # what tells it apart, as it was when this start of the run began
        self.data: dict[str, Any] | None = None
        self.machine_before: dict[str, Any] | None = None  # that wrote the checkpoint which is resumed

    def setup(self, trainer: Trainer, pl_module: GAN, stage: str) -> None:
        self.folder = Path(trainer.default_root_dir) / "checkpoints"
        if trainer.is_global_zero:
            remove_leftovers(self.folder)
        scores = next(
            (callback for callback in trainer.callbacks if isinstance(callback, Quality)), Quality()
        )
        if self.monitor == "auto":
            self.monitor = next((f"val/{name}" for name in scores.names()), None)
        scores.require_logged("callbacks.checkpoints.monitor", self.monitor, pl_module.players())
        if self.monitor and self.monitor.startswith("val/"):
            self.mode = "min" if scores.direction_of(self.monitor) == "lower" else "max"

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        ends = trainer.should_stop or pl_module.steps == trainer.max_steps
        best = self.best_value, self.best_steps
        due = self.is_new_best(pl_module) or ends or crossed(self.every_images, pl_module, batch)
        if due and not self.save(trainer, pl_module, is_last=ends):
            self.best_value, self.best_steps = best
        if ends and self.monitor and self.monitor not in pl_module.published and trainer.is_global_zero:
            known = ", ".join(sorted(pl_module.published))
            log.warning(
                "callbacks.checkpoints.monitor=%s was never logged, so there is no best; logged were: %s",
                *(self.monitor, known),
            )

    def save(self, trainer: Trainer, module: GAN, *, is_last: bool = False) -> bool:
        """Write the state of this step; whether it could be written.

        Raises:
            DivergedError: for weights that are not finite; nothing is written then.
            StorageError: if the last file could not be written, or too many in a row.
        """
        require_finite_weights(module)
        path = self.folder / checkpoint_name(module.steps)
        if fault := written(trainer, path):
            self.failures += 1
            if is_last or self.failures == self.most_failures:
                raise StorageError(
                    f"{fault}; the checkpoints before are whole: free some space and resume the run"
                )
            if trainer.is_global_zero:
                log.warning("%s; training goes on, and the checkpoints before are whole", fault)
            return False
        self.failures = 0
        if trainer.is_global_zero:
            point_to(self.folder / "last.ckpt", path)
            if self.best_steps == module.steps:
                point_to(self.folder / "best.ckpt", path)
            self.prune()
        return True

    def is_new_best(self, module: GAN) -> bool:
        """Whether the monitored metric was logged in this step and is the best so far; remembers it then."""
        value = module.news().get(self.monitor) if self.monitor else None
        if value is None or not math.isfinite(value):
            return False
        if self.best_value is not None and not (
            value < self.best_value if self.mode == "min" else value > self.best_value
        ):
            return False
        self.best_value, self.best_steps = value, module.steps
        return True

    def prune(self) -> None:
        for path in by_steps(self.folder)[: -self.keep]:
            if steps_of(path) != self.best_steps:
                remove_checkpoint(path)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: GAN, checkpoint: dict[str, Any]) -> None:
        """Say where the run comes from: the machine, and the data where it can tell itself apart."""
        if trainer.is_global_zero:
            checkpoint["origin"] = {"machine": machine(pl_module.device), "data": self.data}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: GAN, checkpoint: dict[str, Any]) -> None:
        self.machine_before = checkpoint.get("origin", {}).get("machine")

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        if not trainer.is_global_zero:
            return
        if isinstance(trainer.datamodule, Identified):
            self.data = trainer.datamodule.identity()
        if self.machine_before:
            warn_of_other_machine(self.machine_before, machine(pl_module.device))

    def state_dict(self) -> dict[str, Any]:
        return {"best_value": self.best_value, "best_steps": self.best_steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best_value, self.best_steps = state_dict["best_value"], state_dict["best_steps"]


def written(trainer: Trainer, path: Path) -> str | None:
    """Save with all processes; None, or on each of them why it failed on the one that writes."""
    fault = None
    try:
        trainer.save_checkpoint(path)
    except StorageError as error:
        fault = str(error)
        trainer.strategy.barrier("Trainer.save_checkpoint")  # at which the others wait
    return trainer.strategy.broadcast(fault)
