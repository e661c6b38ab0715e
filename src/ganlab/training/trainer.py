"""Lightning's Trainer with the settings that adversarial training needs."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import lightning.pytorch as pl
import torch
from lightning.pytorch.plugins.environments import SLURMEnvironment
from lightning.pytorch.profilers import PassThroughProfiler

from ganlab.bounds import LARGEST, Count, Range, Size, Whole, bounded
from ganlab.lightning_internals import step_by_step
from ganlab.training.checkpoints import AtomicCheckpointIO
from ganlab.training.ddp import AdversarialDDP
from ganlab.training.devices import PRECISIONS, accelerator_of, devices_of, precision_of
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

    accelerator: auto (a CUDA GPU if there is one), cpu, gpu (CUDA) or mps (the GPU of a Mac).
    devices: on a CPU how many processes; of CUDA GPUs how many (-1: all), or which ([0, 2]). auto is one.
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
        accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps"] = "auto",
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
        processor = accelerator_of(accelerator)
        chosen = devices_of(devices, processor)
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
            precision=PRECISIONS[precision_of(precision, processor)],
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


def _plugins() -> list:
    """Our checkpoint writer; and SLURM without Lightning's handler, which saves in the middle of a step."""
    plugins: list = [AtomicCheckpointIO()]
    if SLURMEnvironment.detect():
        plugins.append(SLURMEnvironment(auto_requeue=False))
    return plugins
