"""SRGAN's generator, also known as SRResNet, and its discriminator."""

from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.bounds import ImageSize, Size, bounded
from ganlab.errors import UserError
from ganlab.layers.init import zero_bias
from ganlab.network_types import Translation
from ganlab.networks.sizes import nearest_multiple, sides


class SRResNet(Translation):
    """(B, channels, H, W) to (B, channels, scale * H, scale * W) (Ledig et al. 2017, section 2.1, figure 4).

    9 x 9 and PReLU, ``blocks`` residual blocks with batch norm, one long skip, then for each doubling a convolution to
    four times the channels, whose channels become pixels, and 9 x 9 again. Low-resolution images are brought to [0, 1]
    as in the paper (section 3.2); the output is linear, and meant for [-1, 1].

    image_size: a side, or height and width, of the high-resolution images in training.
    width: null is the paper's 64 from 96 pixels on, and 32 below. blocks: likewise 16 and 6.
    skip: low-resolution images to what is added to the output, as enlarged images are; the last convolution then
        begins with 0, and all of it as the skip alone. null is the paper's: nothing is added.

    Raises:
        UserError: a scale that is no power of 2.
    """

    stride = minimum = 1

    def __init__(
        self,
        *,
        channels: Size,
        image_size: ImageSize = 96,
        scale: Size = 4,
        width: Size | None = None,
        blocks: Size | None = None,
        skip: nn.Module | None = None,
    ) -> None:
        super().__init__()
        small = min(sides(image_size)) < 96
        width, blocks = width or (32 if small else 64), blocks or (6 if small else 16)
        if scale < 2 or scale & (scale - 1):
            raise UserError(f"scale={scale}: SRResNet doubles, so it needs 2, 4, 8, ...; try data.scale=4")
        self.in_channels, self.scale = channels, scale
        self.first = nn.Sequential(nn.Conv2d(channels, width, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(*(_Residual(width) for _ in range(blocks)))
        self.joined = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width))
        up: list[nn.Module] = []
        for _ in range(scale.bit_length() - 1):
            up += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()]
        last = nn.Conv2d(width, channels, 9, padding=4)
        self.up = nn.Sequential(*up, last)
        self.skip = skip or Nothing()
        if skip is not None:
            nn.init.zeros_(last.weight)
            zero_bias(last)

    def forward(self, low: Tensor) -> Tensor:
        maps = self.first((low + 1) / 2)
        return self.up(maps + self.joined(self.blocks(maps))) + self.skip(low)


class Nothing(nn.Module):
    """Identity of a skip: adds nothing."""

    def forward(self, low: Tensor) -> float:
        return 0.0


class Bicubic(nn.Module):
    """(B, C, h, w) to (B, C, scale * h, scale * w), enlarged."""

    @bounded
    def __init__(self, *, scale: Size = 4) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, low: Tensor) -> Tensor:
        height, width = low.shape[
            2:
        ]  # not scale_factor, which would make them constants of an exported graph
        return interpolate(low, (self.scale * height, self.scale * width), mode="bicubic")


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.PReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.branch(maps)


class SRGANDiscriminator(nn.Module):
    """(B, channels, H, W) of one size to raw scores (B,) (Ledig et al. 2017, section 2.1, figure 4).

    Eight 3 x 3 convolutions, each second one halving, with channels doubling from ``width`` to 8 * width, batch norm
    after all but the first and leaky ReLU; then 1,024 numbers (16 * width), and a score.

    image_size: a side, or height and width. width: null is the paper's 64 from 96 pixels on, and 32 below.

    Raises:
        UserError: sides that are no multiples of 16.
    """

    def __init__(self, *, channels: Size, image_size: ImageSize = 96, width: Size | None = None) -> None:
        super().__init__()
        height, wide = sides(image_size)
        width = width or (32 if min(height, wide) < 96 else 64)
        if height % 16 or wide % 16:
            raise UserError(
                f"image_size={image_size}: SRGAN's discriminator halves 4 times, so it needs multiples of 16; try "
                f"data.image_size={nearest_multiple(image_size, 16)}"
            )
        blocks: list[nn.Module] = []
        before = channels
        for level in range(4):
            after = width * 2**level
            for stride, entering in ((1, before), (2, after)):
                blocks += [nn.Conv2d(entering, after, 3, stride, padding=1)]
                blocks += [nn.BatchNorm2d(after)] if len(blocks) > 1 else []
                blocks += [nn.LeakyReLU(0.2, inplace=True)]
            before = after
        self.layers = nn.Sequential(*blocks, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(before * height * wide // 256, 16 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(16 * width, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.layers(images)).squeeze(1)
