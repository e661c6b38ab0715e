"""Two small GANs of Keras tutorials, with Keras's own alignment, initial weights and batch norm."""

from functools import partial
from math import prod

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Share, Size, Weight
from ganlab.layers.init import xavier_uniform
from ganlab.layers.tf_same import SameConv2d, SameConvTranspose2d
from ganlab.networks.sizes import require_size, sides

# Keras's defaults are epsilon .001 and momentum .99, which PyTorch counts from the other end
KerasBatchNorm2d = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


class KerasConvGenerator(nn.Module):
    """(B, latent_size) to (B, channels, 28, 28) in [-1, 1], by way of 3, 7 and 14 pixels.

    negative_slope: of the leaky ReLUs; 0.3 is Keras's default, PyTorch's is 0.01.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 32,
        channels: Size = 1,
        image_size: Size = 28,
        negative_slope: Weight = 0.3,
    ) -> None:
        super().__init__()
        _require_28(image_size)
        self.layers = nn.Sequential(
            nn.Linear(latent_size, 1152),
            nn.LeakyReLU(negative_slope),
            nn.Unflatten(1, (128, 3, 3)),
            nn.ConvTranspose2d(128, 128, 3, stride=2),  # 'valid': 7 x 7
            KerasBatchNorm2d(128),
            nn.LeakyReLU(negative_slope),
            SameConvTranspose2d(128, 64, 3, stride=2),  # 14 x 14
            KerasBatchNorm2d(64),
            nn.LeakyReLU(negative_slope),
            SameConvTranspose2d(64, channels, 3, stride=2),  # 28 x 28
        )
        self.apply(xavier_uniform)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class KerasConvDiscriminator(nn.Module):
    """(B, channels, 28, 28) to raw scores (B,), by way of 14, 7 and 3 pixels."""

    def __init__(
        self, *, channels: Size = 1, image_size: Size = 28, negative_slope: Weight = 0.3, dropout: Share = 0.4
    ) -> None:
        super().__init__()
        _require_28(image_size)
        self.layers = nn.Sequential(
            SameConv2d(channels, 32, 3, stride=2),  # 14 x 14
            nn.LeakyReLU(negative_slope),
            SameConv2d(32, 64, 3, stride=2),  # 7 x 7
            nn.LeakyReLU(negative_slope),
            nn.Conv2d(64, 128, 3, stride=2),  # 'valid': 3 x 3
            nn.LeakyReLU(negative_slope),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(1152, 1),
        )
        self.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


class KerasBlogGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1].

    It starts at a quarter of image_size. Batch norm comes after the activation, as in the original.
    """

    def __init__(self, *, latent_size: Size = 100, channels: Size = 1, image_size: ImageSize = 28) -> None:
        super().__init__()
        start = _quarter(image_size)
        self.layers = nn.Sequential(
            nn.Linear(latent_size, 128 * prod(start)),
            nn.Unflatten(1, (128, *start)),
            KerasBatchNorm2d(128),
            SameConvTranspose2d(128, 64, 5, stride=2),
            nn.ReLU(),
            KerasBatchNorm2d(64),
            SameConvTranspose2d(64, channels, 5, stride=2),
        )
        self.apply(xavier_uniform)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class KerasBlogDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,); no batch norm, but dropout."""

    def __init__(
        self,
        *,
        channels: Size = 1,
        image_size: ImageSize = 28,
        negative_slope: Weight = 0.2,
        dropout: Share = 0.4,
    ) -> None:
        super().__init__()
        end = _quarter(image_size)
        self.layers = nn.Sequential(
            SameConv2d(channels, 64, 5, stride=2),
            nn.LeakyReLU(negative_slope),
            nn.Dropout(dropout),
            SameConv2d(64, 128, 5, stride=2),
            nn.LeakyReLU(negative_slope),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(128 * prod(end), 1),
        )
        self.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def _require_28(image_size: int) -> None:
    require_size(image_size, [28], "the Keras conv GAN grows 3, 7, 14, 28, so it needs 28")


def _quarter(image_size: ImageSize) -> tuple[int, int]:
    require_size(
        image_size, range(4, 4097, 4), "the Keras blog's DCGAN doubles twice, so it needs a multiple of 4"
    )
    height, width = sides(image_size)
    return height // 4, width // 4
