"""Reads off a picture which coloured shape it shows and where: in closed form, nothing is learned."""

import torch
from torch import Tensor

WORDS = {
    "size": ("small", "large"),
    "colour": ("red", "green", "blue", "yellow"),
    "shape": ("circle", "square", "triangle"),
    "vertical": ("top", "bottom"),
    "horizontal": ("left", "right"),
}
COLOURS = torch.tensor([[0.84, 0.18, 0.18], [0.16, 0.75, 0.24], [0.20, 0.31, 0.88], [0.88, 0.80, 0.20]])
GROUND, FULL = 0.25, 0.65  # brightness that is no shape at all, and wholly a shape
LARGE = 9.5 / 32  # of the side: wider than this is large
# share of its bounding box that a shape fills: triangle 1/2, circle pi/4, square 1
ROUND, SQUARE = 0.705, 0.89
LEAST = 0.004  # of the area: less than this is no shape


def read(pixels: Tensor) -> Tensor:
    """(B, 3, H, W) uint8 to (B, 5) int64, positions in ``WORDS``; -1 in all five where there is no shape.

    A pixel belongs to the shape as far as its brightest channel is above the ground. Colour is the nearest to the
    mean over the shape, size the longer side of its bounding box, the kind of shape the share of the box that it
    fills, and the place its centre of mass.
    """
    images = pixels.float() / 255
    inside = ((images.amax(1) - GROUND) / (FULL - GROUND)).clamp(0, 1)  # (B, H, W)
    area = inside.sum((1, 2))  # in pixels
    high, wide = inside.amax(2).sum(1), inside.amax(1).sum(1)  # of the bounding box, in pixels
    mean = (images * inside[:, None]).sum((2, 3)) / area.clamp_min(1e-6)[:, None]  # (B, 3)
    height, width = inside.shape[1:]
    filled = area / (high * wide).clamp_min(1e-6)
    y = (inside.sum(2) * torch.arange(height, device=pixels.device)).sum(1) / area.clamp_min(1e-6)
    x = (inside.sum(1) * torch.arange(width, device=pixels.device)).sum(1) / area.clamp_min(1e-6)
    words = torch.stack(
        [
            (torch.maximum(high / height, wide / width) > LARGE).long(),
            torch.cdist(mean, COLOURS.to(mean.device)).argmin(1),
            torch.where(filled < ROUND, 2, (filled > SQUARE).long()),
            (y > (height - 1) / 2).long(),
            (x > (width - 1) / 2).long(),
        ],
        dim=1,
    )
    return words.masked_fill((area < LEAST * height * width)[:, None], -1)
