from typing import ClassVar

import torch

from ganlab.bounds import Samples, Size
from ganlab.metrics.images.base import FakeScores
from ganlab.metrics.ranks import ALONE


class ContrastScores(FakeScores):
    """``contrast``: how far the mean contrast of generated images is from that of real ones; 0 to 1.

    An image's contrast is the standard deviation of its pixels, which lie in [-1, 1].
    """

    direction: ClassVar = {"contrast": "lower"}

    def __init__(
        self, *, n_fake: Samples = 1_000, averaged: bool = True, seed: int = 0, batch_size: Size = 250
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)

    def prepare(self, train, test, device, ranks=ALONE) -> None:
        """Describe the real images once; what held-out ones score is the floor beside each score."""
        self.real = self.describe(of(train)).mean()
        self.floors, self.floor_n = self.values(self.describe(of(test))), len(test)

    def describe(self, samples):  # (B, C, H, W) in [-1, 1] to (B,)
        return samples.flatten(1).std(1)

    def values(self, described):
        return {"contrast": float((described.mean() - self.real).abs())}

    def measured(self) -> str:
        return "mean contrast against that of all real images of the train split"


def of(images) -> torch.Tensor:
    """All images of a set in [-1, 1]."""
    return images.images(torch.arange(len(images))).float().cpu() / 127.5 - 1
