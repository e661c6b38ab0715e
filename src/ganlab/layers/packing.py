"""Several samples seen as one, so that a discriminator can tell many from the same one again (Lin et al. 2018)."""

from torch import Tensor

from ganlab.errors import UserError


def packed(samples: Tensor, size: int) -> Tensor:
    """(B, C, ...) to (B / size, size * C, ...): neighbours in the batch, side by side in the channels.

    Of fewer samples than ``size`` the first come again. Raises UserError where size does not divide a larger batch.
    """
    batch = len(samples)
    if batch < size:
        samples = samples.repeat(-(-size // batch), *[1] * (samples.ndim - 1))[:size]
    elif batch % size:
        raise UserError(
            f"a batch of {batch} cannot be cut into packs of {size}; try data.batch_size={batch + size - batch % size}"
        )
    return samples.unflatten(0, (-1, size)).flatten(1, 2)


def unpacked(scores: Tensor, batch: int, size: int) -> Tensor:
    """(packs,) scores of :func:`packed` to (B,): each sample has its pack's."""
    return scores.repeat_interleave(size)[:batch]
