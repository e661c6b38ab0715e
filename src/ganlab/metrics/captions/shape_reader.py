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
BESIDE = (-0.5, 0.0, 0.5)  # a drawn shape may be smaller or larger: its area says nothing of its kind
FIRST, LAST = 6.0, 26.0  # centres of shapes
SIDE = 32  # pixels on which larger pictures are looked at
KERNELS = (  # on both axes: a shape may be sharp, lie between pixels, or be blurred
    torch.tensor([1.0]),
    torch.tensor([0.5, 0.5, 0.0]),
    torch.softmax(-torch.arange(-3.0, 4.0).square(), 0),  # sigma 0.7 pixels
    torch.softmax(-torch.arange(-3.0, 4.0).square() / 2, 0),  # 1 pixel
)
SMOOTH = 4  # a ground of so many numbers on a side, enlarged, is not looked at
LEAST = 0.4  # correlation: with less there is no shape
# of the way from halfway between two kinds of shape to one of them: with less it is neither; real ones go further
DECIDED, DECIDED_TRIANGLE = 0.35, 0.2  # circle or square; where one of the two is a triangle


class Templates(NamedTuple):
    """All shapes in all places. covered: (T, P), the share of each pixel within. seen: (K, T, P), as they are compared.

    K are the kernels that they are seen under. words: (T, 4) int64, size, shape, vertical and horizontal as positions
    in ``WORDS``.
    """

    covered: Tensor
    seen: Tensor
    words: Tensor


def read(pixels: Tensor) -> Tensor:
    """(B, 3, H, W) uint8 to (B, 5) int64, positions in ``WORDS``; -1 in all five where there is no shape.

    A picture shows the template with the largest correlation, in the direction of colours in which the picture varies
    most, after what a smooth ground can be is taken from both. Its colour is the nearest to the mean over the template.
    The shape alone is -1, undecided, where a picture of 32 pixels or more lies between two kinds: a rounded square is
    neither a square nor a circle. Smaller ones have too few pixels to tell that. What fools it: docs/captions.md.
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
    alike = (seen @ templates.seen.flatten(0, 1).T).abs().unflatten(1, templates.seen.shape[:2])  # (B, K, T)
    kernel = alike.amax(2).argmax(1)
    alike = alike[torch.arange(len(alike)), kernel]  # (B, T), under the kernel that suits the picture
    likeness, chosen = alike.max(1)
    covered = templates.covered[chosen]
    mean = (images.flatten(2) * covered[:, None]).sum(2) / covered.sum(1, keepdim=True)  # (B, 3)
    colour = (mean @ F.normalize(COLOURS, dim=1).T.to(mean.device)).argmax(1)
    words = templates.words[chosen]
    shape = words[:, 1]
    if min(images.shape[2:]) == SIDE:
        shape = shape.masked_fill(_undecided(alike, kernel, templates), -1)
    words = torch.stack([words[:, 0], colour, shape, words[:, 2], words[:, 3]], dim=1)
    return words.masked_fill((likeness < LEAST)[:, None], -1)


def _undecided(alike: Tensor, kernel: Tensor, templates: Templates) -> Tensor:
    """(B,) bool: where a picture lies between two kinds of shape. alike: (B, T) under each picture's kernel, (B,).

    a and b are how alike it is to the most alike template and to the nearest of another kind and the same size, c how
    alike these two are: it is (a - b) / (a (1 - c)) of the way, which is 1 of the first with nothing but noise besides.
    """
    size, kind = templates.words[:, :2].T
    likeness, chosen = alike.max(1)
    rivals = (size == size[chosen, None]) & (kind != kind[chosen, None])
    rival_likeness, rival = alike.masked_fill(~rivals, -1.0).max(1)
    between = (templates.seen[kernel, chosen] * templates.seen[kernel, rival]).sum(1)
    way = (likeness - rival_likeness) / (likeness * (1 - between)).clamp_min(1e-6)
    triangle = WORDS["shape"].index("triangle")
    with_triangle = (kind[chosen] == triangle) | (kind[rival] == triangle)
    return way < torch.where(with_triangle, DECIDED_TRIANGLE, DECIDED)


@lru_cache(maxsize=4)
def _templates(height: int, width: int) -> Templates:
    coarse = min(height, width) < SIDE
    places = torch.arange(FIRST, LAST + 0.1, 0.5 if coarse else 1.0)
    y, x = (place.flatten() for place in torch.meshgrid(places, places, indexing="ij"))
    beside = (0.0,) if coarse else BESIDE
    covered, words = [], []
    for (size, half), more, shape in itertools.product(enumerate(HALVES), beside, range(3)):
        covered.append(_coverage(shape, y, x, half + more, height, width))
        of_each = [torch.full_like(y, size), torch.full_like(y, shape), y > 16, x > 16]
        words.append(torch.stack(of_each, dim=1).long())
    whole = torch.cat(covered)
    ground = _ground(height, width)
    seen = [
        F.normalize(_without_ground(_filtered(whole, kernel).flatten(1), ground), dim=1) for kernel in KERNELS
    ]
    return Templates(whole.flatten(1), torch.stack(seen), torch.cat(words))


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
