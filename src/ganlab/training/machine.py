"""What the last bits of all numbers depend on, besides seed and settings."""

import logging
from typing import Any

import torch

log = logging.getLogger(__name__)

REMEDIES = {
    "device": "train on the same kind",
    "threads": "trainer.threads={before}",
    "instructions": "ATEN_CPU_CAPABILITY={before}, on a processor that has them",
    "pytorch": "install torch=={before}",
}


def machine(device: torch.device) -> dict[str, Any]:
    """The kind of device and the version of PyTorch; on a CPU also its threads and the vector instructions it uses."""
    if device.type != "cpu":
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return {"device": name, "pytorch": str(torch.__version__)}
    return {
        "device": "cpu",
        "pytorch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability().lower(),
    }


def warn_of_other_machine(before: dict[str, Any], now: dict[str, Any]) -> None:
    """One warning, if a run goes on elsewhere than it was saved: what differs, and how to have it equal."""
    parts = [
        f"{what} {before[what]} -> {now[what]} (the same again: {remedy.format(before=before[what])})"
        for what, remedy in REMEDIES.items()
        if before.get(what) != now.get(what) and what in before and what in now
    ]
    if parts:
        log.warning(
            "the run goes on, but its last bits will not be those of a run that nobody stopped: %s",
            "; ".join(parts),
        )
