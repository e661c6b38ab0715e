"""What StyleGAN3 begins with: waves, known everywhere and not only at pixels."""

import math

import torch
from torch import Tensor, nn

from ganlab.layers.equalized import EqualizedLinear
from ganlab.networks.images.alias_free.bands import Band


class Waves(nn.Module):
    """w (B, style_size) to maps (B, channels, size, size): sines that a matrix mixes (Karras et al. 2021, section 3.2).

    Frequencies are uniform in a disc of the radius of the band's cutoff. The style turns and shifts them, at first by
    nothing. Waves that are turned out of the band fade. transform: (3, 3), which the picture is moved by besides, as a
    map from places in the moved picture to those in the original, in pictures.
    """

    frequencies: Tensor
    phases: Tensor
    transform: Tensor
    place: Tensor

    def __init__(self, channels: int, style_size: int, band: Band) -> None:
        super().__init__()
        self.band = band
        radius, angle = band.cutoff * torch.rand(channels).sqrt(), 2 * math.pi * torch.rand(channels)
        frequencies = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
        self.register_buffer("frequencies", frequencies)  # (channels, 2)
        self.register_buffer("phases", torch.rand(channels) - 0.5)
        self.register_buffer("transform", torch.eye(3), persistent=False)
        place = (torch.arange(band.size) + 0.5 - band.size / 2) / band.rate
        self.register_buffer("place", place, persistent=False)
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.motion = EqualizedLinear(style_size, 4, gain=1.0)
        with torch.no_grad():
            self.motion.weight.zero_()
            self.motion.get_parameter("bias").copy_(torch.eye(4)[0])

    def forward(self, w: Tensor) -> Tensor:
        with torch.autocast(w.device.type, enabled=False):
            waves = self._waves(self.motion(w.float()))  # (B, H, W, channels)
        return (waves @ (self.weight.t() / math.sqrt(len(self.weight)))).movedim(3, 1)

    def _waves(self, motion: Tensor) -> Tensor:
        turn, shift = motion[:, :2] / motion[:, :2].norm(dim=1, keepdim=True), motion[:, 2:]
        shift = shift / motion[:, :2].norm(dim=1, keepdim=True)
        cos, sin = turn[:, 0], turn[:, 1]
        rotation = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))  # (B, 2, 2)
        own, user_shift = self.transform[:2, :2], self.transform[:2, 2]
        linear = rotation @ own
        offset = (rotation @ (user_shift - shift)[:, :, None]).squeeze(2)  # (B, 2)
        frequencies = self.frequencies @ linear  # (B, channels, 2)
        phases = self.phases + (self.frequencies @ offset[:, :, None]).squeeze(2)
        beyond = (frequencies.norm(dim=2) - self.band.cutoff) / (self.band.rate / 2 - self.band.cutoff)
        across = self.place[None, None, :, None] * frequencies[:, None, None, :, 0]
        down = self.place[None, :, None, None] * frequencies[:, None, None, :, 1]
        angle = across + down + phases[:, None, None]
        return (2 * math.pi * angle).sin() * (1 - beyond).clamp(0, 1)[:, None, None]
