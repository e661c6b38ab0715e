"""Channels at each size, for generator and discriminator alike."""

from ganlab.bounds import ImageSize
from ganlab.errors import UserError
from ganlab.networks.sizes import doubled, in_words


def widths(image_size: ImageSize, width: int, narrows_after: int, family: str = "StyleGAN2") -> list[int]:
    """Channels where a square has 4, 8, 16, ... pixels: ``width``, from ``narrows_after`` on half as many each time.

    Raises:
        UserError: a size that 4 does not double to, or one that no channel is left for.
    """
    sizes = [4 * 2**level for level in range(doubled(family, image_size).times + 1)]
    found = [min(width, width * narrows_after // size) for size in sizes]
    if found[-1] < 1:
        raise UserError(
            f"width={width}, narrows_after={narrows_after}: no channel is left at {in_words(image_size)} pixels; try "
            f"narrows_after={-(-sizes[-1] // width)} or more"
        )
    return found
