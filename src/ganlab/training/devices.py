"""What a run computes on: the processor, how many of it, and with which precision."""

import logging
import os
from typing import Literal

import torch

from ganlab.errors import UserError

log = logging.getLogger(__name__)

PRECISIONS: dict[str, Literal["32-true", "bf16-mixed"]] = {"32": "32-true", "bf16": "bf16-mixed"}


def accelerator_of(accelerator: str) -> str:
    """Resolve "auto": a GPU if there is one, else the CPU."""
    gpus = torch.cuda.device_count()
    if gpus == 0:  # else PyTorch looks for GPUs in every optimizer step, half a millisecond each
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    if accelerator == "auto":
        return "cuda" if gpus else "cpu"
    if accelerator == "mps" and not torch.backends.mps.is_available():
        raise UserError(
            "trainer.accelerator=mps: PyTorch sees no GPU of a Mac here, which Apple silicon has; try trainer=cpu"
        )
    if accelerator in ("gpu", "cuda") and gpus == 0:
        raise UserError("trainer.accelerator=gpu: PyTorch sees no CUDA GPU on this machine; try trainer=cpu")
    return accelerator


def devices_of(devices: int | str | list[int], accelerator: str) -> int | list[int]:
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
    if accelerator == "mps":
        if requested == 1:
            return 1
        raise UserError(f"trainer.devices={devices}: of a Mac's GPU there is one; leave trainer.devices out")
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


def precision_of(precision: str, accelerator: str) -> str:
    """A key of ``PRECISIONS``; raises UserError for what is none, or not to be had there."""
    precision = str(precision)
    if precision == "auto":
        return "bf16" if accelerator in ("gpu", "cuda") and torch.cuda.is_bf16_supported() else "32"
    if precision not in PRECISIONS:
        raise UserError(
            f"precision={precision}: expected auto, {' or '.join(PRECISIONS)} (float16 needs a loss scaler that does "
            "not work with several optimizers; bf16 needs none)"
        )
    if precision == "bf16" and accelerator == "mps":
        raise UserError("precision=bf16: on a Mac's GPU it has not been tried; leave it out, for float32")
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
