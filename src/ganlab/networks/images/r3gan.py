"""R3GAN's networks: grouped residual blocks without any norm; what they need is in their initial weights."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.fixup import Basis, FixupBlock, scaled, scaled_conv, scaled_embedding
from ganlab.layers.labels import embedded
from ganlab.layers.resample import SmoothDownsample, SmoothUpsample
from ganlab.networks.sizes import Doubled, doubled, in_words


class R3GANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) (Huang et al. 2024, arXiv:2501.05441).

    A learned 4 x 4 basis scaled by z, then ``blocks`` residual blocks at each size. The output is linear, as in
    the authors' code: near [-1, 1] but not bounded. width: channels up to 32 pixels, half as many at 64, and so
    on; a multiple of 8 at every size, because convolutions are grouped by 16 of twice the channels.
    Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 64,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 16,
        blocks: Size = 2,
    ) -> None:
        super().__init__()
        start = _doubled(image_size)
        widths = _widths(start.times, width, image_size)
        depth = blocks * len(widths)
        layers = [Basis(latent_size, width, start.first), *_stage(width, blocks, depth)]
        for before, after in pairwise(widths):
            layers += [*_change(before, after), SmoothUpsample(), *_stage(after, blocks, depth)]
        self.layers = nn.Sequential(*layers, scaled_conv(widths[-1], channels))

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class R3GANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,): the generator's mirror."""

    def __init__(
        self, *, channels: Size = 3, image_size: ImageSize = 32, width: Size = 16, blocks: Size = 2
    ) -> None:
        super().__init__()
        self.layers = _downward(channels, image_size, width, blocks, outputs=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


class ConditionalR3GANGenerator(R3GANGenerator):
    """z (B, latent_size), label (B,) to images as :class:`R3GANGenerator`, which reads z and an embedded label."""

    def __init__(
        self,
        *,
        latent_size: Size = 64,
        classes: Size = 10,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 16,
        blocks: Size = 2,
    ) -> None:
        super().__init__(
            latent_size=2 * latent_size,  # the embedding is as long as z
            channels=channels,
            image_size=image_size,
            width=width,
            blocks=blocks,
        )
        self.embedding = scaled_embedding(classes, latent_size)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        return super().forward(torch.cat([z, embedded(self.embedding, label)], dim=1))


class ConditionalR3GANDiscriminator(nn.Module):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,).

    The score is the scalar product of ``width`` features with the embedded label.
    """

    def __init__(
        self,
        *,
        classes: Size = 10,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 16,
        blocks: Size = 2,
    ) -> None:
        super().__init__()
        self.layers = _downward(channels, image_size, width, blocks, outputs=width)
        self.embedding = scaled_embedding(classes, width, gain=width**-0.5)

    def forward(self, images: Tensor, label: Tensor) -> Tensor:
        return (self.layers(images) * self.embedding(label)).sum(1)


def _downward(channels: int, image_size: ImageSize, width: int, blocks: int, outputs: int) -> nn.Sequential:
    """(B, channels, image_size, image_size) to (B, outputs)."""
    end = _doubled(image_size)
    widths = _widths(end.times, width, image_size)[::-1]
    depth = blocks * len(widths)
    layers = [scaled_conv(channels, widths[0]), *_stage(widths[0], blocks, depth)]
    for before, after in pairwise(widths):
        layers += [SmoothDownsample(), *_change(before, after), *_stage(after, blocks, depth)]
    basis = scaled(nn.Conv2d(width, width, end.first, groups=width, bias=False))
    return nn.Sequential(*layers, basis, nn.Flatten(), scaled(nn.Linear(width, outputs, bias=False)))


def _doubled(image_size: ImageSize) -> Doubled:
    return doubled("R3GAN", image_size)


def _widths(times: int, width: int, image_size: ImageSize) -> list[int]:
    """Channels at 4, 8, 16, ... pixels of the shorter side."""
    sizes = [4 * 2**stage for stage in range(times + 1)]
    minimum = 8 * max(1, sizes[-1] // 32)
    if width < minimum or width % minimum:
        raise UserError(
            f"width={width}: R3GAN at {in_words(image_size)} pixels needs a multiple of {minimum}; "
            f"try width={minimum * max(1, round(width / minimum))}"
        )
    return [width * 32 // max(size, 32) for size in sizes]


def _stage(width: int, blocks: int, depth: int) -> list[FixupBlock]:
    return [FixupBlock(width, depth) for _ in range(blocks)]


def _change(before: int, after: int) -> list[nn.Module]:
    return [] if before == after else [scaled_conv(before, after)]
