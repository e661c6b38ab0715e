"""Changes of images before the discriminator sees them: the identity, and noise that fades away."""

from collections.abc import Callable
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from ganlab.bounds import Count, Weight, bounded
from ganlab.randomness import Draws
from ganlab.techniques.schedules import Schedule


class Augment(nn.Module):
    """Called ``augment(images, draws)``: (B, C, H, W) in [-1, 1] to the same shape, perhaps a little out of the range.

    It must be applied to all that the discriminator sees, real and fake, in both players' steps, and be differentiable,
    so that the generator learns through it. Each call and each sample has draws of its own.

    pretends: whether it puts fakes among the real images.
    """

    pretends: ClassVar[bool] = False

    def at(self, images: int) -> None:
        """Called before each step with the images seen in training so far."""

    def presented(self, real: Tensor, fakes: Callable[[], Tensor], draws: Draws) -> Tensor:
        """What the discriminator is shown as real, (B, C, H, W); fakes: draws as many."""
        return real


class NoAugment(Augment):
    """Identity."""

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        return images


class Pipe(Protocol):
    """A row of augmentations, each applied to each sample with probability ``p`` (); p = 0 is exactly the identity."""

    def __call__(self, images: Tensor, p: Tensor, draws: Draws) -> Tensor: ...


class ScheduledAugment(Augment):
    """A pipe such as :class:`~ganlab.techniques.augment.bgc.BGC` whose probability is a function of the images seen.

    Huang et al. 2024 (R3GAN) let it grow from 0 along a cosine, without a look at how far the discriminator overfits.
    """

    p: Tensor

    def __init__(self, *, pipe: Pipe, probability: Schedule) -> None:
        super().__init__()
        self.pipe, self.probability = pipe, probability
        self.register_buffer("p", torch.zeros(()), persistent=False)

    def at(self, images: int) -> None:
        self.p.fill_(self.probability(images))

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        return self.pipe(images, self.p, draws)


class InstanceNoise(Augment):
    """Adds N(0, s^2), where s falls linearly from ``std`` to 0 (Sønderby et al. 2017; Arjovsky, Bottou 2017).

    With noise the distributions of real and fake images overlap from the start. images_to_zero: in which s falls.
    """

    @bounded
    def __init__(self, *, std: Weight = 0.1, images_to_zero: Count = 100_000) -> None:
        super().__init__()
        self.std, self.images_to_zero = std, images_to_zero
        self.present_std = std

    def at(self, images: int) -> None:
        self.present_std = self.std * max(0.0, 1 - images / self.images_to_zero)

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        if self.present_std == 0:
            return images
        return torch.add(images, draws.normal(*images.shape), alpha=self.present_std)
