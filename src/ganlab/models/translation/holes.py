"""Where a hole is in a picture: its middle, the square around it, and how what is made for it gets back."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.models.translation.tiles import window

Fill = Callable[[Tensor, Tensor], Tensor]  # image (B, C, S, S) and mask (B, 1, S, S) to the completed image


def middle(image: Tensor, like: Tensor) -> Tensor:
    """The middle of (B, C, H, W), as high and wide as ``like``."""
    (top, left), (height, width) = _margins(image, like), like.shape[2:]
    return image[..., top : top + height, left : left + width]


def around(part: Tensor, image: Tensor) -> Tensor:
    """``part`` in the middle of zeros, as high and wide as ``image``."""
    top, left = _margins(image, part)
    bottom, right = image.shape[2] - part.shape[2] - top, image.shape[3] - part.shape[3] - left
    return F.pad(part, (left, right, top, bottom))


def _margins(image: Tensor, part: Tensor) -> tuple[int, int]:
    return (image.shape[2] - part.shape[2]) // 2, (image.shape[3] - part.shape[3]) // 2


def fill_within_a_square(fill: Fill, image: Tensor, mask: Tensor, size: int) -> Tensor:
    """(1, C, H, W) of any size with its hole filled by a network that takes ``size`` x ``size`` pixels.

    The network sees the square around the hole, made smaller where that is larger than ``size``, and reflected beyond
    the picture's border. Known pixels stay as they are, bit for bit.

    image: must hold nothing worth hiding where the mask (1, 1, H, W) is 1.
    """
    if not mask.any():
        return image
    top, left, side = square_around(mask, size)
    visible, hole = (window(part, top, left, side, side) for part in (image, mask))
    # not its far reflections
    hole = around(hole[..., side // 4 : side * 3 // 4, side // 4 : side * 3 // 4], hole)
    visible = F.interpolate(visible, (size, size), mode="bilinear", antialias=True)
    output = fill(visible, F.adaptive_max_pool2d(hole, size))
    output = F.interpolate(output, (side, side), mode="bilinear", antialias=True)
    ends = zip((top, left), image.shape[2:], strict=True)
    (first_row, last_row), (first, last) = ((max(at, 0), min(at + side, length)) for at, length in ends)
    canvas = torch.zeros_like(image)
    canvas[..., first_row:last_row, first:last] = output[
        ..., first_row - top : last_row - top, first - left : last - left
    ]
    return torch.where(mask > 0, canvas, image)


def square_around(mask: Tensor, minimum: int) -> tuple[int, int, int]:
    """Top, left and side of a square, at least ``minimum`` wide, with the hole within its middle half.

    mask: (1, 1, H, W). The square may begin above or left of the picture, and end beyond it.
    """
    rows, columns = (mask[0, 0].amax(dim=axis).nonzero().flatten() for axis in (1, 0))
    firsts = int(rows[0]), int(columns[0])
    lengths = int(rows[-1]) + 1 - firsts[0], int(columns[-1]) + 1 - firsts[1]
    side = max(minimum, -(-max(lengths) // 2) * 4)
    top, left = (
        first - side // 4 - (side // 2 - length) // 2 for first, length in zip(firsts, lengths, strict=True)
    )
    return top, left, side
