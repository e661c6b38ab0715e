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
from ganlab.memory_budget import Living, held_by
from ganlab.randomness import derive
from ganlab.training.starting import begin_from, freeze_first
from ganlab.types import Growing, tensors_of

STEPS, WARM_UP = 5, 2


class Memory(Callback):
    """How many bytes of tensors are alive at most in the last step."""

    def __init__(self) -> None:
        self.living: Living | None = None
        self.peak = 0

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
        if batch_idx == STEPS:
            weights, numbers = held_by(module)
            gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
            self.living = Living([*weights, *numbers, *gradients, *tensors_of(batch).values()])
            self.living.__enter__()

    def on_train_batch_end(self, *_: object) -> None:
        self.close()

    def on_exception(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """No more is counted."""
        if self.living is not None:
            self.living.__exit__(None, None, None)
            self.peak, self.living = self.living.peak, None


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
        begin_from(model, Path(cfg.start) if cfg.start is not None else None)
        yield good("model", f"{sum(p.numel() for p in model.parameters()):,} weights; it fits the data")
        if isinstance(model, Growing):
            yield from growing(cfg, data, model)
        else:
            seconds, peak = tried(cfg, data, model)
            steps = cfg.trainer.max_steps
            yield good("training", f"{seconds:.3g} s a step, so {in_words(steps, seconds * steps, peak)}")
    except GanlabError as error:
        yield fault("model", str(error))


def growing(cfg: DictConfig, data: Any, model: Growing) -> Iterator[Finding]:
    """Try every size that the model will have, in the middle of its time."""
    batch, whole, most = data.batch_size, 0.0, 0
    middles = [
        (side, steps, model.batch_at(steps[len(steps) // 2], batch, 1)[0])
        for side, steps in sizes(model, cfg.trainer.max_steps, batch)
    ]
    for side, steps, images in middles:
        model.skip_to(images)
        seconds, peak = tried(cfg, data, model)
        most = max(most, peak)
        whole += seconds * len(steps)
        took = timedelta(seconds=round(seconds * len(steps)))
        yield good(
            "training", f"{side} x {side}: {seconds:.3g} s a step, {len(steps):,} steps in about {took}"
        )
    yield good("training", in_words(cfg.trainer.max_steps, whole, most))


def sizes(model: Growing, steps: int, batch: int) -> Iterator[tuple[int, range]]:
    """Pixels on a side that a model goes through on one process, and the training steps of each, from 0."""

    def side(step: int) -> int:
        return model.side_at(step, batch, 1)

    first = 0
    while first < steps:
        past = bisect_right(range(steps), side(first), lo=first, key=side)
        yield side(first), range(first, past)
        first = past


def in_words(steps: int, seconds: float, peak: int) -> str:
    """How long the whole run takes, and the memory of a step: what the GPU gave, else ``peak`` bytes of tensors."""
    memory = f"tensors of {peak / 1e6:,.0f} MB at once"
    if torch.cuda.is_available():
        memory = f"{torch.cuda.max_memory_allocated() / 1e9:.1f} GB of GPU memory"
    took = timedelta(seconds=round(seconds))
    return f"{steps:,} steps take about {took} here, on one process; {memory}"


def tried(cfg: DictConfig, data: Any, model: Any) -> tuple[float, int]:
    """Seconds of a step, a mean after the first ones, which also set things up; bytes at most in one step more."""
    clock, memory = Clock(), Memory()
    trial = cfg.trainer.copy()
    trial.max_steps, trial.devices, trial.num_nodes, trial.strategy = STEPS + 1, 1, 1, "auto"
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(trial, run_dir=Path(folder), callbacks=[clock, memory], loggers=[])
        trainer.fit(model, datamodule=data)
    return (clock.times[STEPS - 1] - clock.times[WARM_UP - 1]) / (STEPS - WARM_UP), memory.peak
