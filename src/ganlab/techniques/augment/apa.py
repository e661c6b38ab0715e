"""Fakes among the real images, as many as the discriminator's overfitting asks for (Jiang et al. 2021, APA)."""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from ganlab.randomness import Draws
from ganlab.techniques.augment.ada import FollowsOverfitting


class PseudoAugment(FollowsOverfitting):
    """Adaptive pseudo augmentation (Jiang, Dai, Wu, Loy 2021, section 3): with probability p a fake stands for a real.

    Each real image by itself, in the discriminator's update alone, penalties included. The fakes are fresh ones of the
    present generator; the authors keep those of its last step. p follows the signs of the scores of the mixed batch, as
    in their code. Images are not changed.
    """

    pretends: ClassVar[bool] = True

    def presented(self, real: Tensor, fakes: Callable[[], Tensor], draws: Draws) -> Tensor:
        if self.rests():
            return real
        swapped = draws.uniform(len(real)) < self.p  # (B,)
        return torch.where(swapped.view(-1, *[1] * (real.ndim - 1)), fakes(), real)

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        return images
