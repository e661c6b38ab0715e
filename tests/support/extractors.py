"""Extractors without weights, for tests."""

import torch
from torch import Tensor

from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.types import Features


class Pooled:
    """Features: the means of 16 patches; logits: ten fixed directions in them."""

    name, suffix, size = "pooled", "_pooled", 16
    classes = tuple("0123456789")
    weights, resize = "ab" * 32, "patch means"

    def __init__(self) -> None:
        self.prepared = 0
        self.images = 0

    def prepare(self) -> None:
        self.prepared += 1

    def to(self, device: torch.device) -> "Pooled":
        return self

    def __call__(self, images: Tensor) -> Features:
        if images.dtype != torch.uint8:
            raise TypeError("uint8")
        self.images += len(images)
        features = (
            torch.nn.functional.adaptive_avg_pool2d(images.float().mean(1, keepdim=True), 4).flatten(1) / 32
            - 4
        )
        directions = torch.randn(16, 10, generator=torch.Generator().manual_seed(1))
        return Features(features, features @ directions)


def pictures(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(
        0, 256, (n, 1, 8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8
    )


class Squared(Perceptual):
    """In the place of LPIPS: the sum of squared differences."""

    smallest = 4

    def prepare(self) -> None:
        pass

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        return (one.double() - other.double()).square().flatten(1).sum(1)
