"""The first StyleGAN's generator, which grows: a style sets mean and deviation of each map after each layer."""

from functools import partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.equalized import EqualizedConv2d
from ganlab.layers.norms import AdaptiveInstanceNorm
from ganlab.layers.resample import Blur
from ganlab.network_types import GrowingStyledGenerator, StyledSynthesis
from ganlab.networks.images.style.generator import MappedGenerator
from ganlab.networks.images.style.widths import widths
from ganlab.randomness import Draws


class Finish(nn.Module):
    """What follows each convolution: maps (B, channels, side, side), w (B, style_size) to maps of the same shape.

    One map of noise, with a strength for each channel that begins at 0; bias, leaky ReLU, norm and style. The noise is
    drawn by ``draws`` for each sample, or without them the one map that the layer keeps.
    """

    noise: Tensor

    def __init__(self, channels: int, style_size: int, side: int) -> None:
        super().__init__()
        self.register_buffer("noise", torch.randn(1, 1, side, side))
        self.strength = nn.Parameter(torch.zeros(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        self.norm = AdaptiveInstanceNorm(channels, style_size)

    def forward(self, maps: Tensor, w: Tensor, draws: Draws | None) -> Tensor:
        noise = self.noise if draws is None else draws.normal(len(maps), *self.noise.shape[1:])
        return self.norm(F.leaky_relu(maps + self.strength * noise + self.bias, 0.2), w)


class GrowingSynthesis(StyledSynthesis):
    """Styles (B, layers, style_size) to (B, channels, r, r) with r = 4 * 2^level (Karras et al. 2019, figure 1b).

    It begins with a constant, of ones at first; each doubling is smoothed by [1, 2, 1]. The output is linear, near
    [-1, 1] but not bounded. draws: see :class:`Finish`. level, alpha: as in
    :class:`~ganlab.networks.images.progressive.ProgressiveGenerator`; the first 2 level + 2 styles are used.
    """

    def __init__(
        self, *, style_size: int, channels: int, image_size: int, width: int, narrows_after: int
    ) -> None:
        super().__init__()
        channels_at = widths(image_size, width, narrows_after, family="StyleGAN")
        self.layers = 2 * len(channels_at)
        self.basis = nn.Parameter(torch.ones(channels_at[0], 4, 4))
        self.starts: nn.ModuleList = nn.ModuleList([nn.Identity()])
        for before, after in pairwise(channels_at):
            self.starts.append(nn.Sequential(nn.Upsample(scale_factor=2), _conv(before, after), Blur()))
        self.convs = nn.ModuleList(_conv(wide, wide) for wide in channels_at)
        finished = [
            [Finish(wide, style_size, 4 * 2**level) for _ in range(2)]
            for level, wide in enumerate(channels_at)
        ]
        self.finishes = nn.ModuleList(finish for pair in finished for finish in pair)
        self.to_image = nn.ModuleList(EqualizedConv2d(wide, channels, 1, gain=1.0) for wide in channels_at)

    def forward(
        self, styles: Tensor, draws: Draws | None = None, level: int | None = None, alpha: float = 1.0
    ) -> Tensor:
        w = styles.unbind(dim=1)
        level = len(self.convs) - 1 if level is None else level
        maps = self.basis.expand(styles.shape[0], -1, -1, -1)
        for at in range(level + 1):
            previous = maps
            maps = self.finishes[2 * at](self.starts[at](maps), w[2 * at], draws)
            maps = self.finishes[2 * at + 1](self.convs[at](maps), w[2 * at + 1], draws)
        image = self.to_image[level](maps)
        if alpha < 1:
            old = F.interpolate(self.to_image[level - 1](previous), scale_factor=2)
            image = torch.lerp(old, image, alpha)
        return image


class StyleGANGenerator(MappedGenerator, GrowingStyledGenerator):
    """z (B, latent_size) to (B, channels, r, r) with r = 4 * 2^level (Karras et al. 2019; arXiv:1812.04948).

    style_size: numbers of w. width: channels up to ``narrows_after`` pixels, half as many at each doubling beyond.
    mapping_layers: from z to w. Sizes: 8, 16, 32, 64, ... level, alpha: see :class:`GrowingSynthesis`.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 64,
        style_size: Size = 64,
        channels: Size = 3,
        image_size: Size = 32,
        width: Size = 32,
        narrows_after: Size = 16,
        mapping_layers: Size = 8,
    ) -> None:
        synthesis = partial(
            GrowingSynthesis,
            style_size=style_size,
            channels=channels,
            image_size=image_size,
            width=width,
            narrows_after=narrows_after,
        )
        super().__init__(
            latent_size=latent_size, style_size=style_size, mapping_layers=mapping_layers, synthesis=synthesis
        )
        self.image_size = image_size

    def forward(  # type: ignore[override]  # growth besides
        self, z: Tensor, level: int | None = None, alpha: float = 1.0, *, truncation: float = 1.0
    ) -> Tensor:
        return self.synthesis(self.styles(z, truncation=truncation), None, level, alpha)


def _conv(in_channels: int, out_channels: int) -> EqualizedConv2d:
    return EqualizedConv2d(in_channels, out_channels, 3, padding=1, bias=False)
