"""DCGAN as the paper draws it: a projection, kernels of 5, twice the channels of the usual implementation."""

from collections.abc import Callable

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import init_normal
from ganlab.networks.images.dcgan import halved, upward
from ganlab.networks.sizes import doubled


class DCGANPaperGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Radford et al. 2016, fig. 1).

    At 64 pixels: 100 projected to 4 x 4 x 1024, then 512, 256, 128 and 3 channels; at 32 it starts with 512.
    Batch norm and ReLU after every layer but the last.
    """

    def __init__(
        self, *, latent_size: Size = 100, channels: Size = 3, image_size: ImageSize = 64, width: Size = 128
    ) -> None:
        super().__init__()
        start = doubled("DCGAN", image_size)
        wide = width * 2 ** (start.times - 1)
        blocks = [nn.Linear(latent_size, start.pixels * wide), nn.Unflatten(1, (wide, *start.first))]
        blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        blocks += upward(_upward, wide, width)
        self.layers = nn.Sequential(*blocks, _upward(width, channels))
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class DCGANPaperDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,).

    The paper draws no discriminator: this is the mirror of its generator, 128-256-512-1024 at 64 pixels as in
    the authors' code for faces, with biases like the generator. norm: as in DCGANDiscriminator.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: ImageSize = 64,
        width: Size = 128,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        negative_slope: Weight = 0.2,
    ) -> None:
        super().__init__()
        end = doubled("DCGAN", image_size)
        widest = width * 2 ** (end.times - 1)
        blocks = halved(_downward, (channels, width), widest, norm, negative_slope)
        self.layers = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(end.pixels * widest, 1))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def _upward(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """Exactly twice the size: the gradient of a convolution with kernel 5, stride 2, padding 2."""
    return nn.ConvTranspose2d(in_channels, out_channels, 5, stride=2, padding=2, output_padding=1)


def _downward(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 5, stride=2, padding=2)
