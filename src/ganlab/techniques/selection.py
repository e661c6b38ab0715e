"""Which fakes of a batch the generator learns from."""

from typing import Annotated

import torch
from torch import Tensor

from ganlab.bounds import Count, Range, bounded

Part = Annotated[float, Range(above=0, maximum=1)]


class All:
    """Every fake."""

    def __call__(self, fake_score: Tensor, images: int) -> slice | Tensor:
        """The places of the chosen fakes, among (B,) scores; images: seen in training so far."""
        return slice(None)


class TopK(All):
    """The k fakes that the discriminator likes best (Sinha et al. 2020, algorithm 1), k = max(gamma^epoch, nu) B.

    A pull towards an image that the discriminator holds for bad goes anywhere; those are left out more and more. k is
    of the samples of one process, or of a part of its batch. gamma: what is left of k after each epoch. nu: the least
    share. epoch: images.
    """

    compares_samples = True

    @bounded
    def __init__(self, *, gamma: Part = 0.99, nu: Part = 0.5, epoch: Count = 50_000) -> None:
        self.gamma, self.nu, self.epoch = gamma, nu, epoch

    def __call__(self, fake_score: Tensor, images: int) -> slice | Tensor:
        share = max(self.nu, self.gamma ** (images // self.epoch))
        k = max(1, int(share * len(fake_score) + 1e-9))
        return torch.topk(fake_score.detach(), k).indices
