"""Generators with styles, StyleGAN2's: mapping and synthesis, and the mean style that truncation goes towards."""

from collections.abc import Callable
from functools import partial
from typing import TypedDict, Unpack

import torch
from torch import Tensor

from ganlab.bounds import ImageSize, Size
from ganlab.network_types import StyledGenerator, StyledSynthesis
from ganlab.networks.images.style.mapping import LabelledMapping, Mapping
from ganlab.networks.images.style.synthesis import Synthesis


class SynthesisOptions(TypedDict, total=False):
    """What both generators hand on to :class:`~ganlab.networks.images.style.synthesis.Synthesis`."""

    channels: Size
    image_size: ImageSize
    width: Size
    narrows_after: Size


class MappedGenerator(StyledGenerator):
    """z (B, latent_size) by way of styles to images: a mapping, a synthesis, and the mean style between them."""

    def __init__(
        self,
        *,
        latent_size: int,
        style_size: int,
        mapping_layers: int,
        synthesis: Callable[[], StyledSynthesis],
    ) -> None:
        super().__init__()
        self.mapping = Mapping(latent_size=latent_size, style_size=style_size, layers=mapping_layers)
        self.synthesis = synthesis()
        self.layers = self.synthesis.layers
        self.register_buffer("w_mean", torch.zeros(style_size))

    def forward(self, z: Tensor, *condition: Tensor, truncation: float = 1.0) -> Tensor:
        return self.synthesis(self.styles(z, *condition, truncation=truncation))

    def styles(self, z: Tensor, *condition: Tensor, truncation: float = 1.0) -> Tensor:
        w = self.mapping(z, *condition)
        w = torch.lerp(self.w_mean.to(w.dtype), w, truncation)
        return w[:, None].expand(-1, self.layers, -1)


class StyleGAN2Generator(MappedGenerator):
    """z (B, latent_size) to (B, channels, image_size, image_size) (Karras et al. 2020; arXiv:1912.04958).

    style_size: numbers of w. width: channels up to ``narrows_after`` pixels, half as many at each doubling beyond.
    mapping_layers: from z to w; 8 in the paper, 2 in the code of ADA. Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 64,
        style_size: Size = 64,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 32,
        narrows_after: Size = 32,
        mapping_layers: Size = 4,
    ) -> None:
        synthesis = partial(
            Synthesis,
            style_size=style_size,
            channels=channels,
            image_size=image_size,
            width=width,
            narrows_after=narrows_after,
        )
        super().__init__(
            latent_size=latent_size, style_size=style_size, mapping_layers=mapping_layers, synthesis=synthesis
        )


class ConditionalStyleGAN2Generator(StyleGAN2Generator):
    """z (B, latent_size), label (B,) to images as :class:`StyleGAN2Generator`: the label is mapped with z."""

    def __init__(
        self,
        *,
        latent_size: Size = 64,
        style_size: Size = 64,
        classes: Size = 10,
        mapping_layers: Size = 4,
        **options: Unpack[SynthesisOptions],
    ) -> None:
        super().__init__(
            latent_size=latent_size, style_size=style_size, mapping_layers=mapping_layers, **options
        )
        self.mapping = LabelledMapping(
            latent_size=latent_size, style_size=style_size, layers=mapping_layers, classes=classes
        )
