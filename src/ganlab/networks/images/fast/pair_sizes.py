"""Which sizes FastGAN's networks have."""

from ganlab.networks.sizes import require_size

SIDES = (64, 128, 256, 512, 1024)


def steps_from_64(network: str, image_size: int) -> int:
    """How often 64 pixels double to ``image_size``; raises UserError for a size that is none of ``SIDES``."""
    listed = ", ".join(map(str, SIDES))
    require_size(image_size, SIDES, f"{network} steers maps by 16 times smaller ones, so it needs {listed}")
    return SIDES.index(image_size)


def side_of_small(image_size: int) -> int:
    """Of the small image beside one of ``image_size``: half, at most 128 pixels."""
    return min(128, image_size // 2)
