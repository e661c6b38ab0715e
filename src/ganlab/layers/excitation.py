"""Skip-layer excitation: small maps say which channels of large ones count."""

from torch import Tensor, nn


class SkipLayerExcitation(nn.Module):
    """small (B, in_channels, h, w), large (B, out_channels, H, W) to the shape of the large ones, each channel scaled.

    Liu et al. 2021, section 3.1: the small maps, with sides of a multiple of 4, are averaged to 4 x 4 and become one
    number from 0 to 1 for each channel.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Conv2d(in_channels, out_channels, 4, bias=False),
            nn.SiLU(),
            nn.Conv2d(out_channels, out_channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        return large * self.gate(small)
