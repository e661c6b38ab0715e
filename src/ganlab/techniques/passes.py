"""How real and fake images pass through the discriminator in its own update."""

from collections.abc import Callable

import torch
from torch import Tensor


class Separate:
    """Each on its own, so that batch statistics of real and fake are not mixed (Radford et al. 2016, DCGAN's code)."""

    def __call__(
        self, score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The scores (B,) of real and of fake images (B, C, H, W)."""
        return score(real), score(fake)


class Together:
    """As one batch of 2 B, fakes first, as ``train_on_batch`` of Keras is given them; batch norms see both at once.

    The mean of the loss over 2 B is half of what is a mean for each: ``model.loss.discriminator_weight=0.5``.
    """

    def __call__(
        self, score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The scores (B,) of real and of fake images (B, C, H, W)."""
        of_fake, of_real = score(torch.cat([fake, real])).split([len(fake), len(real)])
        return of_real, of_fake
