"""How images are brought to the side that a network takes: where most differences of libraries come from."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

Kernel = Literal["tensorflow", "bilinear", "bicubic"]


@dataclass(frozen=True, kw_only=True)
class Resize:
    """To ``side`` x ``side`` pixels, each direction by itself.

    kernel: tensorflow is the bilinear one of TensorFlow 1, whose grid begins at the corner of the first pixel and not
    in its middle. antialias: wider where an image is made smaller, as in Pillow. quantised: rounded to whole numbers of
    0 to 255, as an image file would be; else clipped to that range only.
    """

    side: int
    kernel: Kernel = "tensorflow"
    antialias: bool = False
    quantised: bool = False

    def __call__(self, images: Tensor) -> Tensor:
        """(B, C, H, W) uint8 to (B, C, side, side) float32 in 0..255."""
        if self.kernel == "tensorflow":
            return tensorflow_bilinear(images.float(), self.side)
        if self.quantised and self.antialias:  # as Pillow rounds: after each direction
            place = images.device
            exact = interpolate(images.cpu(), (self.side, self.side), mode=self.kernel, antialias=True)
            return exact.float().to(place)
        resized = interpolate(
            images.float(), (self.side, self.side), mode=self.kernel, antialias=self.antialias
        ).clamp_(0, 255)
        return resized.round_() if self.quantised else resized

    def __str__(self) -> str:
        parts = ["TF1 bilinear" if self.kernel == "tensorflow" else self.kernel, "antialiased"]
        parts = parts if self.antialias else parts[:1]
        return f"{', '.join(parts)} to {self.side}x{self.side}{', rounded' * self.quantised}"


def tensorflow_bilinear(images: Tensor, side: int) -> Tensor:
    """(B, C, H, W) float to (B, C, side, side) as TensorFlow 1's ``resize_bilinear`` does it, to the bit on a CPU."""
    if images.shape[2:] == (side, side):
        return images
    for dim in (3, 2):
        low, high, part = _places(images.shape[dim], side, images.device)
        part = part if dim == 3 else part[:, None]
        images = torch.lerp(images.index_select(dim, low), images.index_select(dim, high), part)
    return images


def _places(size: int, side: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """(side,) each: the two pixels that a new one lies between, and how far it is from the first."""
    places = torch.arange(side, device=device, dtype=torch.float32) * torch.tensor(size / side)
    low = places.long()
    return low, (low + 1).clamp_max(size - 1), places - low
