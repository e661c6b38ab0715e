"""The spaces that a projection looks in: the noise of any generator, the styles of one that has them."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.mixing import styled, styles
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws
from ganlab.techniques.priors import Codes, Uniform

Space = Literal["z", "w"]
MANY = 1000  # draws, of which styles have their mean and deviation


def space_of(model: LatentGAN, space: Space, inputs: Sequence[Tensor]) -> "InNoise | InStyles":
    """The space that these inputs (n, ...) begin in; raises UserError for a prior of codes, and w without styles."""
    require_plain(model.prior)
    return InStyles(model, *inputs) if space == "w" else InNoise(model, *inputs)


def require_plain(prior: object) -> None:
    """Raises UserError for a prior of codes."""
    if isinstance(prior, Codes):
        raise UserError(
            "this model's prior has categories, between which there is nothing; project needs a plain prior"
        )


class InNoise:
    """The space of z: where a search begins, what is drawn, how far from the middle it is."""

    def __init__(self, model: LatentGAN, z: Tensor, *condition: Tensor) -> None:
        self.model, self.start, self.condition = model, z, condition

    def drawn(self, z: Tensor) -> Tensor:
        return self.model.drawn(self.model.average.current(), z, *self.condition).float()

    def far(self, z: Tensor) -> Tensor:
        """(n,) mean squares, in standard deviations of the prior; 0 for one without."""
        std = getattr(self.model.prior, "std", None)
        return (z / std).square().mean(1) if std else z.new_zeros(len(z))

    @torch.no_grad()
    def cut(self, z: Tensor) -> None:
        """Back to the range of a uniform prior."""
        if isinstance(self.model.prior, Uniform):
            z.clamp_(self.model.prior.low, self.model.prior.high)


class InStyles:
    """The space of w, likewise."""

    def __init__(self, model: LatentGAN, z: Tensor, *condition: Tensor) -> None:
        self.model, self.network, self.condition = model, styled(model), ()
        self.start = styles(model, z, *condition)[:, 0].clone()
        many = styles(model, *model.inputs(MANY, Draws(0, "styles")))[:, 0]
        self.mean, self.std = many.mean(0), many.std(0).clamp_min(1e-6)

    def drawn(self, w: Tensor) -> Tensor:
        chosen = w[:, None].expand(-1, self.network.layers, -1)
        return self.model.drawn_of_styles(self.network, chosen).float()

    def far(self, w: Tensor) -> Tensor:
        """(n,) mean squares of the distance from the mean style, in standard deviations of each number."""
        return ((w - self.mean) / self.std).square().mean(1)

    def cut(self, w: Tensor) -> None:
        """Nothing: styles have no range."""
