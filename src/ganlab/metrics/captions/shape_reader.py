"""Reads off a picture which coloured shape it shows and where: by comparing it with all that could be shown."""

import itertools
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.metrics.extractors.common import full_float32

WORDS = {
    "size": ("small", "large"),
    "colour": ("red", "green", "blue", "yellow"),
    "shape": ("circle", "square", "triangle"),
    "vertical": ("top", "bottom"),
    "horizontal": ("left", "right"),
}
COLOURS = torch.tensor([[0.84, 0.18, 0.18], [0.16, 0.75, 0.24], [0.20, 0.31, 0.88], [0.88, 0.80, 0.20]])
# half a side or a diameter, small and large, in 32nds of the picture, like all lengths here
HALVES = (3.5, 6.0)
FIRST, LAST = 6.0, 26.0  # centres of shapes
SIDE = 32  # pixels on which larger pictures are looked at
KERNELS = (  # on both axes: where pixels are few, a shape may be sharp, lie between pixels, or be blurred
    torch.tensor([1.0]),
    torch.tensor([0.5, 0.5, 0.0]),
    torch.softmax(-torch.arange(-3.0, 4.0).square(), 0),  # sigma 0.7 pixels
    torch.softmax(-torch.arange(-3.0, 4.0).square() / 2, 0),  # 1 pixel
)
SMOOTH = 4  # a ground of so many numbers on a side, enlarged, is not looked at
LEAST = 0.4  # correlation: with less there is no shape


class Templates(NamedTuple):
    """All shapes in all places. covered: (T, P), the share of each pixel within. seen: the same as they are compared.

    words: (T, 4) int64, size, shape, vertical and horizontal as positions in ``WORDS``.
    """

    covered: Tensor
    seen: Tensor
    words: Tensor


def read(pixels: Tensor) -> Tensor:
    """(B, 3, H, W) uint8 to (B, 5) int64, positions in ``WORDS``; -1 in all five where there is no shape.

    A picture shows the template with the largest correlation, in the direction of colours in which the picture varies
    most, after what a smooth ground can be is taken from both. Its colour is the nearest to the mean over the template.
    """
    with full_float32(pixels.device):
        return _read(pixels)


def _read(pixels: Tensor) -> Tensor:
    images = pixels.float() / 255
    images = F.interpolate(images, [min(side, SIDE) for side in images.shape[2:]], mode="area")
    templates = Templates(*(part.to(pixels.device) for part in _templates(*images.shape[2:])))
    varied = _without_ground(images.flatten(2), _ground(*images.shape[2:]).to(pixels.device))  # (B, 3, P)
    direction = torch.linalg.eigh(varied @ varied.transpose(1, 2)).eigenvectors[:, None, :, 2]
    seen = F.normalize((direction @ varied).squeeze(1), dim=1)  # (B, P)
    likeness, chosen = (seen @ templates.seen.T).abs().max(1)
    covered = templates.covered[chosen]
    mean = (images.flatten(2) * covered[:, None]).sum(2) / covered.sum(1, keepdim=True)  # (B, 3)
    colour = (mean @ F.normalize(COLOURS, dim=1).T.to(mean.device)).argmax(1)
    words = templates.words[chosen]
    words = torch.cat([words[:, :1], colour[:, None], words[:, 1:]], dim=1)
    return words.masked_fill((likeness < LEAST)[:, None], -1)


@lru_cache(maxsize=4)
def _templates(height: int, width: int) -> Templates:
    coarse = min(height, width) < SIDE
    places = torch.arange(FIRST, LAST + 0.1, 0.5 if coarse else 1.0)
    y, x = (place.flatten() for place in torch.meshgrid(places, places, indexing="ij"))
    covered, words = [], []
    for (size, half), shape in itertools.product(enumerate(HALVES), range(3)):
        sharp = _coverage(shape, y, x, half, height, width)
        of_each = torch.stack([torch.full_like(y, size), torch.full_like(y, shape), y > 16, x > 16], dim=1)
        for kernel in KERNELS if coarse else KERNELS[:1]:
            covered.append(_filtered(sharp, kernel).flatten(1))
            words.append(of_each.long())
    whole = torch.cat(covered)
    seen = F.normalize(_without_ground(whole, _ground(height, width)), dim=1)
    return Templates(whole, seen, torch.cat(words))


def _coverage(shape: int, y: Tensor, x: Tensor, half: float, height: int, width: int) -> Tensor:
    """(n, height, width): the share of each pixel that lies within a shape around each of (n,) places.

    A pixel whose centre lies d pixels within the edge is covered by d + 1/2, from 0 to 1.
    """
    dy = (torch.arange(height) + 0.5) * (32 / height) - y[:, None]
    dx = ((torch.arange(width) + 0.5) * (32 / width) - x[:, None]).abs()
    dy, dx = dy[:, :, None], dx[:, None, :]
    pixel = max(32 / height, 32 / width)

    def share(within: Tensor) -> Tensor:
        return (within / pixel + 0.5).clamp(0, 1)

    match WORDS["shape"][shape]:
        case "circle":
            return share(half - torch.hypot(dy, dx))
        case "square":
            return share(half - dy.abs()) * share(half - dx)
        case _:  # its tip is at the top, and its sides rise two for each one that they go inward
            return share(half - dy) * share(((dy + half) / 2 - dx) * (2 / 5**0.5))


def _filtered(images: Tensor, kernel: Tensor) -> Tensor:
    """(n, H, W) under a kernel of an odd number of weights, along both axes."""

    def weights(side: int) -> Tensor:
        single = F.pad(torch.eye(side)[:, None], [len(kernel) // 2] * 2, mode="replicate")
        return F.conv1d(single, kernel[None, None]).squeeze(1)  # (before, after)

    return weights(images.shape[1]).T @ images @ weights(images.shape[2])


@lru_cache(maxsize=4)
def _ground(height: int, width: int) -> Tensor:
    """(P, n): orthonormal pictures, whose sums are all that a smooth ground can be."""
    single = torch.eye(SMOOTH**2).view(-1, 1, SMOOTH, SMOOTH)
    enlarged = F.interpolate(single, (height, width), mode="bilinear").flatten(1)
    return torch.linalg.qr(enlarged.T).Q


def _without_ground(images: Tensor, ground: Tensor) -> Tensor:
    """(..., P), less the nearest smooth ground."""
    return images - (images @ ground) @ ground.T
