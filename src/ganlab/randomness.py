"""Random numbers as a function of (seed, step, position): nothing to store, nothing to lose on resume."""

import hashlib
import random

import numpy as np
import torch
from torch import Tensor


def derive(seed: int, *parts: int | str) -> int:
    """A 63-bit seed that depends on ``seed`` and on every part, the same on every machine and in every process."""
    text = "/".join(str(part) for part in (seed, *parts))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def seed_everything(seed: int, device: torch.device) -> None:
    """Seed the global generators of PyTorch (also on ``device``), Python and NumPy."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index].manual_seed(seed)
    if device.type == "mps":
        torch.mps.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)


class Draws:
    """Per-sample random numbers, drawn by a sample's position in the *global* batch.

    Every rank draws the numbers of the whole batch and keeps its own slice, so that ranks never repeat each
    other and two ranks at batch B see exactly what one process at batch 2B sees.
    """

    def __init__(
        self, seed: int, *parts: int | str, rank: int = 0, world: int = 1, device: torch.device | str = "cpu"
    ) -> None:
        self.seed, self.rank, self.world = seed, rank, world
        self._common: random.Random | None = None
        self.generator = torch.Generator(device)
        self.reseed(*parts)

    @property
    def device(self) -> torch.device:
        return self.generator.device

    def reseed(self, *parts: int | str) -> None:
        """Start the stream that belongs to ``parts``, for instance to a training step."""
        self.generator.manual_seed(derive(self.seed, *parts))
        self._parts, self._common = parts, None

    def _own(self, total: Tensor, n: int) -> Tensor:
        return total if self.world == 1 else total[self.rank * n : (self.rank + 1) * n]

    def normal(self, n: int, *shape: int) -> Tensor:
        """(n, *shape) from N(0, 1)."""
        return self._own(torch.randn(n * self.world, *shape, generator=self.generator, device=self.device), n)

    def uniform(self, n: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(n, *shape) from U(low, high)."""
        total = torch.rand(n * self.world, *shape, generator=self.generator, device=self.device)
        return self._own(total if (low, high) == (0.0, 1.0) else total * (high - low) + low, n)

    def shared(self) -> float:
        """One number from U(0, 1), the same for the whole global batch; drawn without a look at the device."""
        if self._common is None:
            self._common = random.Random(derive(self.seed, *self._parts, "shared"))
        return self._common.random()

    def places(self, count: int, of: int) -> Tensor:
        """(min(count, of),) int64: distinct numbers from 0 to of - 1, the same for the whole global batch."""
        return torch.randperm(of, generator=self.generator, device=self.device)[:count]

    def integers(self, n: int, high: int) -> Tensor:
        """(n,) int64 from 0 to high - 1."""
        total = torch.randint(high, (n * self.world,), generator=self.generator, device=self.device)
        return self._own(total, n)
