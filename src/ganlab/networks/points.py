"""Players for points instead of images: small perceptrons."""

from collections.abc import Callable, Sequence
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import Size, bounded
from ganlab.errors import UserError
from ganlab.layers.init import keep_default
from ganlab.layers.minibatch import packed, unpacked
from ganlab.networks.images.mlp import perceptron


class PointGenerator(nn.Module):
    """(B, latent_size) to points (B, dimensions), anywhere.

    widths: the sizes of the hidden layers, each followed by ``activation()``.
    init: what sets the weights of each module.
    """

    def __init__(
        self,
        *,
        latent_size: Size,
        widths: Sequence[Size],
        dimensions: Size = 2,
        activation: Callable[[], nn.Module] = nn.ReLU,
        init: Callable[[nn.Module], None] = keep_default,
    ) -> None:
        super().__init__()
        self.layers = perceptron([latent_size, *widths, dimensions], nn.Identity, activation)
        self.apply(init)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class PointMover(PointGenerator):
    """Points where the noise is, moved: z + f(z). It begins near its noise, wherever that lies.

    Raises:
        UserError: the noise does not have as many dimensions as the points.
    """

    def __init__(
        self,
        *,
        latent_size: Size,
        widths: Sequence[Size],
        dimensions: Size = 2,
        activation: Callable[[], nn.Module] = nn.ReLU,
        init: Callable[[nn.Module], None] = keep_default,
    ) -> None:
        if latent_size != dimensions:
            raise UserError(
                f"latent_size={latent_size}: noise that is moved to points of {dimensions} numbers has as many; "
                f"set model.prior.size={dimensions}"
            )
        super().__init__(
            latent_size=latent_size,
            widths=widths,
            dimensions=dimensions,
            activation=activation,
            init=init,
        )

    def forward(self, z: Tensor) -> Tensor:
        return z + self.layers(z)


class PointDiscriminator(nn.Module):
    """Points (B, dimensions) to raw scores (B,); arguments as in :class:`PointGenerator`.

    frequencies: of sines and cosines of each coordinate that the network sees besides, in radians per unit of length;
    without them a perceptron learns fine detail late (Tancik et al. 2020, Fourier features).
    """

    frequencies: Tensor

    def __init__(
        self,
        *,
        widths: Sequence[Size],
        dimensions: Size = 2,
        frequencies: Sequence[float] = (),
        activation: Callable[[], nn.Module] = nn.ReLU,
        init: Callable[[nn.Module], None] = keep_default,
    ) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.tensor(list(frequencies)), persistent=False)
        inputs = dimensions * (1 + 2 * len(frequencies))
        self.layers = perceptron([inputs, *widths, 1], nn.Identity, activation)
        self.apply(init)

    def forward(self, points: Tensor) -> Tensor:
        phases = (points.unsqueeze(2) * self.frequencies).flatten(1)  # (B, dimensions * frequencies)
        return self.layers(torch.cat((points, phases.sin(), phases.cos()), dim=1)).squeeze(1)


class DiscriminatorOptions(TypedDict, total=False):
    """What :class:`PointDiscriminator` takes beside ``widths`` and ``dimensions``."""

    frequencies: Sequence[float]
    activation: Callable[[], nn.Module]
    init: Callable[[nn.Module], None]


class PackedPointDiscriminator(PointDiscriminator):
    """:class:`PointDiscriminator` of ``packing`` points at once, each with their score (Lin et al. 2018, PacGAN).

    packing: m of the paper. Real points come with real ones, fakes with fakes.
    """

    @bounded
    def __init__(
        self,
        *,
        widths: Sequence[Size],
        packing: Size = 2,
        dimensions: Size = 2,
        **options: Unpack[DiscriminatorOptions],
    ) -> None:
        super().__init__(widths=widths, dimensions=packing * dimensions, **options)
        self.packing = packing

    def forward(self, points: Tensor) -> Tensor:
        return unpacked(super().forward(packed(points, self.packing)), len(points), self.packing)
