"""Channels at each size, for generator and discriminator alike."""

from ganlab.errors import UserError
from ganlab.networks.sizes import doublings


def widths(image_size: int, width: int, narrows_after: int, family: str = "StyleGAN2") -> list[int]:
    """Channels at 4, 8, 16, ... pixels: ``width``, from ``narrows_after`` pixels on half as many at each doubling.

    Raises:
        UserError: a size that 4 does not double to, or one that no channel is left for.
    """
    sizes = [4 * 2**level for level in range(doublings(family, image_size) + 1)]
    found = [min(width, width * narrows_after // size) for size in sizes]
    if found[-1] < 1:
        raise UserError(
            f"width={width}, narrows_after={narrows_after}: no channel is left at {image_size} pixels; try "
            f"narrows_after={-(-image_size // width)} or more"
        )
    return found
