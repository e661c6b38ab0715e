"""Which image sizes a network can make or read; checked at construction, before any training."""

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import NamedTuple

from ganlab.bounds import ImageSize
from ganlab.errors import UserError


class Doubled(NamedTuple):
    """How maps become images: their first (height, width), and how often it doubles."""

    first: tuple[int, int]
    times: int

    @property
    def pixels(self) -> int:
        """Of the first maps."""
        return prod(self.first)


def doubled(
    network: str, image_size: ImageSize, *, start: int = 4, minimum: int = 1, also: tuple[int, ...] = ()
) -> Doubled:
    """Maps of start x start that double to a square; for a rectangle, of a shorter side from start to 2 * start - 1.

    The rest is as in ``doublings``; a rectangle doubles as often as the largest square in it could. Raises UserError
    for sizes that do not come out so.
    """
    height, width = sides(image_size)
    if height == width:
        return Doubled((start, start), doublings(network, height, start=start, minimum=minimum, also=also))
    times = max(minimum, (max(1, min(height, width) // start)).bit_length() - 1)
    unit = 2**times
    if height % unit or width % unit or min(height, width) < start * unit:
        near = min(
            _rectangles(height, width, start, minimum),
            key=lambda size: abs(size[0] - height) + abs(size[1] - width),
        )
        raise UserError(
            f"image_size={in_words(image_size)}: {network} doubles maps whose shorter side is {start} to "
            f"{2 * start - 1}, {times} times for this size, so both sides need to be multiples of {unit} from "
            f"{start * unit} on; try data.image_size={in_words(near)}"
        )
    return Doubled((height // unit, width // unit), times)


def _rectangles(height: int, width: int, start: int, minimum: int) -> Iterator[tuple[int, int]]:
    """Sizes near this one that double from maps whose shorter side is ``start`` to 2 * start - 1, small maps first."""
    for times in range(15, minimum - 1, -1):
        unit = 2**times
        for tall in (height // unit, height // unit + 1):
            for wide in (width // unit, width // unit + 1):
                tall, wide = max(start, tall), max(start, wide)
                if min(tall, wide) < 2 * start and (tall != wide or tall == start):
                    yield tall * unit, wide * unit


def doublings(
    network: str, image_size: int, *, start: int = 4, minimum: int = 1, also: tuple[int, ...] = ()
) -> int:
    """How often ``start`` pixels double to ``image_size``: log2(image_size / start).

    minimum: the smallest answer that the network can work with. also: sizes that are cropped from the next
    doubled size and count like it. Raises UserError for any other size.
    """
    legal = sorted({*(start * 2**power for power in range(minimum, 16)), *also})
    listed = ", ".join(map(str, [size for size in legal if size <= 8 * start * 2**minimum]))
    require_size(image_size, legal, f"{network} doubles from {start}, so it needs {listed}, ...")
    return (-(-image_size // start) - 1).bit_length()


def require_size(image_size: ImageSize, legal: Iterable[int], rule: str) -> None:
    """Raise UserError with ``rule`` and the nearest legal size, unless both sides are among ``legal``."""
    legal = list(legal)
    if any(side not in legal for side in sides(image_size)):
        height, width = (min(legal, key=lambda size: abs(size - side)) for side in sides(image_size))
        raise UserError(
            f"image_size={in_words(image_size)}: {rule}; try data.image_size={in_words((height, width))}"
        )


def nearest_multiple(image_size: ImageSize, factor: int, least: int = 1) -> str:
    """The size whose sides are the nearest multiples of ``factor``, ``least`` times it or more, as it is written."""
    height, width = (max(least, round(side / factor)) * factor for side in sides(image_size))
    return in_words((height, width))


def sides(image_size: ImageSize | Sequence[int]) -> tuple[int, int]:
    """Height and width; a single number is both."""
    if isinstance(image_size, int):
        return image_size, image_size
    height, width = image_size
    return height, width


def in_words(image_size: ImageSize | Sequence[int]) -> str:
    """As it is written: 64, or [64,96] for height and width."""
    height, width = sides(image_size)
    return str(height) if height == width else f"[{height},{width}]"
