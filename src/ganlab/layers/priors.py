"""Where the input of a generator comes from: p_z."""

import math

from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import Draws


class Normal:
    """z ~ N(0, 1), independent in ``size`` dimensions. Raises UserError where size < 1."""

    def __init__(self, *, size: int = 100) -> None:
        _require_positive(size)
        self.size = size

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32."""
        return draws.normal(n, self.size)


class Uniform:
    """z ~ U(low, high), independent in ``size`` dimensions. Raises UserError unless size > 0, low < high."""

    def __init__(self, *, size: int = 100, low: float = -1.0, high: float = 1.0) -> None:
        _require_positive(size)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise UserError(
                f"low={low}, high={high}: a uniform prior needs finite low < high; "
                "try model.prior.low=-1 model.prior.high=1"
            )
        self.size, self.low, self.high = size, low, high

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32 in [low, high)."""
        return draws.uniform(n, self.size, low=self.low, high=self.high)


def _require_positive(size: int) -> None:
    if size < 1:
        raise UserError(f"size={size}: a prior needs at least one number; try model.prior.size=100")
