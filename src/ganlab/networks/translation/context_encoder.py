"""Context encoders: the surroundings of a hole to what is missing there, through a bottleneck of single pixels."""

from itertools import pairwise

from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import init_normal
from ganlab.network_types import Completion
from ganlab.networks.sizes import doublings


class ContextEncoder(Completion):
    """(B, channels, image_size, image_size) with a hole to its middle (B, channels, output_size, output_size).

    Halvings with kernels of 4 down to 4 x 4, ``bottleneck`` numbers, and doublings back to [-1, 1]; channels at most
    8 * width, batch norm everywhere but first and last (Pathak et al. 2016; the authors' code).
    Sizes: 16, 32, 64, ... and 8, 16, 32, ...

    output_size: null is half of ``image_size``; all of it, where holes can be anywhere.
    width: null is the paper's 64 from 128 pixels on, and 32 below. bottleneck: likewise 4,000 and 500.
    """

    scale = 1

    def __init__(
        self,
        *,
        channels: Size,
        image_size: Size = 128,
        output_size: Size | None = None,
        width: Size | None = None,
        bottleneck: Size | None = None,
    ) -> None:
        super().__init__()
        width, bottleneck = width or _width(image_size), bottleneck or (4000 if image_size >= 128 else 500)
        widths = _widths(width, doublings("a context encoder", image_size, minimum=2))
        way_back = _widths(width, doublings("a context encoder", output_size or image_size // 2))[::-1]
        self.in_channels, self.image_size = channels, image_size
        self.stride = self.minimum = image_size
        blocks = [nn.Conv2d(channels, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        for before, after in pairwise(widths):
            blocks += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after)]
            blocks += [nn.LeakyReLU(0.2, inplace=True)]
        blocks += [nn.Conv2d(widths[-1], bottleneck, 4), nn.BatchNorm2d(bottleneck)]
        blocks += [nn.LeakyReLU(0.2, inplace=True)]
        self.encoder = nn.Sequential(*blocks)
        blocks = [nn.ConvTranspose2d(bottleneck, way_back[0], 4), nn.BatchNorm2d(way_back[0])]
        blocks += [nn.ReLU(inplace=True)]
        for before, after in pairwise(way_back):
            blocks += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after)]
            blocks += [nn.ReLU(inplace=True)]
        self.decoder = nn.Sequential(
            *blocks, nn.ConvTranspose2d(way_back[-1], channels, 4, stride=2, padding=1), nn.Tanh()
        )
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


class ContextDiscriminator(nn.Module):
    """(B, channels, output_size, output_size) to raw scores (B,): DCGAN's discriminator with biases.

    The authors' code sets these biases, and the generator's, back to 0 before each step; here they learn.

    image_size, output_size: those of the generator. width: null is 64 from 128 pixels on, and 32 below.
    """

    def __init__(
        self,
        *,
        channels: Size,
        image_size: Size = 128,
        output_size: Size | None = None,
        width: Size | None = None,
    ) -> None:
        super().__init__()
        width = width or _width(image_size)
        halvings = doublings("a context encoder's discriminator", output_size or image_size // 2)
        blocks = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        for before, after in pairwise(width * 2**level for level in range(halvings)):
            blocks += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after)]
            blocks += [nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*blocks, nn.Conv2d(width * 2 ** (halvings - 1), 1, 4))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).reshape(len(images))


def _width(image_size: int) -> int:
    return 64 if image_size >= 128 else 32


def _widths(width: int, halvings: int) -> list[int]:
    """Channels of each size on the way down: 8 * width at the end, half before it, at least ``width``."""
    return [max(width, 8 * width // 2 ** (halvings - 1 - level)) for level in range(halvings)]
