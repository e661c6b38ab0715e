"""Generators and discriminators that are told a label: perceptrons with one-hot vectors, and DCGAN's networks."""

from collections.abc import Callable, Sequence
from typing import Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.init import xavier_uniform
from ganlab.layers.labels import class_shares, embedded
from ganlab.networks.images.dcgan import (
    DCGANDiscriminator,
    DCGANGenerator,
    DiscriminatorOptions,
    GeneratorOptions,
)
from ganlab.networks.images.mlp import MLPGenerator, PerceptronOptions, perceptron, pixels_of


class OneHotMLPGenerator(MLPGenerator):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1].

    A perceptron on the noise and the one-hot label, side by side; arguments as in :class:`MLPGenerator`.
    """

    def __init__(self, *, latent_size: Size, classes: Size, **options: Unpack[PerceptronOptions]) -> None:
        super().__init__(latent_size=latent_size + classes, **options)
        self.classes = classes

    def forward(self, z: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        return super().forward(torch.cat([z, class_shares(label, self.classes).to(z.dtype)], dim=1))


class OneHotMLPDiscriminator(nn.Module):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,).

    A perceptron on the pixels and the one-hot label, side by side; arguments as in :class:`MLPGenerator`.
    """

    def __init__(
        self,
        *,
        classes: Size,
        channels: Size,
        image_size: ImageSize,
        widths: Sequence[Size],
        norm: Callable[[int], nn.Module] = nn.Identity,
        activation: Callable[[], nn.Module] = nn.ReLU,
        init: Callable[[nn.Module], None] = xavier_uniform,
    ) -> None:
        super().__init__()
        self.classes = classes
        inputs = pixels_of(channels, image_size) + classes
        self.layers = perceptron([inputs, *widths, 1], norm, activation)
        self.apply(init)

    def forward(self, images: Tensor, label: Tensor) -> Tensor:
        one_hot = F.one_hot(label, self.classes).to(images.dtype)
        return self.layers(torch.cat([images.flatten(1), one_hot], dim=1)).squeeze(1)


class ConditionalDCGANGenerator(DCGANGenerator):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1].

    DCGAN's generator on the noise and a learned vector of ``embedding_size`` numbers for the label, N(0, 1) at
    first like the noise.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 100,
        classes: Size = 10,
        embedding_size: Size = 50,
        **options: Unpack[GeneratorOptions],
    ) -> None:
        super().__init__(latent_size=latent_size + embedding_size, **options)
        self.embedding = nn.Embedding(classes, embedding_size)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        return super().forward(torch.cat([z, embedded(self.embedding, label)], dim=1))


class ConditionalDCGANDiscriminator(DCGANDiscriminator):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,).

    DCGAN's discriminator on the image and a map for each class: of ones for the label's, of zeros for the others.
    """

    def __init__(
        self,
        *,
        classes: Size = 10,
        channels: Size = 3,
        **options: Unpack[DiscriminatorOptions],
    ) -> None:
        super().__init__(channels=channels + classes, **options)
        self.classes = classes

    def forward(self, images: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        one_hot = F.one_hot(label, self.classes).to(images.dtype)  # (B, classes)
        maps = one_hot[:, :, None, None].expand(-1, -1, *images.shape[2:])
        return super().forward(torch.cat([images, maps], dim=1))
