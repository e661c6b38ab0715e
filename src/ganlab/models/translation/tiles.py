"""Images of any size through a network that was made for some sizes."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Translate = Callable[[Tensor], Tensor]


def at_any_size(
    network: Translate, image: Tensor, *, stride: int, minimum: int = 1, scale: int = 1
) -> Tensor:
    """(B, C, H, W) to (B, C', scale * H, scale * W), though the network takes multiples of ``stride`` only.

    What is missing to the next multiple, and to ``minimum``, is reflected from the image and cut off again.
    """
    height, width = image.shape[2:]
    length = (-(-max(side, minimum) // stride) * stride for side in (height, width))
    return network(reflected(image, *length))[..., : height * scale, : width * scale]


def reflected(image: Tensor, height: int, width: int) -> Tensor:
    """(B, C, h, w) to (B, C, height, width), at least as large: reflected at the lower and right border, and again."""
    return window(image, 0, 0, height, width)


def window(image: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """(B, C, h, w) to (B, C, height, width) from a place that may lie outside, where the image is reflected."""
    rows, columns = (
        _bounce(torch.arange(first, first + length), side).to(image.device)
        for first, length, side in zip((top, left), (height, width), image.shape[2:], strict=True)
    )
    return image[..., rows[:, None], columns]


def _bounce(position: Tensor, size: int) -> Tensor:
    """Places on a line to 0, 1, ..., size - 1, size - 2, ..., 0, 1, ..., the same shape."""
    position = position % max(1, 2 * size - 2)
    return torch.minimum(position, (2 * size - 2 - position).abs())


def in_tiles(network: Translate, image: Tensor, *, tile: int, scale: int = 1) -> Tensor:
    """(1, C, H, W) to (1, C', scale * H, scale * W), by tiles of ``tile`` pixels a side that overlap by a quarter.

    ``network`` takes any size up to that. Where tiles overlap, each counts more the further a pixel is from its border,
    so that no seam shows.
    """
    height, width = image.shape[2:]
    total = weights = torch.zeros(())
    for top in _starts(height, tile):
        for left in _starts(width, tile):
            output = network(image[..., top : top + tile, left : left + tile])
            if total.ndim == 0:
                total = output.new_zeros(1, output.shape[1], height * scale, width * scale)
                weights = output.new_zeros(1, 1, height * scale, width * scale)
            down, right = (_hat(side, tile * scale // 4).to(output) for side in output.shape[2:])
            weight = down[:, None] * right
            window = (
                ...,
                slice(top * scale, top * scale + output.shape[2]),
                slice(left * scale, left * scale + output.shape[3]),
            )
            total[window] += weight * output
            weights[window] += weight
    return total / weights


def _starts(side: int, tile: int) -> Iterator[int]:
    """Where tiles begin: evenly apart, by at most three quarters of a tile."""
    if side <= tile:
        return iter((0,))
    gaps = -(-(side - tile) // max(1, tile * 3 // 4))
    return (index * (side - tile) // gaps for index in range(gaps + 1))


def _hat(side: int, ramp: int) -> Tensor:
    """1, 2, ... up to ``ramp`` and at the other end down again: (side,)."""
    position = torch.arange(side)
    return torch.minimum(position, side - 1 - position).add(1).clamp_max(max(ramp, 1))
