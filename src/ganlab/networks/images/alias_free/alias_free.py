"""StyleGAN3's layers and generator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn

from ganlab.bounds import Range, Size
from ganlab.layers.filtered import FilteredLeakyReLU, low_pass
from ganlab.layers.modulated import ModulatedConv2d, ToImage
from ganlab.network_types import MovableSynthesis
from ganlab.networks.images.alias_free.bands import Band, bands
from ganlab.networks.images.alias_free.waves import Waves
from ganlab.networks.images.style.generator import MappedGenerator
from ganlab.randomness import Draws

Layers = Annotated[int, Range(minimum=1, maximum=100)]
Margin = Annotated[int, Range(minimum=0, maximum=1024)]
Kernel = Annotated[int, Range(minimum=1, maximum=63)]
TAPS = 6  # of a filter, for each sample of the lower rate
OUTPUT = 0.25  # that the sum of the last layer is multiplied by


class AliasFreeLayer(nn.Module):
    """maps of one band, w (B, style_size) to maps of the next (Karras et al. 2021, figure 4b).

    The maps are divided by the root of ``magnitude``, a moving average of their mean square.
    """

    magnitude: Tensor

    def __init__(
        self,
        widths: tuple[int, int],
        style_size: int,
        before: Band,
        after: Band,
        *,
        kernel: int,
        radial: bool,
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(*widths, style_size, kernel=kernel, padding=kernel - 1)
        self.bias = nn.Parameter(torch.zeros(widths[1], 1, 1))
        self.register_buffer("magnitude", torch.ones(()))
        rate = 2 * max(before.rate, after.rate)
        up, down = rate // before.rate, rate // after.rate
        self.activation = FilteredLeakyReLU(
            up_taps=low_pass(TAPS * up, cutoff=before.cutoff, width=2 * before.half_width, rate=rate),
            down_taps=low_pass(
                TAPS * down, cutoff=after.cutoff, width=2 * after.half_width, rate=rate, radial=radial
            ),
            up=up,
            down=down,
            in_size=before.size + kernel - 1,
            out_size=after.size,
        )

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        maps = self.conv(maps * self.magnitude.rsqrt().to(maps.dtype), w)
        return self.activation(maps + self.bias)


class AliasFreeSynthesis(MovableSynthesis):
    """Styles (B, layers + 2, style_size) to (B, channels, image_size, image_size); there is no noise to draw."""

    def __init__(
        self,
        *,
        style_size: int,
        channels: int,
        image_size: int,
        width: int,
        narrows_after: int,
        layers: int,
        critical: int,
        margin: int,
        kernel: int,
        radial: bool,
    ) -> None:
        super().__init__()
        at = bands(image_size, layers, critical, margin)
        widths = [max(1, round(min(width * narrows_after / 2 / band.cutoff, width))) for band in at]
        self.layers, self.image_size = layers + 2, image_size  # with the input and the image
        self.input = Waves(widths[0], style_size, at[0])
        steps = [(at[0], at[0], widths[0], widths[0])]
        steps += [(*ends, *both) for ends, both in zip(pairwise(at[:-1]), pairwise(widths[:-1]), strict=True)]
        self.body = nn.ModuleList(
            AliasFreeLayer(
                (a, b),
                style_size,
                before,
                after,
                kernel=kernel,
                radial=radial and number < layers - critical,
            )
            for number, (before, after, a, b) in enumerate(steps)
        )
        self.to_image = ToImage(widths[-2], channels, style_size)
        self.register_buffer("magnitude", torch.ones(()))  # of the maps that become the image
        self._decay = 1.0  # of the magnitudes; 1: they stay
        self._mean: Callable[[Tensor], Tensor] = lambda value: value

    magnitude: Tensor

    def forward(self, styles: Tensor, draws: Draws | None = None) -> Tensor:
        first, *inner, last = styles.unbind(dim=1)
        maps = self.input(first)
        for layer, w in zip(self.body, inner, strict=True):
            self._measure(layer.get_buffer("magnitude"), maps)
            maps = layer(maps, w)
        self._measure(self.magnitude, maps)
        return OUTPUT * self.to_image(maps * self.magnitude.rsqrt().to(maps.dtype), last)

    @torch.no_grad()
    def _measure(self, magnitude: Tensor, maps: Tensor) -> None:
        """Before the maps are divided by it, so that no layer corrects what the one before has corrected already."""
        if self._decay < 1:
            magnitude.lerp_(self._mean(maps.float().square().mean()).to(magnitude), 1 - self._decay)

    @contextmanager
    def measured(self, decay: float, mean: Callable[[Tensor], Tensor]) -> Iterator[None]:
        self._decay, self._mean = decay, mean
        try:
            yield
        finally:
            self._decay = 1.0

    @contextmanager
    def moved(self, right: float, down: float) -> Iterator[None]:
        before = self.input.transform.clone()
        self.input.transform[:2, 2] -= before.new_tensor([right, down]) / self.image_size
        try:
            yield
        finally:
            self.input.transform.copy_(before)


class StyleGAN3Generator(MappedGenerator):
    """z (B, latent_size) to (B, channels, image_size, image_size) (Karras et al. 2021; arXiv:2106.12423), StyleGAN3-T.

    StyleGAN3-R: kernel 1, radial true, twice the width. width, narrows_after: channels at low frequencies, and the
    samples on a side where they begin to halve. layers: without the input and the image, the last ``critical`` of them
    with the image's own band. margin: samples beyond the picture. Sizes: 16, 32, 64, ...
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
        mapping_layers: Size = 2,
        layers: Layers = 6,
        critical: Layers = 2,
        margin: Margin = 6,
        kernel: Kernel = 3,
        radial: bool = False,
    ) -> None:
        synthesis = partial(
            AliasFreeSynthesis,
            style_size=style_size,
            channels=channels,
            image_size=image_size,
            width=width,
            narrows_after=narrows_after,
            layers=layers,
            critical=critical,
            margin=margin,
            kernel=kernel,
            radial=radial,
        )
        super().__init__(
            latent_size=latent_size, style_size=style_size, mapping_layers=mapping_layers, synthesis=synthesis
        )
