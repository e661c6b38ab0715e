"""The residual blocks of WGAN-GP and SNGAN: no norm on the way down, nearest neighbours on the way up.

Weights are uniform as in both papers' code: Xavier with gain sqrt(2) on the 3 x 3 convolutions of a branch,
Xavier everywhere else; biases are 0.
"""

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.layers.init import zero_bias


class UpBlock(nn.Module):
    """(B, width, H, W) to (B, out, 2H, 2W): norm, ReLU, double, 3 x 3, norm, ReLU, 3 x 3, and a shortcut.

    norm: what makes a norm of so many channels. What is given beside the maps (labels) goes to the norms.
    out: ``width`` unless given.
    """

    def __init__(
        self, width: int, norm: Callable[[int], nn.Module] = nn.BatchNorm2d, *, out: int | None = None
    ) -> None:
        super().__init__()
        out = out or width
        self.norm_1, self.conv_1 = norm(width), branch_conv(width, out)
        self.norm_2, self.conv_2 = norm(out), branch_conv(out, out)
        self.shortcut = shortcut_conv(width, out)
        self.upsample = nn.Upsample(scale_factor=2)

    def forward(self, maps: Tensor, *condition: Tensor) -> Tensor:
        branch = self.conv_1(self.upsample(F.relu(self.norm_1(maps, *condition))))
        branch = self.conv_2(F.relu(self.norm_2(branch, *condition)))
        return self.upsample(self.shortcut(maps)) + branch  # 1 x 1 first: same result, a quarter of the work


class Residual(nn.Module):
    """maps to branch(maps) + shortcut(maps)."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, maps: Tensor) -> Tensor:
        return self.branch(maps) + self.shortcut(maps)


def first_down_block(channels: int, width: int) -> Residual:
    """(B, channels, H, W) to (B, width, H / 2, W / 2), for images: no ReLU comes first."""
    return Residual(
        nn.Sequential(branch_conv(channels, width), nn.ReLU(), branch_conv(width, width), nn.AvgPool2d(2)),
        nn.Sequential(nn.AvgPool2d(2), shortcut_conv(channels, width)),
    )


def down_block(width: int, out: int | None = None) -> Residual:
    """(B, width, H, W) to (B, out, H / 2, W / 2), out being ``width`` unless given."""
    out = out or width
    return Residual(
        nn.Sequential(*_branch(width, out), nn.AvgPool2d(2)),
        nn.Sequential(nn.AvgPool2d(2), shortcut_conv(width, out)),  # pooled first: a quarter of the work
    )


def plain_block(width: int, out: int | None = None) -> Residual:
    """(B, width, H, W) to (B, out, H, W), out being ``width`` unless given; then the shortcut is the identity."""
    out = out or width
    return Residual(
        nn.Sequential(*_branch(width, out)), nn.Identity() if out == width else shortcut_conv(width, out)
    )


def branch_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """3 x 3, with the weights of a branch."""
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    nn.init.xavier_uniform_(conv.weight, gain=math.sqrt(2))
    zero_bias(conv)
    return conv


def shortcut_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """1 x 1, with the weights of a shortcut."""
    conv = nn.Conv2d(in_channels, out_channels, 1)
    nn.init.xavier_uniform_(conv.weight)
    zero_bias(conv)
    return conv


def _branch(width: int, out: int) -> list[nn.Module]:
    return [nn.ReLU(), branch_conv(width, out), nn.ReLU(), branch_conv(out, out)]
