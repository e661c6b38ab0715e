"""Lightning's Trainer with the settings that adversarial training needs."""

import logging
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

import lightning.pytorch as pl
import torch
from lightning.pytorch.plugins.environments import SLURMEnvironment
from lightning.pytorch.profilers import PassThroughProfiler

from ganlab.errors import UserError
from ganlab.training.checkpoints import AtomicCheckpointIO
from ganlab.training.ddp import AdversarialDDP

log = logging.getLogger(__name__)

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed"}


class _NoProfiler(PassThroughProfiler):
    """Lightning opens a hundred profiler contexts in each step; one for all saves a tenth of a millisecond."""

    nothing = nullcontext()

    def profile(self, action_name: str) -> nullcontext:
        return self.nothing


class Trainer(pl.Trainer):
    """A Trainer whose ``max_steps`` counts training steps: batches, however many optimizers step in each.

    accelerator, devices, num_nodes: as in Lightning.
    strategy: "auto" (DDP as soon as there are two processes) or "ddp".
    precision: "32", "bf16" (autocast; penalties stay in float32), or "auto": bf16 on a GPU that has it, else 32.
    channels_last: keep convolutions' weights and activations in the NHWC layout; the values are the same.
    compile: run the generator through torch.compile.
    threads: of PyTorch on the CPU; null takes its default. Different numbers give different bits.
    timeout: seconds that a process waits for its peers before it gives up.
    detect_anomaly: name the operation whose gradient is NaN; several times slower, for the search of a fault.
    """

    def __init__(
        self,
        *,
        max_steps: int,
        accelerator: str = "auto",
        devices: int | str | list[int] = "auto",
        num_nodes: int = 1,
        strategy: Literal["auto", "ddp"] = "auto",
        precision: Literal["auto", "32", "bf16"] = "auto",
        channels_last: bool = False,
        compile: bool = False,
        threads: int | None = None,
        timeout: float = 300.0,
        detect_anomaly: bool = False,
        run_dir: Path | None = None,
        callbacks: Sequence[pl.Callback | None] = (),
        loggers: Sequence[pl.loggers.Logger] = (),
    ) -> None:
        if max_steps < 1:
            raise UserError(
                f"trainer.max_steps={max_steps}: expected the number of training steps, at least 1"
            )
        if threads is not None:
            torch.set_num_threads(threads)
        self.compile_generator, self.channels_last = compile, channels_last
        self.stopped_by: int | None = None  # the signal that ended training early
        accelerator, devices = _hardware(accelerator, devices)
        precision = _precision(precision, accelerator)
        distributed = strategy == "ddp" or num_nodes > 1 or _count(devices) > 1
        super().__init__(
            accelerator=accelerator,
            devices=devices,
            num_nodes=num_nodes,
            strategy=AdversarialDDP(run_dir=run_dir, timeout=timeout) if distributed else "auto",
            precision=PRECISIONS[precision],
            max_steps=max_steps,
            max_epochs=-1,
            detect_anomaly=detect_anomaly,
            logger=list(loggers),
            callbacks=[callback for callback in callbacks if callback is not None],
            plugins=_plugins(),
            profiler=_NoProfiler(),
            default_root_dir=run_dir,
            enable_checkpointing=False,  # our own callback writes them
            enable_progress_bar=False,  # likewise
            enable_model_summary=False,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            log_every_n_steps=10**9,  # our own callback hands means to the loggers
            use_distributed_sampler=False,  # the data is sharded by position
        )

    def fit(self, model, datamodule, ckpt_path: Path | None = None) -> None:
        """Train; from ``ckpt_path``, if given, exactly where it was written."""
        if self.channels_last:
            model.to(memory_format=torch.channels_last)
        if self.compile_generator:
            for network in model.players()["generator"]:
                network.compile()
        super().fit(model, datamodule=datamodule, ckpt_path=ckpt_path, weights_only=True)


def _hardware(accelerator: str, devices: int | str | list[int]) -> tuple[str, int | str | list[int]]:
    """Resolve "auto": one GPU if there is one, else one CPU process."""
    cuda = torch.cuda.device_count()
    if cuda == 0:  # else PyTorch looks for GPUs in every optimizer step, half a millisecond each
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    if accelerator in ("gpu", "cuda") and cuda == 0:
        raise UserError("trainer.accelerator=gpu: PyTorch sees no CUDA GPU on this machine; try trainer=cpu")
    if accelerator == "auto":
        accelerator = "cuda" if cuda else "cpu"
    if devices == "auto":
        devices = 1
    if accelerator in ("gpu", "cuda") and _count(devices) > cuda and devices != -1:
        raise UserError(
            f"trainer.devices={devices}: this machine has {cuda} CUDA GPU{'s' if cuda > 1 else ''}"
        )
    return accelerator, devices


def _count(devices: int | str | list[int]) -> int:
    if isinstance(devices, int):
        return torch.cuda.device_count() if devices == -1 else devices
    if isinstance(devices, str):
        return int(devices) if devices.isdigit() else len(devices.split(","))
    return len(devices)


def _precision(precision: str, accelerator: str) -> str:
    precision = str(precision)
    if precision == "auto":
        return "bf16" if accelerator in ("gpu", "cuda") and torch.cuda.is_bf16_supported() else "32"
    if precision not in PRECISIONS:
        raise UserError(
            f"precision={precision}: expected auto, {' or '.join(PRECISIONS)} (float16 needs a loss scaler that does "
            "not work with several optimizers; bf16 needs none)"
        )
    if precision == "bf16" and accelerator == "cpu" and not cpu_has_bf16():
        log.warning(
            "precision=bf16: this CPU has no bfloat16 instructions, so a step may take many times as long as with "
            "precision=32"
        )
    return precision


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies in bfloat16 (AVX512-BF16, AMX, Arm BF16); true where PyTorch does not tell."""
    try:
        capabilities = torch.cpu.get_capabilities()
    except AttributeError:  # an older PyTorch
        return True
    return any(there for name, there in capabilities.items() if "bf16" in name)


def _plugins() -> list:
    """Our checkpoint writer; and SLURM without Lightning's handler, which saves in the middle of a step."""
    plugins: list = [AtomicCheckpointIO()]
    if SLURMEnvironment.detect():
        plugins.append(SLURMEnvironment(auto_requeue=False))
    return plugins
