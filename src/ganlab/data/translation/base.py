"""What image-to-image data have in common: stored pictures of one or two sides, cropped and mirrored together."""

from collections.abc import Iterator
from typing import ClassVar

from torch import Tensor

from ganlab.bounds import Count, ImageSize
from ganlab.data.base import (
    Flip,
    Split,
    flip_chance,
    height_and_width,
    loaded_height_and_width,
    mirrored,
    require_memory_for_batch,
)
from ganlab.data.disk.settings import FolderOptions
from ganlab.data.endless import EndlessData, StoredOptions, parts_of_batch, place
from ganlab.data.order import IndexStream
from ganlab.data.store.crops import Centred, cut
from ganlab.data.translation.sets import Examples, ExampleSplits, Named
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws, derive
from ganlab.sets import ImageSet
from ganlab.types import Batch, batch_of


class ExampleOptions(StoredOptions, total=False):
    """The constructor arguments of all image-to-image data, beside ``load_size``: see ``ExampleData``."""

    image_size: ImageSize
    flip: Flip


class CropOptions(ExampleOptions, total=False):
    """The same with ``load_size``, for pictures that crops may be cut out of."""

    load_size: ImageSize | None


class PictureFolderOptions(FolderOptions, total=False):
    """The constructor arguments of all folders of one's own whose defaults are the usual ones."""

    flip: Flip
    seed: int
    limit: Count | None


class ExampleData(EndlessData):
    """Examples of an input and what it should become, (B, C, H, W) in [-1, 1].

    A training example is a random crop of ``image_size`` out of a picture of ``load_size``, mirrored by chance;
    what is done to one side of a pair is done to the other.

    Args:
        image_size: Side of the square examples, or [height, width].
        load_size: Size that pictures have before they are cropped; null: ``image_size``, nothing is cut off.
        flip: Chance that a training example is mirrored left to right; true means 0.5.
        batch_size, seed, limit: See ``StoredOptions``.
    """

    classes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        image_size: ImageSize = 64,
        load_size: ImageSize | None = None,
        batch_size: Count = 16,
        flip: Flip = True,
        seed: int = 0,
        limit: Count | None = None,
    ) -> None:
        super().__init__(batch_size=batch_size, seed=seed, limit=limit)
        self.height, self.width = height_and_width(image_size)
        self.load_height, self.load_width = loaded_height_and_width(load_size, image_size)
        require_memory_for_batch(batch_size, self.load_height, self.load_width)
        self.image_size, self.flip = image_size, flip_chance(flip)

    def load(self) -> ExampleSplits:
        raise NotImplementedError

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        """(C, H, W) of every key of a training batch."""
        raise NotImplementedError

    def examples(self, side: str, images: Tensor) -> Batch:
        """What becomes of (B, C, H, W) uint8 images of a side; one side alone may give several keys."""
        return batch_of({side: from_uint8(images)})

    def training(self, side: str, images: Tensor, draws: Draws) -> Batch:
        """``examples`` for training, which may draw with ``draws``."""
        return self.examples(side, images)

    def scored(self, side: str, images: Tensor, indices: Tensor) -> Batch:
        """``examples`` for scores and pictures, the same every time: (n,) ``indices`` say which they are."""
        return self.examples(side, images)

    def dataset(self, split: Split) -> "Examples":
        """The examples of a split as they are scored, in a fixed order: the centres of larger pictures."""
        self.prepare()
        return Examples(self._centred(split), self.scored)

    def scored_size(self, split: Split) -> tuple[int, int]:
        """Height and width of the examples of ``dataset``."""
        return self.height, self.width

    def _centred(self, split: Split) -> dict[str, Named[ImageSet]]:
        size = self.scored_size(split)
        sides = getattr(self._splits, split)
        return {side: Named(Centred(images, *size), names) for side, (images, names) in sides.items()}

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        draws = Draws(self.seed, rank=rank, world=world)
        orders = self._order(rank, world)
        streams = {
            side: stored.images.batches(orders[side], step, device)
            for side, stored in self._splits.train.items()
        }
        while True:
            batch = Batch()
            for side, stream in streams.items():
                images, _ = next(stream)
                draws.reseed("augment", side, step)
                batch.update(self.training(side, self._augmented(images, draws), draws))
            yield batch
            step += 1

    def _order(self, rank: int, world: int) -> dict[str, IndexStream]:
        """An order for each side: they are never in step, so that nobody learns from chance pairs."""
        self.prepare()
        return {
            side: IndexStream(
                length=len(stored.images),
                batch_size=self.batch_size,
                parts=parts_of_batch(self),
                seed=derive(self.seed, "order", side),
                rank=rank,
                world=world,
                limit=self.limit,
            )
            for side, stored in self._splits.train.items()
        }

    def _augmented(self, images: Tensor, draws: Draws) -> Tensor:
        """(B, C, load height, load width) to (B, C, H, W)."""
        spots, turned = draws.uniform(len(images), 2), draws.uniform(len(images)) < self.flip
        images = cut(images, spots, self.height, self.width)
        return mirrored(images, turned) if self.flip else images
