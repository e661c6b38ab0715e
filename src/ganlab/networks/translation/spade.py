"""SPADE's generator: pictures of label maps."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.init import xavier_normal
from ganlab.layers.norms import SpatiallyAdaptiveNorm
from ganlab.layers.spectral import spectrally_normalized
from ganlab.network_types import LabelCode, LabelTranslation
from ganlab.networks.sizes import nearest_multiple, sides

Norm = Callable[[int], nn.Module]
SLOPE = 0.2


def without_weights(channels: int) -> nn.Module:
    """Batch norm that scales and moves nothing."""
    return nn.BatchNorm2d(channels, affine=False)


class SPADEGenerator(LabelTranslation):
    """Label maps (B, 1, H, W) to (B, channels, H, W) in [-1, 1] (Park et al. 2019, section 3.2 and appendix A).

    The map at 1 / 2^doublings of its size, a convolution, then residual blocks whose norms are told the map, nearest
    neighbours doubled between them, with channels halved from 2^(doublings - 1) * width, at most 16 * width, to width.
    Spectral normalization in the blocks' own convolutions, none where gains and offsets come from.

    labels: makes label maps what norms are told. image_size: a side, or height and width, in training.
    doublings: null is the paper's 5 from 128 pixels on, and 3 below. width: likewise 64 and 16. hidden: likewise 128
        and 32, of the norms. norm: of so many channels, without weights; the paper's is batch norm over all processes.

    Raises:
        UserError: sides that are no multiples of 2^doublings, or of fewer than 2 pixels before they are doubled.
    """

    scale = in_channels = 1
    published_names: ClassVar[Sequence[tuple[str, str]]] = (
        (r"^fc\.", "first."),
        (r"^head_0\.", "blocks.0."),
        (r"^G_middle_0\.", "blocks.1."),
        (r"^G_middle_1\.", "blocks.2."),
        *((rf"^up_{index}\.", f"blocks.{3 + index}.") for index in range(4)),
        (r"^conv_img\.", "last."),
        (r"\.norm_(\w)\.param_free_norm\.", r".norm_\1.norm."),
        (r"\.norm_(\w)\.mlp_(\w+)\.", r".norm_\1.\2."),
        (r"\.conv_(\w)\.weight_orig$", r".conv_\1.parametrizations.weight.original"),
        (r"\.conv_(\w)\.weight_([uv])$", r".conv_\1.parametrizations.weight.0._\2"),
    )

    def __init__(
        self,
        *,
        labels: LabelCode,
        channels: Size = 3,
        image_size: ImageSize = 256,
        doublings: Size | None = None,
        width: Size | None = None,
        hidden: Size | None = None,
        norm: Norm = without_weights,
    ) -> None:
        super().__init__()
        small = min(sides(image_size)) < 128
        doublings, width = doublings or (3 if small else 5), width or (16 if small else 64)
        self.stride = self.minimum = 2**doublings
        if any(side % self.stride or side < 2 * self.stride for side in sides(image_size)):
            raise UserError(
                f"image_size={image_size}: a SPADE generator that doubles {doublings} times needs height and width in "
                f"multiples of {self.stride}, at least {2 * self.stride}; try "
                f"data.image_size={nearest_multiple(image_size, self.stride, 2)}"
            )
        widest = min(16, 2 ** (doublings - 1)) * width
        widths = [widest] * 4 + [max(width, widest // 2 ** (index + 1)) for index in range(doublings - 1)]
        block = partial(SPADEBlock, labels.channels, hidden=hidden or (32 if small else 128), norm=norm)
        self.labels = labels
        self.first = nn.Conv2d(labels.channels, widest, 3, padding=1)
        self.blocks = nn.ModuleList(block(*pair) for pair in pairwise(widths))
        self.last = nn.Conv2d(widths[-1], channels, 3, padding=1)
        self.apply(partial(xavier_normal, gain=0.02))
        for name, part in self.blocks.named_modules():
            if name.rpartition(".")[2].startswith("conv_"):
                spectrally_normalized(part)

    def forward(self, label_map: Tensor) -> Tensor:
        labels = self.labels(label_map)
        height, width = label_map.shape[2] // self.stride, label_map.shape[3] // self.stride
        maps = self.first(interpolate(labels, (height, width), mode="nearest"))
        for index, block in enumerate(self.blocks):
            # the head, and the first of two in the middle, are followed by no doubling
            if index not in (0, 2):
                maps = interpolate(maps, scale_factor=2, mode="nearest")
            maps = block(maps, labels)
        return torch.tanh(self.last(leaky_relu(maps, SLOPE)))


class SPADEBlock(nn.Module):
    """A residual block (figure 4): twice a norm that is told the labels, leaky ReLU and 3 x 3; the narrower in between.

    Where the number of channels changes, so does the shortcut: a norm and a 1 x 1, without activation and bias.
    """

    def __init__(self, label_channels: int, before: int, after: int, *, hidden: int, norm: Norm) -> None:
        super().__init__()
        middle = min(before, after)
        told = partial(SpatiallyAdaptiveNorm, label_channels=label_channels, hidden=hidden, norm=norm)
        self.norm_0, self.norm_1 = told(before), told(middle)
        self.conv_0 = nn.Conv2d(before, middle, 3, padding=1)
        self.conv_1 = nn.Conv2d(middle, after, 3, padding=1)
        self.learned = before != after
        self.norm_s = told(before) if self.learned else nn.Identity()
        self.conv_s = nn.Conv2d(before, after, 1, bias=False) if self.learned else nn.Identity()

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        shortcut = self.conv_s(self.norm_s(maps, labels)) if self.learned else maps
        branch = self.conv_0(leaky_relu(self.norm_0(maps, labels), SLOPE))
        return shortcut + self.conv_1(leaky_relu(self.norm_1(branch, labels), SLOPE))
