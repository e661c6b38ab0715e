"""What does not fit into the memory is refused before it is taken: without memory, programs end silently."""

import math
import os
import re
import weakref
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.torch_internals import TorchDispatchMode, tree_leaves

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


class Living(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive within it, and remembers the most; on any device.

    bytes, peak: now, and at most so far. What a device needs beside tensors is not in them.
    """

    def __init__(self, before: Iterable[Tensor] = ()) -> None:
        """before: tensors that live already, and are counted as well."""
        super().__init__()
        self.bytes = self.peak = 0
        self._known: set[int] = set()
        for tensor in before:
            self._see(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._see(value)
        return result

    def _see(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        place, size = id(storage), storage.nbytes()  # one object for as long as the memory lives
        if place not in self._known:
            self._known.add(place)
            self.bytes += size
            self.peak = max(self.peak, self.bytes)
            weakref.finalize(storage, self._forget, place, size)  # when the last of all that share it is gone

    def _forget(self, place: int, size: int) -> None:
        self._known.discard(place)
        self.bytes -= size


def held_by(model: Any) -> tuple[list[Tensor], list[Tensor]]:
    """The weights and buffers of a game, and the numbers that its optimizers keep of them."""
    states = [
        state for optimizer in model.optimizers_by_player().values() for state in optimizer.state.values()
    ]
    numbers = [value for state in states for value in state.values() if isinstance(value, Tensor)]
    return [*model.parameters(), *model.buffers()], numbers
