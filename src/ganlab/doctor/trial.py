"""The model itself: a few steps in a folder that is thrown away, and what the whole run will cost by them."""

import tempfile
import time
from bisect import bisect_right
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
from ganlab.training.starting import freeze_first, start_from
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
        freeze_first(model, cfg.freeze)
        if cfg.start is not None:
            start_from(model, Path(cfg.start))
        yield good("model", f"{sum(p.numel() for p in model.parameters()):,} weights; it fits the data")
        if isinstance(model, Growing):
            yield from growing(cfg, data, model)
        else:
            seconds = seconds_per_step(cfg, data, model)
            steps = cfg.trainer.max_steps
            yield good("training", f"{seconds:.3g} s a step, so {in_words(steps, seconds * steps)}")
    except GanlabError as error:
        yield fault("model", str(error))


def growing(cfg: DictConfig, data: Any, model: Growing) -> Iterator[Finding]:
    """Try every size that the model will have, in the middle of its time."""
    batch, whole = data.batch_size, 0.0
    middles = [
        (side, steps, model.batch_at(steps[len(steps) // 2], batch, 1)[0])
        for side, steps in sizes(model, cfg.trainer.max_steps, batch)
    ]
    for side, steps, images in middles:
        model.skip_to(images)
        seconds = seconds_per_step(cfg, data, model)
        whole += seconds * len(steps)
        took = timedelta(seconds=round(seconds * len(steps)))
        yield good(
            "training", f"{side} x {side}: {seconds:.3g} s a step, {len(steps):,} steps in about {took}"
        )
    yield good("training", in_words(cfg.trainer.max_steps, whole))


def sizes(model: Growing, steps: int, batch: int) -> Iterator[tuple[int, range]]:
    """Pixels on a side that a model goes through on one process, and the training steps of each, from 0."""

    def side(step: int) -> int:
        return model.side_at(step, batch, 1)

    first = 0
    while first < steps:
        past = bisect_right(range(steps), side(first), lo=first, key=side)
        yield side(first), range(first, past)
        first = past


def in_words(steps: int, seconds: float) -> str:
    """How long the whole run takes, and the GPU memory that the trial took."""
    text = f"{steps:,} steps take about {timedelta(seconds=round(seconds))} here, on one process"
    if torch.cuda.is_available():
        text += f"; {torch.cuda.max_memory_allocated() / 1e9:.1f} GB of GPU memory"
    return text


def seconds_per_step(cfg: DictConfig, data: Any, model: Any) -> float:
    """The mean after the first steps, which also set things up."""
    clock = Clock()
    trial = cfg.trainer.copy()
    trial.max_steps, trial.devices, trial.num_nodes, trial.strategy = STEPS, 1, 1, "auto"
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(trial, run_dir=Path(folder), callbacks=[clock], loggers=[])
        trainer.fit(model, datamodule=data)
    return (clock.times[-1] - clock.times[WARM_UP - 1]) / (STEPS - WARM_UP)
