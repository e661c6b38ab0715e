"""The moments of a game in the plane, measured as training goes on: ``recording.npz`` of its run directory."""

from pathlib import Path

import numpy as np
import torch

from ganlab.bounds import Count, Side, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.callbacks.pictures.points import heights, pull
from ganlab.metrics.images.modes import mode_counts
from ganlab.models.points import PlaneGAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

COUNTED, SIGMAS = 2_500, 3.0  # the protocol of metrics=modes
BESIDE = 1_000  # points of each kind, between whose mean scores the surface is 0


class Recording(GameCallback[PlaneGAN]):
    """Measures a game ``frames`` times, more often in the beginning, and keeps for each time

    steps: (T,) training steps done. fake: (T, points, 2) of the generator, always by the same noise. surface:
    (T, surface, surface) of :func:`heights`, from the lower left. pull: (T, arrows, 2) at the first ``fake``.
    counts: (T, K) of 2,500 samples, those within 3 deviations of each mode; and of the run real, means, sigma, reach.
    """

    order = Order.SCORE

    @bounded
    def __init__(
        self, *, frames: Count = 25, points: Count = 100, surface: Side = 20, arrows: Count = 40
    ) -> None:
        self.frames, self.points, self.side, self.arrows = frames, points, surface, arrows

    def on_train_start(self, trainer: Trainer, pl_module: PlaneGAN) -> None:
        self.data = trainer.datamodule.dataset("train")
        self.reach = 1.3 * float(self.data.points[:BESIDE].abs().max())
        line = (torch.arange(self.side) + 0.5) / self.side * 2 * self.reach - self.reach
        self.places = torch.cartesian_prod(line, line).flip(1)  # a row after the other, x fastest
        last = self.frames - 1
        self.due = {round(trainer.max_steps * (place / last) ** 1.5) for place in range(self.frames)}
        self.moments: dict[str, list[np.ndarray]] = {}
        self.measure(pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: PlaneGAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        if pl_module.steps in self.due:
            self.measure(pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: PlaneGAN) -> None:
        self.write(Path(trainer.default_root_dir))

    def on_exception(self, trainer: Trainer, pl_module: PlaneGAN, exception: BaseException) -> None:
        self.write(Path(trainer.default_root_dir))

    def measure(self, module: PlaneGAN) -> None:
        samples, real = module.sample(COUNTED, seed=0), self.data.points[:BESIDE]
        moment = {
            "steps": np.array(module.steps),
            "fake": samples[: self.points].numpy(),
            "surface": heights(module, self.places, real, samples[:BESIDE])
            .unflatten(0, (self.side, self.side))
            .numpy(),
            "pull": pull(module, samples[: self.arrows], real).numpy(),
            "counts": mode_counts(samples, self.data.means, SIGMAS * self.data.sigma).numpy(),
        }
        for name, value in moment.items():
            self.moments.setdefault(name, []).append(value)

    def write(self, folder: Path) -> None:
        of_run = {
            "real": self.data.points[: 3 * self.points].numpy(),
            "means": self.data.means.numpy(),
            "sigma": np.array(self.data.sigma),
            "reach": np.array(self.reach),
        }
        np.savez_compressed(
            folder / "recording.npz", **of_run, **{k: np.stack(v) for k, v in self.moments.items()}
        )
