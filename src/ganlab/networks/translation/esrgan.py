"""ESRGAN's generator, also known as RRDBNet, and its discriminator."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pixel_unshuffle

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.init import he_normal
from ganlab.network_types import Translation
from ganlab.networks.sizes import nearest_multiple, sides
from ganlab.networks.translation.srresnet import Nothing

SLOPE = 0.2
RESIDUE = 0.2  # of a branch, in what is added to its input


class RRDBNet(Translation):
    """(B, channels, H, W) to (B, channels, scale * H, scale * W) (Wang et al. 2018, section 3.1, figure 4).

    Residual blocks of dense blocks without any norm, one long skip, then nearest neighbours doubled, twice, with a
    convolution after each, and two more convolutions. Twice as large is four times as large of pictures whose 2 x 2
    pixels are channels. It computes in [0, 1], and takes and gives [-1, 1]; the output is linear.

    image_size: a side, or height and width, of the high-resolution images in training.
    width: null is the paper's 64 from 128 pixels on, and 32 below. blocks: likewise 23 and 3. growth: channels that
        each convolution of a dense block adds, likewise 32 and 16.
    skip: low-resolution images to what is added to the output, as enlarged images are; the last convolution then
        begins with 0, and all of it as the skip alone. null is the paper's: nothing is added.

    Raises:
        UserError: another scale than 2 and 4, or sides that it cannot make.
    """

    # BasicSR's, and those of the authors' repository
    published_names: ClassVar[Sequence[tuple[str, str]]] = (
        (r"^(conv_first)\.", "first."),
        (r"^(body|RRDB_trunk)\.(\d+)\.(rdb|RDB)(\d)\.conv(\d)\.", r"blocks.\2.dense\4.conv\5."),
        (r"^(conv_body|trunk_conv)\.", "joined."),
        (r"^(conv_up|upconv)(\d)\.", r"up\2."),
        (r"^(conv_hr|HRconv)\.", "refine."),
        (r"^(conv_last)\.", "last."),
    )

    def __init__(
        self,
        *,
        channels: Size,
        image_size: ImageSize = 128,
        scale: Size = 4,
        width: Size | None = None,
        blocks: Size | None = None,
        growth: Size | None = None,
        skip: nn.Module | None = None,
    ) -> None:
        super().__init__()
        small = min(sides(image_size)) < 128
        width, blocks = width or (32 if small else 64), blocks or (3 if small else 23)
        growth = growth or (16 if small else 32)
        if scale not in (2, 4):
            raise UserError(f"scale={scale}: RRDBNet enlarges 2 or 4 times; try data.scale=4")
        if any(side % 4 for side in sides(image_size)):
            raise UserError(
                f"image_size={image_size}: RRDBNet doubles twice, so it needs multiples of 4; try "
                f"data.image_size={nearest_multiple(image_size, 4)}"
            )
        self.in_channels, self.scale = channels, scale
        self.stride = self.minimum = 4 // scale
        self.first = nn.Conv2d(channels * self.stride**2, width, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualInResidual(width, growth) for _ in range(blocks)))
        self.joined = nn.Conv2d(width, width, 3, padding=1)
        self.up1, self.up2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.refine = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, channels, 3, padding=1)
        self.skip = skip or Nothing()
        if skip is not None:
            nn.init.zeros_(self.last.weight)
            nn.init.constant_(self.last.bias, 0.5)  # type: ignore[arg-type]  # it has one

    def forward(self, low: Tensor) -> Tensor:
        maps = self.first(pixel_unshuffle((low + 1) / 2, self.stride))
        maps = maps + self.joined(self.blocks(maps))
        for convolution in (self.up1, self.up2):
            maps = leaky_relu(convolution(interpolate(maps, scale_factor=2, mode="nearest")), SLOPE)
        return 2 * self.last(leaky_relu(self.refine(maps), SLOPE)) - 1 + self.skip(low)


class ResidualInResidual(nn.Module):
    """RRDB: maps + 0.2 times what three dense blocks, one after the other, make of them (figure 4).

    Dense blocks that add nothing hand maps on, so that 1.2 * maps come of it and not maps, in their code too.
    """

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.dense1, self.dense2, self.dense3 = (DenseBlock(width, growth) for _ in range(3))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + RESIDUE * self.dense3(self.dense2(self.dense1(maps)))


class DenseBlock(nn.Module):
    """maps + 0.2 times a fifth convolution of them and of what four made, each of all before it (figure 4).

    Weights begin at a tenth of He's, so that a deep stack of blocks begins near the identity (section 3.1).
    """

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        before = [width + growth * index for index in range(5)]
        self.conv1, self.conv2, self.conv3, self.conv4, self.conv5 = (
            nn.Conv2d(wide, growth if index < 4 else width, 3, padding=1) for index, wide in enumerate(before)
        )
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5):
            he_normal(convolution)
            convolution.weight.data *= 0.1

    def forward(self, maps: Tensor) -> Tensor:
        known = maps
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            known = torch.cat([known, leaky_relu(convolution(known), SLOPE)], dim=1)
        return maps + RESIDUE * self.conv5(known)


class ESRGANDiscriminator(nn.Module):
    """(B, channels, H, W) of one size to raw scores (B,) (Wang et al. 2018, section 4.1, as their code has it).

    A 3 x 3 and a halving 4 x 4 convolution at each size down to 4 pixels, with channels doubling from ``width`` to
    8 * width, batch norm after all but the first and leaky ReLU; then 100 numbers, and a score.

    image_size: a side, or height and width. width: null is the paper's 64 from 128 pixels on, and 32 below.

    Raises:
        UserError: sides that cannot be halved down to 4 to 7 pixels.
    """

    def __init__(self, *, channels: Size, image_size: ImageSize = 128, width: Size | None = None) -> None:
        super().__init__()
        height, wide = sides(image_size)
        shortest = min(height, wide)
        width = width or (32 if shortest < 128 else 64)
        halvings = max(1, (shortest // 4).bit_length() - 1)
        factor = 2**halvings
        if shortest < 8 or height % factor or wide % factor:
            raise UserError(
                f"image_size={image_size}: ESRGAN's discriminator halves down to 4 pixels, here {halvings} times, so "
                f"it needs multiples of {factor}; try data.image_size={max(8, round(shortest / factor) * factor)}"
            )
        blocks: list[nn.Module] = []
        before = channels
        for level in range(halvings):
            after = width * min(2**level, 8)
            for kernel, stride, entering in ((3, 1, before), (4, 2, after)):
                first = not blocks
                blocks += [nn.Conv2d(entering, after, kernel, stride, padding=1, bias=first)]
                blocks += [] if first else [nn.BatchNorm2d(after)]
                blocks += [nn.LeakyReLU(SLOPE, inplace=True)]
            before = after
        self.layers = nn.Sequential(*blocks, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(before * (height // factor) * (wide // factor), 100),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Linear(100, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.layers(images)).squeeze(1)
