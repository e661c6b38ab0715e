"""What does not fit into the memory is refused before it is taken: without memory, programs end silently."""

import math
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ganlab.errors import UserError
from ganlab.torch_internals import TorchDispatchMode

SHARE = 0.8  # of the memory that one thing may take
CONTAINER = Path("/sys/fs/cgroup/memory.max")
WITHOUT_MEMORY = re.compile(
    "can't allocate memory|[Cc]annot allocate memory|can't start new thread|failed to map segment"
)
MAKERS = {
    torch.ops.aten.empty.memory_format,
    torch.ops.aten.empty_strided.default,
    torch.ops.aten.zeros.default,
    torch.ops.aten.ones.default,
    torch.ops.aten.full.default,
    torch.ops.aten.rand.default,
    torch.ops.aten.randn.default,
}


@cache
def available() -> float:
    """Bytes of memory in this machine, or as many as its container may use; infinite where nobody knows."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return math.inf
    limit = CONTAINER.read_text().strip() if CONTAINER.is_file() else "max"
    return min(physical, int(limit)) if limit.isdecimal() else physical


def require_memory(needed: float, what: str) -> None:
    """Raises UserError if ``needed`` bytes are more than ``SHARE`` of the memory."""
    if needed > SHARE * available():
        here = f"{SHARE:.0%} of the {available() / 1e9:,.0f} GB that are here"
        raise UserError(
            f"{what} would take {needed / 1e9:,.0f} GB of memory, more than {here}: choose smaller sizes"
        )


def lacks_memory(error: BaseException) -> bool:
    """Whether memory for a tensor, for a thread or for Python could not be had."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or bool(WITHOUT_MEMORY.search(str(error)))


def memory_sentence(error: BaseException) -> str:
    """For what ``lacks_memory``, what to do about it."""
    message = (str(error).strip() or "MemoryError").splitlines()[0]
    return (
        f"there was not enough memory ({message}); try a smaller data.batch_size or smaller networks, data.workers=0 "
        "and trainer.threads=1, or raise the limit (ulimit -v, the job's or the container's)"
    )


class Budget(TorchDispatchMode):
    """Within it tensors may be made until together they do not fit: ``require_memory``."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what, self.taken = what, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        if func in MAKERS:
            self.taken += math.prod(args[0]) * (kwargs.get("dtype") or torch.get_default_dtype()).itemsize
            require_memory(self.taken, self.what)
        return func(*args, **kwargs)
