"""The convolutional GAN of the TF-slim tutorial code: stride 1 throughout, no batch norm."""

from collections.abc import Callable
from math import prod

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import xavier_uniform
from ganlab.networks.sizes import require_size, sides


class SlimDCGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1], at full size throughout."""

    def __init__(
        self,
        *,
        latent_size: Size = 100,
        channels: Size = 1,
        image_size: ImageSize = 28,
        negative_slope: Weight = 0.2,
        output: Callable[[], nn.Module] = nn.Tanh,
    ) -> None:
        super().__init__()
        _require_any(image_size)
        height, width = sides(image_size)
        self.layers = nn.Sequential(
            nn.Linear(latent_size, 4 * height * width),
            nn.Unflatten(1, (4, height, width)),
            nn.ConvTranspose2d(4, 16, 3, padding=1),
            nn.LeakyReLU(negative_slope),
            nn.ConvTranspose2d(16, channels, 3, padding=1),
            output(),
        )
        self.apply(xavier_uniform)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class SlimDCGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,)."""

    def __init__(
        self,
        *,
        channels: Size = 1,
        image_size: ImageSize = 28,
        negative_slope: Weight = 0.2,
        input: Callable[[], nn.Module] = nn.Identity,
    ) -> None:
        super().__init__()
        _require_any(image_size)
        self.input = input()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.LeakyReLU(negative_slope),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.LeakyReLU(negative_slope),
            nn.Flatten(),
            nn.Linear(64 * prod(sides(image_size)), 1),
        )
        self.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(self.input(images)).squeeze(1)


def _require_any(image_size: ImageSize) -> None:
    require_size(
        image_size, range(1, 1025), "the TF-slim DCGAN needs at least one pixel, and at most 1024 x 1024"
    )
