"""A discriminator should not care where in the picture something is, or which way it looks."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.bounds import Weight, bounded
from ganlab.losses.penalties import Score
from ganlab.losses.precision import at_least_float32
from ganlab.randomness import Draws
from ganlab.types import Penalty


class Consistency(Penalty):
    """real_weight * E[(D(x) - D(T(x)))^2] and likewise for fakes, T a flip and a shift.

    Of real images alone it is CR (Zhang et al. 2020, equation 2), of both bCR (Zhao et al. 2021, section 3.1). Both
    scores get a gradient. T flips half of the images and shifts by up to an eighth, into the mirrored border.
    """

    differentiates: ClassVar[bool] = False

    @bounded
    def __init__(self, *, real_weight: Weight = 10.0, fake_weight: Weight = 0.0) -> None:
        self.real_weight, self.fake_weight = real_weight, fake_weight

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        terms = {}
        for name, weight, images in (("real", self.real_weight, real), ("fake", self.fake_weight, fake)):
            if weight:
                change = at_least_float32(score(images)) - at_least_float32(score(moved(images, draws)))
                terms[f"consistency_{name}"] = weight * change.square().mean()
        return terms


def moved(images: Tensor, draws: Draws) -> Tensor:
    """(B, C, H, W), half of them mirrored, each shifted by up to an eighth of its sides."""
    n, _, height, width = images.shape
    down, right = height // 8, width // 8
    mirrored = draws.integers(n, 2).bool()[:, None, None, None]
    images = torch.where(mirrored, images.flip(3), images)
    padded = F.pad(images, (right, right, down, down), mode="reflect")
    rows = draws.integers(n, 2 * down + 1)[:, None] + torch.arange(height, device=images.device)
    columns = draws.integers(n, 2 * right + 1)[:, None] + torch.arange(width, device=images.device)
    sample = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[sample, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)
