"""InfoGAN's networks for small gray images: a discriminator whose trunk is shared with the recognition of codes."""

from math import prod

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import init_normal
from ganlab.network_types import FeatureDiscriminator
from ganlab.networks.sizes import require_size, sides


class InfoGANGenerator(nn.Module):
    """(B, latent_size), noise and codes joined, to (B, channels, image_size, image_size) in [-1, 1].

    Chen et al. 2016, table 1: two linear layers, then two doublings; batch norm and ReLU after all but the
    last. 74 numbers on MNIST: 62 of noise, a class of ten, two continuous codes. In the paper the last layer is
    a sigmoid, because images are in [0, 1] there. Sizes: multiples of 4.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 74,
        channels: Size = 1,
        image_size: ImageSize = 28,
        width: Size = 64,
        hidden: Size = 1024,
    ) -> None:
        super().__init__()
        quarter, wide = _quarter(image_size), 2 * width
        self.layers = nn.Sequential(
            *_dense(latent_size, hidden),
            *_dense(hidden, wide * prod(quarter)),
            nn.Unflatten(1, (wide, *quarter)),
            nn.ConvTranspose2d(wide, width, 4, stride=2, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        )
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class InfoGANDiscriminator(FeatureDiscriminator):
    """(B, channels, image_size, image_size) to raw scores (B,).

    ``features(images)`` gives the (B, hidden) that the recognition network reads as well, and ``score`` turns
    them into scores. The slope of the leaky ReLUs is that of the authors' code; the paper's table says 0.1.
    """

    def __init__(
        self,
        *,
        channels: Size = 1,
        image_size: ImageSize = 28,
        width: Size = 64,
        hidden: Size = 1024,
        negative_slope: Weight = 0.01,
    ) -> None:
        super().__init__()
        wide = 2 * width
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(negative_slope, inplace=True),
            nn.Conv2d(width, wide, 4, stride=2, padding=1),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(negative_slope, inplace=True),
            nn.Flatten(),
            nn.Linear(wide * prod(_quarter(image_size)), hidden),
            nn.BatchNorm1d(hidden),
            nn.LeakyReLU(negative_slope, inplace=True),
        )
        self.head = nn.Linear(hidden, 1)
        self.apply(init_normal)

    def score(self, features: Tensor) -> Tensor:
        return self.head(features).squeeze(1)

    def forward(self, images: Tensor) -> Tensor:
        return self.score(self.features(images))


class InfoGANRecognition(nn.Module):
    """Q: features (B, features) of the discriminator to (B, outputs), raw: what they say of the codes.

    outputs: 12 for ten class logits and the means of two continuous codes, 14 with their log deviations too.
    """

    def __init__(
        self, *, outputs: Size, features: Size = 1024, width: Size = 128, negative_slope: Weight = 0.01
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, width),
            nn.BatchNorm1d(width),
            nn.LeakyReLU(negative_slope, inplace=True),
            nn.Linear(width, outputs),
        )
        self.apply(init_normal)

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


def _quarter(image_size: ImageSize) -> tuple[int, int]:
    require_size(image_size, range(4, 4097, 4), "InfoGAN doubles twice, so it needs a multiple of 4")
    height, width = sides(image_size)
    return height // 4, width // 4


def _dense(in_features: int, out_features: int) -> list[nn.Module]:
    return [nn.Linear(in_features, out_features), nn.BatchNorm1d(out_features), nn.ReLU(inplace=True)]
