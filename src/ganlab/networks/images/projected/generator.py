"""The generator that Projected GAN is trained with: FastGAN's, of one image."""

from typing import Unpack

from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import init_normal
from ganlab.layers.spectral import spectrally_normalized
from ganlab.network_types import NoisyGenerator
from ganlab.networks.images.fast.generator import CHANNELS, SkipExcited, SkipOptions
from ganlab.randomness import Draws


class ProjectedGenerator(SkipExcited, NoisyGenerator):
    """z (B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Sauer et al. 2021, section 4).

    z is brought to a mean square of 1. width: channels at 128 pixels; widest: the most that any maps have; noisy: with
    noise and a second convolution at every size, else at none (the authors' "lite"). Sizes: 64, 128, 256, 512, 1024.
    """

    def __init__(self, *, channels: Size = 3, noisy: bool = True, **options: Unpack[SkipOptions]) -> None:
        super().__init__(noisy=CHANNELS if noisy else (), **options)
        self.to_image = nn.Conv2d(self.widths[self.sides[-1]], channels, 3, padding=1)
        self.apply(init_normal)
        spectrally_normalized(self)

    def forward(self, z: Tensor, draws: Draws | None = None) -> Tensor:
        z = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        return self.to_image(self.maps(z, draws)[self.sides[-1]]).tanh()
