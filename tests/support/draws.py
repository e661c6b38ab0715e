"""Stand-ins for random draws."""

import torch
from torch import Tensor

from ganlab.randomness import Draws


class Middle(Draws):
    """Always the middle of the range: what changes nothing, where an amount is as likely up as down."""

    def normal(self, n: int, *shape: int) -> Tensor:
        return torch.zeros(n, *shape)

    def uniform(self, n: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.full((n, *shape), (low + high) / 2)

    def integers(self, n: int, high: int) -> Tensor:
        return torch.full((n,), high // 2)


class Fixed(Middle):
    """Integers as given, in turn."""

    def __init__(self, *integers: int) -> None:
        super().__init__(0)
        self.given = list(integers)

    def integers(self, n: int, high: int) -> Tensor:
        return torch.full((n,), self.given.pop(0))
