"""FastGAN's generator: up to 16 times smaller maps scale the channels of large ones."""

from collections.abc import Collection
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.excitation import SkipLayerExcitation
from ganlab.layers.init import init_normal
from ganlab.layers.spectral import spectrally_normalized
from ganlab.network_types import PairGenerator
from ganlab.networks.images.fast.pair_sizes import side_of_small, steps_from_64
from ganlab.randomness import Draws

CHANNELS = {4: 16, 8: 8, 16: 4, 32: 2, 64: 2, 128: 1, 256: 0.5, 512: 0.25, 1024: 0.125}  # times ``width``
RATIO = 16  # of large maps to those that scale them


class Noise(nn.Module):
    """Adds one map of noise to all channels, times a learned strength; ``draws``: as in StyleGAN2's layers."""

    noise: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1))
        self.register_buffer("noise", torch.randn(1, 1, side, side))

    def forward(self, maps: Tensor, draws: Draws | None) -> Tensor:
        noise = self.noise if draws is None else draws.normal(len(maps), *self.noise.shape[1:])
        return maps + self.strength * noise


class Up(nn.Module):
    """(B, in_channels, H, W) to (B, out_channels, 2H, 2W): nearest, 3 x 3, batch norm, gated linear unit.

    noisy: with noise before the norm, and a second convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, side: int, *, noisy: bool) -> None:
        super().__init__()
        widths = [in_channels, out_channels] if noisy else [in_channels]
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.convs = nn.ModuleList(
            nn.Conv2d(wide, 2 * out_channels, 3, padding=1, bias=False) for wide in widths
        )
        self.noises = nn.ModuleList(Noise(side) for _ in widths if noisy)
        self.norms = nn.ModuleList(nn.BatchNorm2d(2 * out_channels) for _ in widths)
        self.glu = nn.GLU(dim=1)

    def forward(self, maps: Tensor, draws: Draws | None) -> Tensor:
        maps = self.upsample(maps)
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            maps = conv(maps)
            if self.noises:
                maps = self.noises[index](maps, draws)
            maps = self.glu(norm(maps))
        return maps


class SkipOptions(TypedDict, total=False):
    """What generators hand on to :class:`SkipExcited`."""

    latent_size: Size
    image_size: Size
    width: Size
    widest: Size


class SkipExcited(nn.Module):
    """z (B, latent_size) to maps of 4 x 4 up to image_size x image_size, of which early ones scale late ones.

    Maps of 4, 8, 16 and 32 pixels scale the channels of those of 64, 128, 256 and 512. width: channels at 128 pixels;
    widest: the most that any maps have; noisy: sides of maps with noise and a second convolution.
    """

    def __init__(
        self,
        *,
        noisy: Collection[int],
        latent_size: Size = 64,
        image_size: Size = 64,
        width: Size = 16,
        widest: Size = 64,
    ) -> None:
        super().__init__()
        steps_from_64("FastGAN", image_size)
        sides = [side for side in CHANNELS if side <= image_size]
        self.widths = {side: max(1, min(int(CHANNELS[side] * width), widest)) for side in sides}
        at = self.widths
        self.first = nn.Sequential(
            nn.ConvTranspose2d(latent_size, 2 * at[4], 4, bias=False),
            nn.BatchNorm2d(2 * at[4]),
            nn.GLU(dim=1),
        )
        self.sides = sides[1:]
        self.up = nn.ModuleList(Up(at[side // 2], at[side], side, noisy=side in noisy) for side in self.sides)
        excited = [side for side in self.sides if RATIO * 4 <= side <= RATIO * 32]
        self.excitation = nn.ModuleDict(
            {str(side): SkipLayerExcitation(at[side // RATIO], at[side]) for side in excited}
        )

    def maps(self, z: Tensor, draws: Draws | None) -> dict[int, Tensor]:
        """By side; draws: where noise within comes from, None: always the same."""
        maps = {4: self.first(z[:, :, None, None])}
        for side, up in zip(self.sides, self.up, strict=True):
            maps[side] = up(maps[side // 2], draws)
            if str(side) in self.excitation:
                maps[side] = self.excitation[str(side)](maps[side // RATIO], maps[side])
        return maps


class FastGANGenerator(SkipExcited, PairGenerator):
    """z (B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Liu et al. 2021, figure 3).

    width, widest: see :class:`SkipExcited`. Sizes: 64, 128, 256, 512, 1024.
    """

    def __init__(self, *, channels: Size = 3, **options: Unpack[SkipOptions]) -> None:
        super().__init__(noisy=(8, 32, 128, 512), **options)
        self.small_size = side_of_small(self.sides[-1])
        self.to_small = nn.Conv2d(self.widths[self.small_size], channels, 1, bias=False)
        self.to_image = nn.Conv2d(self.widths[self.sides[-1]], channels, 3, padding=1, bias=False)
        self.apply(init_normal)
        spectrally_normalized(self)

    def forward(self, z: Tensor) -> Tensor:
        return self.both(z)[0]

    def both(self, z: Tensor, draws: Draws | None = None) -> tuple[Tensor, Tensor]:
        maps = self.maps(z, draws)
        small = self.to_small(maps[self.small_size]).tanh()
        return self.to_image(maps[self.sides[-1]]).tanh(), small
