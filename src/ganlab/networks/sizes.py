"""Which image sizes a network can make or read; checked at construction, before any training."""

from collections.abc import Iterable, Sequence

from ganlab.errors import UserError


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


def require_size(image_size: int, legal: Iterable[int], rule: str) -> None:
    """Raise UserError with ``rule`` and the nearest legal size, unless ``image_size`` is among ``legal``."""
    legal = list(legal)
    if image_size not in legal:
        nearest = min(legal, key=lambda size: abs(size - image_size))
        raise UserError(f"image_size={image_size}: {rule}; try data.image_size={nearest}")


def sides(image_size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width; a single number is both."""
    if isinstance(image_size, int):
        return image_size, image_size
    height, width = image_size
    return height, width
