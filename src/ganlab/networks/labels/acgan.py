"""The networks of the auxiliary classifier GAN for 32 pixels."""

from math import prod

import torch
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Share, Size, Weight
from ganlab.layers.init import init_normal
from ganlab.layers.labels import class_shares
from ganlab.networks.sizes import Doubled, doubled, sides


class ACGANGenerator(nn.Module):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1] (Odena et al. 2017).

    The noise and the label, one of ``classes``, are joined and projected to 4 x 4 maps; then kernels of 5 and
    stride 2 with batch norm and ReLU. At 32 pixels: 384, 192, 96 channels. Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 100,
        classes: Size = 10,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 48,
    ) -> None:
        super().__init__()
        self.classes = classes
        start = _doubled(image_size)
        wide = width * 2 ** (start.times - 1)
        blocks = [nn.Linear(latent_size + classes, start.pixels * wide), nn.ReLU()]
        blocks += [nn.Unflatten(1, (wide, *start.first))]
        while wide > width:
            blocks += [_upward(wide, wide // 2)]
            wide //= 2
            blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*blocks, _upward(width, channels))
        self.apply(init_normal)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        shares = class_shares(label, self.classes).to(z.dtype)
        return self.layers(torch.cat([z, shares], dim=1)).tanh()


class ACGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) and class logits (B, classes).

    Six convolutions of strides 2, 1, 2, 1, 2, 1 that double their channels from ``width``, each with leaky ReLU
    and dropout, all but the first with batch norm.
    """

    def __init__(
        self,
        *,
        classes: Size = 10,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 16,
        negative_slope: Weight = 0.2,
        dropout: Share = 0.5,
    ) -> None:
        super().__init__()
        _doubled(image_size)
        blocks: list[nn.Module] = []
        before = channels
        for layer in range(6):
            wide = width * 2**layer
            blocks += [nn.Conv2d(before, wide, 3, stride=1 if layer % 2 else 2, padding=1)]
            blocks += [nn.BatchNorm2d(wide)] if layer else []
            blocks += [nn.LeakyReLU(negative_slope, inplace=True), nn.Dropout(dropout)]
            before = wide
        features = wide * prod(-(-side // 8) for side in sides(image_size))
        self.trunk = nn.Sequential(*blocks, nn.Flatten())
        self.source, self.auxiliary = nn.Linear(features, 1), nn.Linear(features, classes)
        self.apply(init_normal)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(images)
        return self.source(features).squeeze(1), self.auxiliary(features)


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("ACGAN", image_size)


def _upward(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 5, stride=2, padding=2, output_padding=1)
