"""The DCGAN that everybody means: kernels of 4, stride 2, no biases, at 8, 16, 32, 64, ... pixels."""

from collections.abc import Callable
from typing import TypedDict

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import init_normal
from ganlab.networks.sizes import doubled


class GeneratorOptions(TypedDict, total=False):
    """The constructor arguments of ``DCGANGenerator`` beside ``latent_size``."""

    channels: Size
    image_size: ImageSize
    width: Size


class DiscriminatorOptions(TypedDict, total=False):
    """The constructor arguments of ``DCGANDiscriminator`` beside ``channels``."""

    image_size: ImageSize
    width: Size
    norm: Callable[[int], nn.Module]
    negative_slope: Weight


class DCGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Radford, Metz, Chintala 2016).

    A 4 x 4 map of width * image_size / 8 channels halves its channels as it doubles its size; for an image that is not
    square, a map of its proportions (``doubled``).
    Batch norm and ReLU after every layer but the last. At 64 pixels this is PyTorch's DCGAN example.
    """

    def __init__(
        self, *, latent_size: Size = 100, channels: Size = 3, image_size: ImageSize = 64, width: Size = 64
    ) -> None:
        super().__init__()
        first, times = doubled("DCGAN", image_size)
        wide = width * 2 ** (times - 1)
        blocks = [
            nn.ConvTranspose2d(latent_size, wide, first, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(inplace=True),
        ]
        blocks += upward(_upward, wide, width)
        self.layers = nn.Sequential(*blocks, _upward(width, channels))
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None]).tanh()


class DCGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,): the generator's mirror with leaky ReLU.

    norm: what makes the norm after every convolution but the first and the last; ``nn.Identity`` for critics
    under a gradient penalty, where batch norm is wrong.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: ImageSize = 64,
        width: Size = 64,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        negative_slope: Weight = 0.2,
    ) -> None:
        super().__init__()
        self.last, times = doubled("DCGAN", image_size)  # the maps that the last layer reads
        widest = width * 2 ** (times - 1)
        blocks = halved(_downward, (channels, width), widest, norm, negative_slope)
        self.widest = widest
        self.layers = nn.Sequential(*blocks, nn.Conv2d(widest, 1, self.last, bias=False))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).reshape(len(images))


def upward(up: Callable[[int, int], nn.Module], wide: int, width: int) -> list[nn.Module]:
    """Layers ``up`` that halve their channels from ``wide`` to ``width`` as they double the size; batch norm, ReLU."""
    blocks: list[nn.Module] = []
    while wide > width:
        blocks += [up(wide, wide // 2), nn.BatchNorm2d(wide // 2), nn.ReLU(inplace=True)]
        wide //= 2
    return blocks


def halved(
    down: Callable[[int, int], nn.Module],
    first: tuple[int, int],
    widest: int,
    norm: Callable[[int], nn.Module],
    negative_slope: float,
) -> list[nn.Module]:
    """Layers ``down`` that halve the size: the ``first`` without norm, then double channels up to ``widest``."""
    channels, width = first
    blocks = [down(channels, width), nn.LeakyReLU(negative_slope, inplace=True)]
    while width < widest:
        blocks += [down(width, 2 * width), norm(2 * width), nn.LeakyReLU(negative_slope, inplace=True)]
        width *= 2
    return blocks


def _upward(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)


def _downward(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
