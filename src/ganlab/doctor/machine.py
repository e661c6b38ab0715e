"""Processors, memory, disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from omegaconf import DictConfig

from ganlab.doctor.finding import Finding, fault, good, warning

GB = 1e9


def processors(cfg: DictConfig) -> Iterator[Finding]:
    """What the run will compute on."""
    wants_gpu = cfg.trainer.accelerator in ("gpu", "cuda")
    if torch.cuda.is_available() and cfg.trainer.accelerator != "cpu":
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            text = f"{torch.cuda.get_device_name(index)}, {free / GB:.0f} of {total / GB:.0f} GB free"
            if free < total / 2:
                yield warning(f"GPU {index}", f"{text}: another process holds the rest (nvidia-smi shows it)")
            else:
                yield good(f"GPU {index}", text)
    elif cfg.trainer.accelerator == "mps" and torch.backends.mps.is_available():
        yield good("processor", "the GPU of this Mac")
    elif cfg.trainer.accelerator == "mps":
        yield fault("GPU", "trainer wants that of a Mac, and PyTorch sees none: take trainer=cpu")
    elif wants_gpu:
        yield fault("GPU", "trainer wants one, and PyTorch sees none: check the driver, or take trainer=cpu")
    else:
        threads = cfg.trainer.threads or torch.get_num_threads()
        yield good("processor", f"{os.cpu_count()} cores, {threads} threads; no GPU is used")


def storage(run_dir: Path) -> Iterator[Finding]:
    """Can the run's folder be written, and how much fits there?"""
    there = next(folder for folder in (run_dir, *run_dir.resolve().parents) if folder.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there) as trial:
            trial.write(b"trial")
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        yield fault("disk", f"{there} cannot be written ({error.strerror}); choose another hydra.run.dir=...")
        return
    free = shutil.disk_usage(there).free
    text = f"{there} can be written, {free / GB:.1f} GB free"
    yield good("disk", text) if free > 2 * GB else warning("disk", f"{text}: free some, checkpoints need it")
