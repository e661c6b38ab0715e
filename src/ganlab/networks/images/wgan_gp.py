"""The networks of the WGAN-GP code for MNIST: no norm at all, as a gradient penalty wants it."""

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size, Weight
from ganlab.layers.init import wgan_gp_uniform
from ganlab.layers.tf_same import SameConv2d, SameConvTranspose2d
from ganlab.networks.sizes import Doubled, doubled, sides


class WGANGPGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (code of Gulrajani et al. 2017).

    28 pixels are made by cropping 8 to 7 after the first doubling. Two things are not in the code: a tanh
    instead of its sigmoid, because images are in [-1, 1] here and in [0, 1] there; and the sizes 8, 16, 32,
    64, ..., which need no crop and start with width * image_size / 8 channels.
    """

    def __init__(
        self, *, latent_size: Size = 128, channels: Size = 1, image_size: ImageSize = 28, width: Size = 64
    ) -> None:
        super().__init__()
        start = _doubled(image_size)
        wide = width * 2 ** (start.times - 1)
        blocks = [
            nn.Linear(latent_size, start.pixels * wide),
            nn.ReLU(),
            nn.Unflatten(1, (wide, *start.first)),
        ]
        while wide > width:
            blocks += [SameConvTranspose2d(wide, wide // 2, 5), nn.ReLU()]
            wide //= 2
            if sides(image_size) == (28, 28) and wide == 2 * width:  # 4, 8 cropped to 7, 14, 28
                blocks += [Crop(7)]
        self.layers = nn.Sequential(*blocks, SameConvTranspose2d(width, channels, 5))
        self.apply(wgan_gp_uniform)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class WGANGPCritic(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,); sizes as for :class:`WGANGPGenerator`."""

    def __init__(
        self,
        *,
        channels: Size = 1,
        image_size: ImageSize = 28,
        width: Size = 64,
        negative_slope: Weight = 0.2,
    ) -> None:
        super().__init__()
        end = _doubled(image_size)
        stages = end.times
        widths = [channels, *(width * 2**stage for stage in range(stages))]
        blocks = []
        for stage in range(stages):  # 28, 14, 7, 4 or 32, 16, 8, 4
            blocks += [
                SameConv2d(widths[stage], widths[stage + 1], 5, stride=2),
                nn.LeakyReLU(negative_slope),
            ]
        self.layers = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(end.pixels * widths[-1], 1))
        self.apply(wgan_gp_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


class Crop(nn.Module):
    """(B, C, H, W) to its top left corner, (B, C, size, size)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        return images[..., : self.size, : self.size]


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("WGAN-GP", image_size, also=(28,))
