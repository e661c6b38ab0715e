"""The model itself: a few steps in a folder that is thrown away, and what the whole run will cost by them."""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from omegaconf import DictConfig

from ganlab.config import instantiate
from ganlab.doctor.finding import Finding, fault, good
from ganlab.errors import GanlabError
from ganlab.randomness import derive
from ganlab.types import Growing

STEPS, WARM_UP = 5, 2


class Clock(Callback):
    """When each step was over."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())


def run(cfg: DictConfig, data: Any, run_dir: Path) -> Iterator[Finding]:
    """Build the model, send the data's shapes through it, and train it for a few steps on one process."""
    torch.manual_seed(derive(cfg.seed, "weights"))
    try:
        model = instantiate(cfg.model)
        model.check(data.shape, data.classes)
        yield good("model", f"{sum(p.numel() for p in model.parameters()):,} weights; it fits the data")
        seconds = seconds_per_step(cfg, data, model)
    except GanlabError as error:
        yield fault("model", str(error))
        return
    whole = timedelta(seconds=round(seconds * cfg.trainer.max_steps))
    text = (
        f"{seconds:.3g} s a step, so {cfg.trainer.max_steps:,} steps take about {whole} here, on one process"
    )
    if isinstance(model, Growing):
        text += "; that is its first, smallest size, and larger ones take longer"
    if torch.cuda.is_available():
        text += f"; {torch.cuda.max_memory_allocated() / 1e9:.1f} GB of GPU memory"
    yield good("training", text)


def seconds_per_step(cfg: DictConfig, data: Any, model: Any) -> float:
    """The mean after the first steps, which also set things up."""
    clock = Clock()
    trial = cfg.trainer.copy()
    trial.max_steps, trial.devices, trial.num_nodes, trial.strategy = STEPS, 1, 1, "auto"
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(trial, run_dir=Path(folder), callbacks=[clock], loggers=[])
        trainer.fit(model, datamodule=data)
    return (clock.times[-1] - clock.times[WARM_UP - 1]) / (STEPS - WARM_UP)
