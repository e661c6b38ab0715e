"""The state of training on disk: the last, the best, and one to fall back to."""

import logging
import math
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import Callback, Trainer

from ganlab.callbacks.health import require_finite_weights
from ganlab.callbacks.interval import crossed
from ganlab.callbacks.quality import Quality
from ganlab.models.base import GAN
from ganlab.training.checkpoints import (
    PATTERN,
    checkpoint_name,
    point_to,
    remove_checkpoint,
    remove_leftovers,
    steps_of,
)

log = logging.getLogger(__name__)


class Checkpoints(Callback):
    """Writes ``checkpoints/step-….ckpt`` at the end of a step, every ``every_images`` and when training ends.

    ``last.ckpt`` and ``best.ckpt`` point to the newest and to the one with the best ``monitor``, which is written in
    the step that it is logged in.

    keep: how many of the newest files stay; the best stays in any case.
    monitor: the name of a logged metric; auto is the main score of the run's metrics; null keeps no best. A value that
        is not finite is never the best.
    mode: whether the lowest or the highest value is the best; for a score it is known.
    """

    def __init__(
        self,
        *,
        every_images: int = 20_000,
        keep: int = 2,
        monitor: str | None = "auto",
        mode: Literal["min", "max"] = "min",
    ) -> None:
        self.every_images, self.keep, self.monitor, self.mode = every_images, keep, monitor, mode
        self.best_value: float | None = None
        self.best_steps: int | None = None

    def setup(self, trainer: Trainer, pl_module: GAN, stage: str) -> None:
        self.folder = Path(trainer.default_root_dir) / "checkpoints"
        if trainer.is_global_zero:
            remove_leftovers(self.folder)
        scores = next(
            (callback for callback in trainer.callbacks if isinstance(callback, Quality)), Quality()
        )
        if self.monitor == "auto":
            self.monitor = next((f"val/{name}" for name in scores.names()), None)
        if self.monitor and self.monitor.startswith("val/"):
            self.mode = {"lower": "min", "higher": "max"}[scores.direction_of(self.monitor)]

    def on_train_batch_end(self, trainer: Trainer, pl_module: GAN, outputs, batch, batch_idx: int) -> None:
        ends = trainer.should_stop or pl_module.steps == trainer.max_steps
        if self.is_new_best(pl_module) or ends or crossed(self.every_images, pl_module, batch):
            self.save(trainer, pl_module)
        if ends and self.monitor and self.monitor not in pl_module.published and trainer.is_global_zero:
            known = ", ".join(sorted(pl_module.published))
            log.warning(
                "callbacks.checkpoints.monitor=%s was never logged, so there is no best; logged were: %s",
                *(self.monitor, known),
            )

    def save(self, trainer: Trainer, module: GAN) -> None:
        require_finite_weights(module)
        path = self.folder / checkpoint_name(module.steps)
        trainer.save_checkpoint(path)
        if trainer.is_global_zero:
            point_to(self.folder / "last.ckpt", path)
            if self.best_steps == module.steps:
                point_to(self.folder / "best.ckpt", path)
            self.prune()

    def is_new_best(self, module: GAN) -> bool:
        """Whether the monitored metric was logged in this step and is the best so far; remembers it then."""
        value = module.news().get(self.monitor)
        if value is None or not math.isfinite(value):
            return False
        if self.best_value is not None and not (
            value < self.best_value if self.mode == "min" else value > self.best_value
        ):
            return False
        self.best_value, self.best_steps = value, module.steps
        return True

    def prune(self) -> None:
        by_age = sorted(self.folder.glob(PATTERN), key=steps_of)
        for path in by_age[: -self.keep]:
            if steps_of(path) != self.best_steps:
                remove_checkpoint(path)

    def state_dict(self) -> dict[str, Any]:
        return {"best_value": self.best_value, "best_steps": self.best_steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best_value, self.best_steps = state_dict["best_value"], state_dict["best_steps"]
