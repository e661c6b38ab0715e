"""The state of training on disk: the last, the best, and one to fall back to."""

import logging
import math
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import Callback, Trainer

from ganlab.callbacks.health import require_finite_weights
from ganlab.callbacks.interval import crossed
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

    ``last.ckpt`` and ``best.ckpt`` point to the newest and to the one with the best ``monitor``.

    keep: how many of the newest files stay; the best stays in any case.
    monitor: the name of a logged metric; null keeps no best. A value that is not finite is never the best.
    """

    def __init__(
        self,
        *,
        every_images: int = 20_000,
        keep: int = 2,
        monitor: str | None = None,
        mode: Literal["min", "max"] = "min",
    ) -> None:
        self.every_images, self.keep, self.monitor, self.mode = every_images, keep, monitor, mode
        self.best_value: float | None = None
        self.best_steps: int | None = None

    def setup(self, trainer: Trainer, pl_module: GAN, stage: str) -> None:
        self.folder = Path(trainer.default_root_dir) / "checkpoints"
        if trainer.is_global_zero:
            remove_leftovers(self.folder)

    def on_train_batch_end(self, trainer: Trainer, pl_module: GAN, outputs, batch, batch_idx: int) -> None:
        ends = trainer.should_stop or pl_module.steps == trainer.max_steps
        if ends or crossed(self.every_images, pl_module, batch):
            self.save(trainer, pl_module)

    def save(self, trainer: Trainer, module: GAN) -> None:
        require_finite_weights(module)
        self.note_best(module)
        path = self.folder / checkpoint_name(module.steps)
        trainer.save_checkpoint(path)
        if trainer.is_global_zero:
            point_to(self.folder / "last.ckpt", path)
            if self.best_steps == module.steps:
                point_to(self.folder / "best.ckpt", path)
            self.prune()

    def note_best(self, module: GAN) -> None:
        if self.monitor is None:
            return
        value = module.published.get(self.monitor)
        if value is None:
            known = ", ".join(sorted(module.published))
            log.warning("callbacks.checkpoints.monitor=%s is not logged; logged are: %s", self.monitor, known)
        elif math.isfinite(value) and (
            self.best_value is None
            or (value < self.best_value if self.mode == "min" else value > self.best_value)
        ):
            self.best_value, self.best_steps = value, module.steps

    def prune(self) -> None:
        by_age = sorted(self.folder.glob(PATTERN), key=steps_of)
        for path in by_age[: -self.keep]:
            if steps_of(path) != self.best_steps:
                remove_checkpoint(path)

    def state_dict(self) -> dict[str, Any]:
        return {"best_value": self.best_value, "best_steps": self.best_steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best_value, self.best_steps = state_dict["best_value"], state_dict["best_steps"]
