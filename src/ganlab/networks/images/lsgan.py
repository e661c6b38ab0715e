"""LSGAN's own networks: kernels of 5 and one more layer at each small size; drawn in the paper at 112 pixels."""

from math import prod

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import init_normal
from ganlab.networks.sizes import require_size, sides


class LSGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Mao et al. 2017).

    Transposed convolutions of strides 2, 1, 2, 1, 2, 2, 1 from a sixteenth of image_size, which is a multiple
    of 16. Batch norm and ReLU after every layer but the last. width: 64 in the paper, where the first four
    have 4 * width channels.
    """

    def __init__(
        self, *, latent_size: Size = 1024, channels: Size = 3, image_size: ImageSize = 112, width: Size = 32
    ) -> None:
        super().__init__()
        start, wide = _sixteenth(image_size), 4 * width
        blocks = [nn.Linear(latent_size, wide * prod(start)), nn.Unflatten(1, (wide, *start))]
        blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        before = wide
        for stride, after in zip((2, 1, 2, 1, 2, 2), (wide, wide, wide, wide, 2 * width, width), strict=True):
            blocks += [_transposed(before, after, stride), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            before = after
        self.layers = nn.Sequential(*blocks, _transposed(width, channels, stride=1))
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class LSGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,): four convolutions of stride 2, kernels of 5.

    Batch norm after every convolution but the first. Sizes: multiples of 16.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: ImageSize = 112,
        width: Size = 32,
        negative_slope: Weight = 0.2,
    ) -> None:
        super().__init__()
        end = _sixteenth(image_size)
        blocks: list[nn.Module] = [nn.Conv2d(channels, width, 5, stride=2, padding=2)]
        blocks += [nn.LeakyReLU(negative_slope, inplace=True)]
        for wide in (2 * width, 4 * width, 8 * width):
            blocks += [nn.Conv2d(wide // 2, wide, 5, stride=2, padding=2), nn.BatchNorm2d(wide)]
            blocks += [nn.LeakyReLU(negative_slope, inplace=True)]
        self.layers = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(8 * width * prod(end), 1))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def _sixteenth(image_size: ImageSize) -> tuple[int, int]:
    require_size(image_size, range(16, 4097, 16), "LSGAN halves four times, so it needs a multiple of 16")
    height, width = sides(image_size)
    return height // 16, width // 16


def _transposed(in_channels: int, out_channels: int, stride: int) -> nn.ConvTranspose2d:
    """Exactly ``stride`` times the size."""
    return nn.ConvTranspose2d(in_channels, out_channels, 5, stride, padding=2, output_padding=stride - 1)
