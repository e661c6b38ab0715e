"""The ResNets that WGAN-GP and SNGAN share; drawn in the papers at 32 pixels."""

from collections.abc import Callable

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.init import xavier_uniform
from ganlab.layers.resblocks import UpBlock, down_block, first_down_block, plain_block
from ganlab.networks.sizes import Doubled, doubled


class ResNetGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1].

    4 x 4 maps, doubled by residual blocks of constant width. At 32 pixels, width 128 is WGAN-GP's generator
    (code of Gulrajani et al. 2017) and width 256 is SNGAN's (Miyato et al. 2018, table 4).
    Sizes: 16, 32, 64, ...

    norm: what makes the norms of the blocks, from their width; labels given beside z go to these norms.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 128,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 32,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        start = _doubled(image_size)
        unflatten = nn.Unflatten(1, (width, *start.first))
        self.project = nn.Sequential(nn.Linear(latent_size, start.pixels * width), unflatten)
        self.blocks = nn.ModuleList(UpBlock(width, norm) for _ in range(start.times))
        last = nn.Conv2d(width, channels, 3, padding=1)
        self.output = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), last)
        self.project.apply(xavier_uniform)
        self.output.apply(xavier_uniform)

    def forward(self, z: Tensor, *condition: Tensor) -> Tensor:
        maps = self.project(z)  # (B, width, 4, 4)
        for block in self.blocks:
            maps = block(maps, *condition)
        return self.output(maps).tanh()


def resnet_trunk(*, channels: int, image_size: ImageSize, width: int) -> nn.Sequential:
    """(B, channels, image_size, image_size) to (B, width, 8, 8), at least 0: what both discriminators begin with.

    At 32 pixels: two halving blocks and two that keep the size.
    """
    halvings = _doubled(image_size).times - 1  # down to 8
    blocks = [first_down_block(channels, width), *(down_block(width) for _ in range(halvings - 1))]
    return nn.Sequential(*blocks, plain_block(width), plain_block(width), nn.ReLU())


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("the ResNet", image_size, minimum=2)


class WGANGPResNetCritic(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (code of Gulrajani et al. 2017).

    No norm at all; the maps are averaged over pixels before the last layer. Sizes: 16, 32, 64, ...
    """

    def __init__(self, *, channels: Size = 3, image_size: ImageSize = 32, width: Size = 32) -> None:
        super().__init__()
        self.trunk = resnet_trunk(channels=channels, image_size=image_size, width=width)
        self.head = nn.Linear(width, 1)
        self.head.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.trunk(images).mean((2, 3))).squeeze(1)
