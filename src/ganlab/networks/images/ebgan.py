"""EBGAN's discriminators, which are autoencoders, and its convolutional generator.

Both autoencoders show their ``encoder``, images to codes (B, d), for the pulling-away term. What an energy is, a
sum or a mean over pixels, is the model's business.
"""

from functools import partial
from itertools import pairwise

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.init import init_normal, xavier_uniform
from ganlab.network_types import Autoencoder
from ganlab.networks.images.dcgan import upward
from ganlab.networks.images.mlp import pixels_of
from ganlab.networks.sizes import doubled, require_size, sides


class EBGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Zhao, Mathieu, LeCun 2017).

    DCGAN's generator with biases and twice its channels: 1024, 512, 256, 128 at 64 pixels. Sizes: 8, 16, 32, ...
    """

    def __init__(
        self, *, latent_size: Size = 100, channels: Size = 3, image_size: ImageSize = 64, width: Size = 64
    ) -> None:
        super().__init__()
        first, times = doubled("EBGAN", image_size)
        wide = width * 2 ** (times - 1)
        blocks = [nn.Unflatten(1, (latent_size, 1, 1)), nn.ConvTranspose2d(latent_size, wide, first)]
        blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        blocks += upward(_upward, wide, width)
        self.layers = nn.Sequential(*blocks, _upward(width, channels))
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).tanh()


class EBGANDiscriminator(Autoencoder):
    """An autoencoder, (B, channels, image_size, image_size) to the same shape, linear at the end.

    Three halvings to codes of 4 * width maps, and three doublings back; kernels of 4, stride 2. Batch norm and
    ReLU everywhere but batch norm at the first layer and both at the last. Sizes: 8, 16, 32, ...
    """

    def __init__(self, *, channels: Size = 3, image_size: ImageSize = 64, width: Size = 32) -> None:
        super().__init__()
        doubled("EBGAN", image_size)
        require_size(image_size, range(8, 4097, 8), "EBGAN halves three times, so it needs multiples of 8")
        end = [side // 8 for side in sides(image_size)]
        widths = [width, 2 * width, 4 * width]
        down = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
        for before, after in pairwise(widths):
            down += [nn.Conv2d(before, after, 4, stride=2, padding=1)]
            down += [nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        up: list[nn.Module] = [nn.Unflatten(1, (4 * width, *end))]
        for before, after in pairwise(widths[::-1]):
            up += [_upward(before, after), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        self.encoder = nn.Sequential(*down, nn.Flatten())
        self.decoder = nn.Sequential(*up, _upward(width, channels))
        self.apply(partial(init_normal, std=0.002))  # ten times less than the generator, as in the paper

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


class EBGANPerceptron(Autoencoder):
    """An autoencoder of two linear layers, (B, channels, image_size, image_size) to the same shape in [-1, 1].

    code_size: what an image is squeezed to, after a ReLU.
    """

    def __init__(self, *, channels: Size = 1, image_size: ImageSize = 28, code_size: Size = 32) -> None:
        super().__init__()
        pixels, shape = pixels_of(channels, image_size), (channels, *sides(image_size))
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, code_size), nn.ReLU())
        self.decoder = nn.Sequential(nn.Linear(code_size, pixels), nn.Tanh(), nn.Unflatten(1, shape))
        self.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


def _upward(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)
