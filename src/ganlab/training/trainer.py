"""Lightning's Trainer with the settings that adversarial training needs."""

import logging
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import lightning.pytorch as pl
import torch
from lightning.pytorch.plugins.environments import SLURMEnvironment
from lightning.pytorch.profilers import PassThroughProfiler

from ganlab.bounds import LARGEST, Count, Range, Size, Whole, bounded
from ganlab.errors import UserError
from ganlab.lightning_internals import step_by_step
from ganlab.training.checkpoints import AtomicCheckpointIO
from ganlab.training.ddp import AdversarialDDP
from ganlab.training.environment import require_processes
from ganlab.training.sync_batchnorm import SyncBatchNorm

if TYPE_CHECKING:
    from ganlab.models.base import GAN

log = logging.getLogger(__name__)

Devices = Annotated[int, Range(minimum=-1, maximum=LARGEST)]
Threads = Annotated[int, Range(minimum=1, maximum=1024)]  # with very many, OpenMP ends the process
Seconds = Annotated[float, Range(above=0, maximum=10_000_000)]  # what fits a timeout of PyTorch
DONE_ELSEWHERE: dict[str, Any] = {  # what Lightning need not do
    "max_epochs": -1,
    "enable_checkpointing": False,  # a callback of ganlab's writes them
    "enable_progress_bar": False,  # likewise
    "enable_model_summary": False,
    "limit_val_batches": 0,
    "num_sanity_val_steps": 0,
    "log_every_n_steps": 10**9,  # a callback hands means to the loggers
    "use_distributed_sampler": False,  # the data is sharded by position
}
PRECISIONS: dict[str, Literal["32-true", "bf16-mixed"]] = {"32": "32-true", "bf16": "bf16-mixed"}


class Data(Protocol):
    """What a run's data module tells callbacks: see :class:`~ganlab.data.base.EndlessData`."""

    batch_size: int

    def dataset(self, split: Literal["train", "test"]) -> Any:
        """The set of a split; of which kind is the configuration's choice, and who reads it names the one it takes."""


class _NoProfiler(PassThroughProfiler):
    """Lightning opens a hundred profiler contexts in each step; one for all saves a tenth of a millisecond."""

    nothing = nullcontext()

    def profile(self, action_name: str) -> nullcontext:  # type: ignore[override]  # only ever entered by `with`
        return self.nothing


class Trainer(pl.Trainer):
    """A Trainer whose ``max_steps`` counts training steps: batches, however many optimizers step in each.

    accelerator: auto (a GPU if there is one), cpu or gpu.
    devices: on a CPU how many processes; of GPUs how many (-1: all), or which ([0, 2]). auto is one.
    num_nodes: machines, on each of which torchrun or srun starts the processes.
    strategy: "auto" (DDP as soon as there are two processes) or "ddp".
    accumulate: in how many parts of data.batch_size a process goes through the batch of a step, each player moving once
        by the gradients of all: as with a batch so many times as large, in the memory of one part.
    sync_batchnorm: let batch norms normalize by the batch of all processes instead of their own.
    precision: "32", "bf16" (autocast; penalties stay in float32), or "auto": bf16 on a GPU that has it, else 32.
    channels_last: keep convolutions' weights and activations in the NHWC layout; the values are the same. "auto": as
        the model's YAML says of itself, and where nobody has asked it, do.
    compile: run the generator through torch.compile.
    threads: of PyTorch on the CPU; null takes its default. Different numbers give different bits.
    timeout: seconds that a process waits for its peers before it gives up.
    detect_anomaly: name the operation whose gradient is NaN; several times slower, for the search of a fault.
    """

    callbacks: list[object]  # Lightning sets this one ...
    datamodule: Data  # ... and, once training begins, this one
    stopped_by: int | None = None  # the signal that ended training early

    @bounded
    def __init__(
        self,
        *,
        max_steps: Count,
        accelerator: Literal["auto", "cpu", "gpu", "cuda"] = "auto",
        devices: Devices | str | list[Whole] = "auto",
        num_nodes: Size = 1,
        strategy: Literal["auto", "ddp"] = "auto",
        accumulate: Size = 1,
        sync_batchnorm: bool = False,
        precision: Literal["auto", "32", "bf16"] = "auto",
        channels_last: bool | Literal["auto"] = "auto",
        compile: bool = False,
        threads: Threads | None = None,
        timeout: Seconds = 300.0,
        detect_anomaly: bool = False,
        run_dir: Path | None = None,
        callbacks: Sequence[pl.Callback | None] = (),
        loggers: Sequence[pl.loggers.Logger] = (),
    ) -> None:
        processor = _accelerator(accelerator)
        chosen = _devices(devices, processor)
        count = chosen if isinstance(chosen, int) else len(chosen)
        require_processes(count, num_nodes)
        if threads is not None:
            torch.set_num_threads(threads)
        self.compile_generator, self.channels_last, self.accumulate = compile, channels_last, accumulate
        self.processes = num_nodes * count
        distributed = strategy == "ddp" or self.processes > 1
        super().__init__(
            accelerator=processor,
            devices=chosen,
            num_nodes=num_nodes,
            strategy=AdversarialDDP(run_dir=run_dir, timeout=timeout) if distributed else "auto",
            precision=PRECISIONS[_precision(precision, processor)],
            max_steps=max_steps,
            detect_anomaly=detect_anomaly,
            logger=list(loggers),
            callbacks=[callback for callback in callbacks if callback is not None],
            plugins=[*_plugins(), *([SyncBatchNorm()] if sync_batchnorm and distributed else [])],
            profiler=_NoProfiler(),
            default_root_dir=run_dir,
            **DONE_ELSEWHERE,
        )
        step_by_step(self)

    def announce(self, batch_size: int) -> None:
        """Say in the log how many samples a step is of, where it is several batches."""
        parts = "" if self.accumulate == 1 else f"{self.accumulate} times "
        if self.processes > 1:
            log.info(
                "%d processes: each trains on %sdata.batch_size=%d samples in a step, together on %d",
                *(self.processes, parts, batch_size, self.processes * self.accumulate * batch_size),
            )
        elif parts:
            log.info(
                "trainer.accumulate=%d: a step is of %sdata.batch_size=%d samples, together %d",
                *(self.accumulate, parts, batch_size, self.accumulate * batch_size),
            )

    def fit(  # type: ignore[override]  # of Lightning's ways to train only the one that resumes exactly
        self, model: "GAN", datamodule: pl.LightningDataModule, ckpt_path: Path | None = None
    ) -> None:
        """Train; from ``ckpt_path``, if given, exactly where it was written."""
        if self.channels_last:
            model.to(memory_format=torch.channels_last)
        if self.compile_generator:
            for network in model.players()["generator"]:
                network.compile()
        super().fit(model, datamodule=datamodule, ckpt_path=ckpt_path, weights_only=True)


def _accelerator(accelerator: str) -> str:
    """Resolve "auto": a GPU if there is one, else the CPU."""
    gpus = torch.cuda.device_count()
    if gpus == 0:  # else PyTorch looks for GPUs in every optimizer step, half a millisecond each
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    if accelerator == "auto":
        return "cuda" if gpus else "cpu"
    if accelerator != "cpu" and gpus == 0:
        raise UserError("trainer.accelerator=gpu: PyTorch sees no CUDA GPU on this machine; try trainer=cpu")
    return accelerator


def _devices(devices: int | str | list[int], accelerator: str) -> int | list[int]:
    """How many processes, or which GPUs.

    Raises:
        UserError: for what is neither a number nor a list of different ones, and for GPUs that are not there.
    """
    requested = _read(devices)
    if accelerator == "cpu":
        if isinstance(requested, int) and requested > 0:
            return requested
        raise UserError(
            f"trainer.devices={devices}: on a CPU this is a number of processes, 1 or more; try trainer.devices=2"
        )
    gpus = torch.cuda.device_count()
    there = f"this machine has {gpus} CUDA GPU{'s' if gpus > 1 else ''}"
    if requested == -1:
        return gpus
    numbers = requested if isinstance(requested, list) else range(requested or 0)
    if requested is None or not numbers or len(set(numbers)) < len(numbers):
        raise UserError(
            f"trainer.devices={devices}: expected how many GPUs (-1: all), or different numbers of GPUs, as in "
            f"trainer.devices=[0,1]; {there}"
        )
    if max(numbers) >= gpus:
        raise UserError(f"trainer.devices={devices}: {there}, numbered from 0")
    return requested


def _read(devices: int | str | list[int]) -> int | list[int] | None:
    """A number or a list, also out of a text such as "2" and "0,1"; None for what is neither."""
    if devices == "auto":
        return 1
    if not isinstance(devices, str):
        return devices
    words = [word.strip() for word in devices.split(",")]
    if words == ["-1"]:
        return -1
    if not all(word.isdecimal() for word in words):
        return None
    numbers = [int(word) for word in words]
    return numbers if len(numbers) > 1 else numbers[0]


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
