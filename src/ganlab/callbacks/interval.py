"""Intervals counted in images, so that they mean the same at every batch size and number of processes."""

from ganlab.models.base import GAN
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Growing, tensors_of


def crossed(every_images: int, module: GAN, batch: Batch) -> bool:
    """Whether this step passed a multiple of ``every_images``; a function of the counts alone, so resume keeps it."""
    before = module.images - len(next(iter(tensors_of(batch).values()))) * module.trainer.world_size
    return module.images // every_images > before // every_images


def images_of_run(trainer: Trainer, module: GAN) -> int:
    """How many images all processes will have seen at the end."""
    steps, usual, world = (
        trainer.max_steps,
        trainer.accumulate * trainer.datamodule.batch_size,
        trainer.world_size,
    )
    if isinstance(module, Growing):
        return module.batch_at(steps, usual, world)[0]
    return steps * usual * world
