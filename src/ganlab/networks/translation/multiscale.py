"""Discriminators of patches at several scales, which show what they saw on the way."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganlab.bounds import Size, bounded
from ganlab.layers.init import init_normal
from ganlab.layers.spectral import spectrally_normalized


class MultiScale(nn.Module):
    """(B, channels, H, W) to a list of maps for each scale, from the finest on (Wang et al. 2018, section 3.2).

    The last map of a scale holds raw scores of patches (B, 1, h, w); those before it are features to be matched. Each
    scale has a network of its own, and sees the image at half of the size of the one before.

    scales: how many. layers: halvings of each, whose convolutions have kernels of 4. width: of the first.
    spectral: spectral normalization in all convolutions that a norm follows, as in SPADE (Park et al. 2019).
    """

    published_names: ClassVar[Sequence[tuple[str, str]]] = (
        *((rf"^discriminator_{index}\.model(\d)\.", rf"scales.{index}.\1.") for index in range(4)),  # SPADE
        *((rf"^scale{2 - index}_layer(\d)\.", rf"scales.{index - 1}.\1.") for index in (1, 2)),  # pix2pixHD
        (r"^(scales\.\d\.\d)\.0\.0\.", r"\1.0."),
        (r"\.weight_orig$", ".parametrizations.weight.original"),
        (r"\.weight_([uv])$", r".parametrizations.weight.0._\1"),
    )

    @bounded
    def __init__(
        self,
        *,
        channels: Size,
        scales: Size = 2,
        layers: Size = 3,
        width: Size = 64,
        spectral: bool = False,
    ) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_patches(channels, layers, width, spectral) for _ in range(scales))

    def forward(self, images: Tensor) -> list[list[Tensor]]:
        found = []
        for network in self.scales:
            maps, seen = images, []
            for layer in network.children():
                maps = layer(maps)
                seen.append(maps)
            found.append(seen)
            images = avg_pool2d(images, 3, stride=2, padding=1, count_include_pad=False)
        return found


def _patches(channels: int, layers: int, width: int, spectral: bool) -> nn.Sequential:
    """``layers`` halvings with channels doubling up to 8 * width, one more convolution, and one to scores."""
    activation = nn.LeakyReLU(0.2)
    blocks = [nn.Sequential(nn.Conv2d(channels, width, 4, stride=2, padding=2), activation)]
    before = width
    for layer in range(1, layers + 1):
        after = width * min(2**layer, 8)
        convolution = nn.Conv2d(before, after, 4, 2 if layer < layers else 1, padding=2, bias=not spectral)
        init_normal(convolution)
        if spectral:
            spectrally_normalized(convolution)
        blocks += [nn.Sequential(convolution, nn.InstanceNorm2d(after), activation)]
        before = after
    blocks += [nn.Sequential(nn.Conv2d(before, 1, 4, padding=2))]
    init_normal(blocks[0][0])
    init_normal(blocks[-1][0])
    return nn.Sequential(*blocks)
