"""Training for a few steps, timed."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lightning.pytorch import Callback
from omegaconf import DictConfig

from ganlab.config import instantiate


class Clock(Callback):
    """The time at the end of each step."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now, self.times = now, []

    def on_train_batch_end(self, *_: object) -> None:
        self.times.append(self.now())


def step_times(cfg: DictConfig, now: Callable[[], float], callbacks: Sequence[Callback] = ()) -> list[float]:
    """Train as configured with these callbacks alone; what ``now()`` said at the end of each step."""
    data, clock = instantiate(cfg.data), Clock(now)
    data.prepare()
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(cfg.trainer, run_dir=Path(folder), callbacks=[*callbacks, clock], loggers=[])
        trainer.fit(instantiate(cfg.model), datamodule=data)
    return clock.times
