"""Intervals counted in images, so that they mean the same at every batch size and number of processes."""

from ganlab.models.base import GAN
from ganlab.types import Batch


def crossed(every_images: int, module: GAN, batch: Batch) -> bool:
    """Whether this step passed a multiple of ``every_images``; a function of the counts alone, so resume keeps it."""
    before = module.images - len(next(iter(batch.values()))) * module.trainer.world_size
    return module.images // every_images > before // every_images
