"""BEGAN's autoencoder, and its generator, which is a decoder: 3 x 3 convolutions and ELU, no norm."""

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.init import xavier_uniform
from ganlab.networks.sizes import Doubled, doubled


class BEGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) (Berthelot, Schumm, Metz 2017, figure 1).

    The output is linear, as in the paper: near [-1, 1] but not bounded; what leaves the range is clipped when
    images become pixels. width: n, the channels of every layer. Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self, *, latent_size: Size = 64, channels: Size = 3, image_size: ImageSize = 64, width: Size = 16
    ) -> None:
        super().__init__()
        start = _doubled(image_size)
        blocks = [nn.Linear(latent_size, start.pixels * width), nn.Unflatten(1, (width, *start.first))]
        for stage in range(start.times + 1):
            blocks += [nn.Upsample(scale_factor=2)] if stage else []
            blocks += [_conv(width, width), nn.ELU(), _conv(width, width), nn.ELU()]
        self.layers = nn.Sequential(*blocks, _conv(width, channels))
        self.apply(xavier_uniform)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class BEGANEncoder(nn.Module):
    """(B, channels, image_size, image_size) to codes (B, code_size), linear.

    Stage i = 1, 2, ... has i * width channels; a convolution of stride 2 leads to the next.
    """

    def __init__(
        self, *, code_size: Size = 64, channels: Size = 3, image_size: ImageSize = 64, width: Size = 64
    ) -> None:
        super().__init__()
        end = _doubled(image_size)
        stages = end.times + 1
        blocks = [_conv(channels, width), nn.ELU()]
        before = width
        for stage in range(1, stages + 1):
            wide = stage * width
            blocks += [_conv(before, wide), nn.ELU(), _conv(wide, wide), nn.ELU()]
            blocks += [_conv(wide, wide, stride=2), nn.ELU()] if stage < stages else []
            before = wide
        self.layers = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(end.pixels * wide, code_size))
        self.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


class BEGANDiscriminator(nn.Module):
    """An autoencoder, (B, channels, image_size, image_size) to the same shape.

    Its decoder is laid out like the generator, with weights of its own.
    code_size: h, what an image is squeezed to; the paper sets it equal to the generator's latent_size.
    """

    def __init__(
        self, *, code_size: Size = 64, channels: Size = 3, image_size: ImageSize = 64, width: Size = 16
    ) -> None:
        super().__init__()
        self.encoder = BEGANEncoder(
            code_size=code_size, channels=channels, image_size=image_size, width=width
        )
        self.decoder = BEGANGenerator(
            latent_size=code_size, channels=channels, image_size=image_size, width=width
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("BEGAN", image_size, start=8, minimum=0)


def _conv(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
