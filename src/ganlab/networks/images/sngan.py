"""SNGAN's networks; the generator of its ResNet is :class:`ganlab.networks.images.resnet.ResNetGenerator`.

Every weight of a discriminator is spectrally normalized, the last one's too.
"""

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import init_normal, xavier_uniform
from ganlab.layers.spectral import spectrally_normalized
from ganlab.networks.images.resnet import resnet_trunk
from ganlab.networks.sizes import Doubled, doubled


class SNGANResNetDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (Miyato et al. 2018, table 4).

    The maps are summed over pixels before the last layer, which has no bias, as in the authors' code.
    Sizes: 16, 32, 64, ...
    """

    def __init__(self, *, channels: Size = 3, image_size: ImageSize = 32, width: Size = 32) -> None:
        super().__init__()
        self.trunk = resnet_trunk(channels=channels, image_size=image_size, width=width)
        self.head = nn.Linear(width, 1, bias=False)
        self.head.apply(xavier_uniform)
        spectrally_normalized(self)

    def features(self, images: Tensor) -> Tensor:
        """(B, width), at least 0."""
        return self.trunk(images).sum((2, 3))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images)).squeeze(1)


class SNGANCNNGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Miyato et al. 2018, table 3).

    4 x 4 maps of width * image_size / 4 channels, which halve as the maps double; then a 3 x 3 convolution.
    Batch norm and ReLU after every transposed convolution. Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self, *, latent_size: Size = 128, channels: Size = 3, image_size: ImageSize = 32, width: Size = 32
    ) -> None:
        super().__init__()
        start = _doubled(image_size)
        wide = width * 2**start.times
        blocks = [nn.Linear(latent_size, start.pixels * wide), nn.Unflatten(1, (wide, *start.first))]
        while wide > width:
            blocks += [nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1)]
            wide //= 2
            blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*blocks, nn.Conv2d(width, channels, 3, padding=1))
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class SNGANCNNDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (Miyato et al. 2018, table 3).

    Before each halving by a 4 x 4 convolution is a 3 x 3 one, which doubles the channels, and one more at 4 x 4.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 32,
        negative_slope: Weight = 0.1,
    ) -> None:
        super().__init__()
        blocks, before = [], channels
        end = _doubled(image_size)
        for stage in range(end.times):
            wide = width * 2**stage
            blocks += [nn.Conv2d(before, wide, 3, padding=1), nn.LeakyReLU(negative_slope, inplace=True)]
            blocks += [nn.Conv2d(wide, wide, 4, stride=2, padding=1)]
            blocks += [nn.LeakyReLU(negative_slope, inplace=True)]
            before = wide
        blocks += [nn.Conv2d(before, 2 * before, 3, padding=1), nn.LeakyReLU(negative_slope, inplace=True)]
        self.layers = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(end.pixels * 2 * before, 1))
        self.apply(init_normal)
        spectrally_normalized(self)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("SNGAN's CNN", image_size)
