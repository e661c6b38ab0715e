"""From styles to an image: a learned constant, doubled again and again, each layer drawing by a style of its own."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlab.bounds import ImageSize
from ganlab.layers.equalized import ScaledLeakyReLU
from ganlab.layers.modulated import ModulatedConv2d, ToImage
from ganlab.layers.resample import SmoothUpsample
from ganlab.network_types import StyledSynthesis
from ganlab.networks.images.style.widths import widths
from ganlab.networks.sizes import doubled
from ganlab.randomness import Draws


class StyleLayer(nn.Module):
    """maps (B, in_channels, H, W), w (B, style_size) to (B, out_channels, *size).

    Modulated convolution, noise of one map for all channels times a learned strength, bias, leaky ReLU. The noise is
    drawn by ``draws`` for each sample, or without them the one map that the layer keeps.
    """

    noise: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, style_size: int, size: tuple[int, int], *, up: bool
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(in_channels, out_channels, style_size, up=up)
        self.register_buffer("noise", torch.randn(1, 1, *size))
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(out_channels, 1, 1))
        self.activation = ScaledLeakyReLU()

    def forward(self, maps: Tensor, w: Tensor, draws: Draws | None) -> Tensor:
        maps = self.conv(maps, w)
        noise = self.noise if draws is None else draws.normal(len(maps), *self.noise.shape[1:])
        return self.activation(maps + self.strength * noise + self.bias)


class Synthesis(StyledSynthesis):
    """Styles (B, layers, style_size) to (B, channels, image_size, image_size) (Karras et al. 2020, figure 7).

    The image is a sum over all sizes: each adds to the doubled image of the one before. A size's image has the style
    of the next size's first layer. The output is linear, near [-1, 1] but not bounded.

    draws: where each layer's noise comes from; None: maps that are always the same, so that an image depends on its
    styles alone.
    """

    def __init__(
        self, *, style_size: int, channels: int, image_size: ImageSize, width: int, narrows_after: int
    ) -> None:
        super().__init__()
        channels_at = widths(image_size, width, narrows_after)
        rows, columns = doubled("StyleGAN2", image_size).first
        self.layers = 2 * len(channels_at)  # two at each size, of the first size one, and the last image
        self.basis = nn.Parameter(torch.randn(channels_at[0], rows, columns))
        self.first = StyleLayer(channels_at[0], channels_at[0], style_size, (rows, columns), up=False)
        self.doubling, self.second = nn.ModuleList(), nn.ModuleList()
        for level, (before, after) in enumerate(pairwise(channels_at), start=1):
            size = rows * 2**level, columns * 2**level
            self.doubling.append(StyleLayer(before, after, style_size, size, up=True))
            self.second.append(StyleLayer(after, after, style_size, size, up=False))
        self.to_image = nn.ModuleList(ToImage(wide, channels, style_size) for wide in channels_at)
        self.upsample = SmoothUpsample()

    def forward(self, styles: Tensor, draws: Draws | None = None) -> Tensor:
        w = styles.unbind(dim=1)
        batch = styles.shape[0]  # len() would make it a constant of an exported graph
        maps = self.first(self.basis.expand(batch, -1, -1, -1), w[0], draws)
        image = self.to_image[0](maps, w[1])
        sizes = zip(self.doubling, self.second, self.to_image[1:], strict=True)
        for level, (doubling, second, to_image) in enumerate(sizes, start=1):
            maps = doubling(maps, w[2 * level - 1], draws)
            maps = second(maps, w[2 * level], draws)
            image = self.upsample(image) + to_image(maps, w[2 * level + 1])
        return image
