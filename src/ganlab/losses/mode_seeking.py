"""Mode seeking: a generator with a condition must not give the same image for every z."""

from collections.abc import Callable

import torch
from torch import Tensor

from ganlab.bounds import Weight, bounded
from ganlab.losses.precision import at_least_float32

LEAST = 1e-5  # added to a distance between images, as in the authors' code


class NoModeSeeking:
    """No term."""

    def __call__(
        self, draw: Callable[[Tensor], Tensor], z: Tensor, image: Tensor, other_z: Callable[[], Tensor]
    ) -> dict[str, Tensor]:
        """Terms of the generator's update, by name.

        draw: what makes images (B, C, H, W) of z (B, size), the condition being as it is. image: of ``z``.
        other_z: draws z_2, where it is needed.
        """
        return {}


class ModeSeeking(NoModeSeeking):
    """weight * |z_1 - z_2| / |G(z_1, c) - G(z_2, c)| (Mao, Lee, Tseng, Ma, Yang 2019, arXiv:1903.05628, equation 3).

    The paper's ratio is to be maximised; as in its authors' code the inverse is minimised. Distances are root mean
    squares over the numbers of a z and of an image, so that no weight depends on their size.

    weight: 1 in the authors' code, whose distances are means of absolute differences.
    """

    @bounded
    def __init__(self, *, weight: Weight = 0.004) -> None:
        self.weight = weight

    def __call__(
        self, draw: Callable[[Tensor], Tensor], z: Tensor, image: Tensor, other_z: Callable[[], Tensor]
    ) -> dict[str, Tensor]:
        other = other_z()
        ratio = distance(z, other) / (distance(image, draw(other)) + LEAST)  # (B,)
        return {"mode_seeking": self.weight * ratio.mean()}


def distance(one: Tensor, other: Tensor) -> Tensor:
    """(B, ...) twice to (B,): the root of the mean squared difference, whose gradient is finite also at 0."""
    difference = at_least_float32(one) - at_least_float32(other)
    return torch.sqrt(difference.square().flatten(1).mean(dim=1) + LEAST**2)
