"""What the agreement tests share: features of every shape, and the libraries fed with features."""

import torch
from torch import Tensor, nn

SEED = 2020  # torch-fidelity's


def features(n: int, size: int, seed: int, *, scale: float = 1.0, offset: float = 0.0) -> Tensor:
    """(n, size) float32, correlated and not negative, as the last layer of a network gives."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(size, size, generator=torch.Generator().manual_seed(0)) / size**0.5
    return (torch.randn(n, size, generator=generator) @ mixing).mul(scale).add(offset).relu()


class Given(nn.Module):
    """Takes features for images, so that a metric of torchmetrics measures exactly them."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size

    def forward(self, given: Tensor) -> Tensor:
        return given
