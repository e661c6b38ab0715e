"""pix2pixHD's whole generator: a residual translator at half of the size, and an enhancer around it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.init import init_normal
from ganlab.networks.sizes import sides
from ganlab.networks.translation.residual import (
    Norm,
    ResidualBlock,
    ResNetTranslator,
    doubling,
    halving,
    normed,
    require_halvings,
)


class CoarseToFineTranslator(ResNetTranslator):
    """(B, in_channels, H, W) to (B, out_channels, H, W) in [-1, 1] (Wang et al. 2018, section 3.1).

    The global generator G1, without its last convolution, sees the image at half of the size. The enhancer G2 sees it
    as it is: a 7 x 7 convolution to half of G1's width and a halving, to which G1's maps are added; then residual
    blocks, a doubling and a 7 x 7 convolution. H and W: multiples of ``stride`` = 2^(halvings + 1).

    G1's weights have the names that they have in a :class:`ResNetTranslator`, which a run starts from.

    image_size: a side, or height and width, of the images in training, twice those that G1 was trained on.
    blocks, width, halvings: of G1, by its size where null. local_blocks: the enhancer's residual blocks.
    recompute: as in :class:`ResNetTranslator`.

    ``coarse_learns``: whether gradients reach G1; without them its pass keeps nothing in memory, and its norms no
    statistics: they normalize by those that they have.
    ``encode`` looks at G1.

    Raises:
        UserError: a size that is no multiple of 2^(halvings + 1), or less than 2 pixels after so many halvings, or an
            odd width.
    """

    coarse_layers = ("down", "blocks", "up")
    _coarse_learns = True

    def __init__(
        self,
        *,
        in_channels: Size,
        out_channels: Size,
        image_size: ImageSize = 256,
        blocks: Size | None = None,
        width: Size | None = None,
        halvings: Size = 2,
        local_blocks: Size = 3,
        norm: Norm = nn.InstanceNorm2d,
        recompute: bool = False,
        init: Callable[[nn.Module], None] = init_normal,
    ) -> None:
        require_halvings(image_size, halvings + 1)
        height, across = sides(image_size)
        super().__init__(
            in_channels=in_channels,
            out_channels=out_channels,
            image_size=(height // 2, across // 2),
            blocks=blocks,
            width=width,
            halvings=halvings,
            norm=norm,
            recompute=recompute,
            init=init,
        )
        if self.width % 2:
            raise UserError(
                f"model.generator.width={self.width}: the enhancer begins with half of so many channels; choose an "
                "even number"
            )
        self.stride, self.minimum = 2 * self.stride, 2 * self.minimum
        self.up = self.up[:-3]  # to maps, and no further
        self.enter = entering(in_channels, self.width, norm)
        self.leave = leaving(self.width, out_channels, local_blocks, norm)
        self.enter.apply(init)
        self.leave.apply(init)
        self.published_names = self._published_names()

    @property
    def coarse_learns(self) -> bool:
        """Whether G1 learns: see above."""
        return self._coarse_learns

    @coarse_learns.setter
    def coarse_learns(self, learns: bool) -> None:
        if learns != self._coarse_learns:
            self._coarse_learns = learns
            self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for name in self.coarse_layers:
            self.get_submodule(name).train(mode and self.coarse_learns)
        return self

    def forward(self, images: Tensor) -> Tensor:
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.coarse_learns):
            coarse = super().forward(halved(images))
        maps = self.enter(images) + coarse
        for layer in self.leave:
            maps = self.passed(layer, maps)
        return maps

    def encode(self, images: Tensor, taps: Sequence[int]) -> list[Tensor]:
        return super().encode(halved(images), taps)

    def _published_names(self) -> list[tuple[str, str]]:
        """Of the authors' LocalEnhancer, whose G1 is one list of numbered layers."""
        parts = {name: self.get_submodule(name) for name in self.coarse_layers}
        places = [f"{name}.{place}" for name, layers in parts.items() for place, _ in layers.named_children()]
        return [
            *((rf"^model\.{place}\.", f"{own}.") for place, own in enumerate(places)),
            (r"^model1_1\.", "enter."),
            (r"^model1_2\.", "leave."),
            (r"\.conv_block\.", ".branch."),
        ]


def entering(channels: int, width: int, norm: Norm) -> nn.Sequential:
    """(B, channels, H, W) to (B, width, H / 2, W / 2), by way of half of the width."""
    first = normed(partial(nn.Conv2d, channels, width // 2, 7), norm(width // 2))
    return nn.Sequential(nn.ReflectionPad2d(3), *first, *halving(width // 2, width, norm(width)))


def leaving(width: int, channels: int, blocks: int, norm: Norm) -> nn.Sequential:
    """(B, width, H / 2, W / 2) to images (B, channels, H, W), by way of half of the width."""
    residual = [ResidualBlock(width, norm) for _ in range(blocks)]
    last = nn.Conv2d(width // 2, channels, 7)
    return nn.Sequential(
        *residual, *doubling(width, width // 2, norm(width // 2)), nn.ReflectionPad2d(3), last, nn.Tanh()
    )


def halved(images: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, H / 2, W / 2): means of 3 x 3 pixels, of those within the image."""
    return avg_pool2d(images, 3, stride=2, padding=1, count_include_pad=False)
