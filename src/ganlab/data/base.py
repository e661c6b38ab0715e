"""What all image data sets have in common: endless training batches, fixed sets for grids and metrics."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple, Protocol, Unpack, get_args

import torch
from torch import Tensor

from ganlab.bounds import ImageSize, Share
from ganlab.data.endless import EndlessData, StoredOptions, growth_of, parts_of_batch, place
from ganlab.data.order import IndexStream, kept
from ganlab.errors import UserError
from ganlab.memory_budget import require_memory
from ganlab.nearest import numbered
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.sets import ImageSet
from ganlab.types import Batch

Split = Literal["train", "test"]
Channels = Literal[1, 3]  # grey, or RGB
OwnChannels = Literal[1, 3, 4]  # ... or RGBA, where images are one's own files
Flip = bool | Share


class StoredImages(ImageSet, Protocol):
    """An image set that can also feed training."""

    def batches(
        self, order: IndexStream, first: int, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """uint8 images and labels on ``device``: those of step ``first``, of the next step, without end."""
        ...


class Splits(NamedTuple):
    """What ``ImageData.load`` gives; ``test`` was never trained on, and may be empty."""

    train: StoredImages
    test: StoredImages


class ImageOptions(StoredOptions, total=False):
    """The constructor arguments of all images, beside ``channels``: see ``ImageData``."""

    image_size: ImageSize
    flip: Flip
    dequantize: Share


class ColourOptions(ImageOptions, total=False):
    """The same with ``channels``, for images that may have either number of them."""

    channels: OwnChannels


class ImageData(EndlessData):
    """Images in [-1, 1], (B, channels, H, W).

    Args:
        image_size: Side of the square images, or [height, width].
        channels: 1 (grey), 3 (RGB), or 4 (RGBA) of images of one's own; images are converted to it.
        flip: Chance that a training image is mirrored left to right; true means 0.5.
        dequantize: Width of uniform noise that is added to training images, in steps of the 256 pixel values; 1 fills
            the gaps between them, as in the code of Gulrajani et al. 2017 (WGAN-GP).
        options: See ``StoredOptions``.
    """

    kind: str = "images"
    with_alpha: ClassVar[bool] = False  # whether it can give four channels

    def __init__(
        self,
        *,
        image_size: ImageSize = 32,
        channels: OwnChannels = 3,
        flip: Flip = False,
        dequantize: Share = 0.0,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(**options)
        self.height, self.width = height_and_width(image_size)
        require_memory_for_batch(self.batch_size, self.height, self.width)
        require_channels(alpha=self.with_alpha, channels=channels)
        self.flip = flip_chance(flip)
        self.dequantize = dequantize
        self.image_size, self.channels = image_size, channels

    def load(self) -> tuple[ImageSet, ImageSet]:
        """``Splits``, or captioned ones; see ``EndlessData.load``."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of an image."""
        return self.channels, self.height, self.width

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the labels, empty for data without labels."""
        return self.dataset("train").classes

    def dataset(self, split: Split) -> ImageSet:
        """The images of a split as they are: uint8, never mirrored, in a fixed order."""
        self.prepare()
        return getattr(self._splits, split)

    def trained_on(self) -> Tensor:
        """(n,) the places in ``dataset("train")`` of the images that training sees: all, unless there is a limit."""
        return kept(len(self.dataset("train")), self.limit)

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        draws = Draws(self.seed, rank=rank, world=world)
        self.prepare()
        stored: StoredImages = self._splits.train
        for images, labels in stored.batches(self._order(rank, world), step, device):
            if self.flip:
                draws.reseed("flip", step)
                images = mirrored(images, draws.uniform(len(images)) < self.flip)
            batch = Batch(image=self.as_floats(images, draws, step))
            if labels is not None:
                batch["label"] = labels
            yield batch
            step += 1

    def as_floats(self, images: Tensor, draws: Draws, step: int) -> Tensor:
        """uint8 training images to [-1, 1], with noise if that is asked for."""
        if not self.dequantize:
            return from_uint8(images)
        draws.reseed("dequantize", step)
        return dequantized(images, self.dequantize * draws.uniform(*images.shape), self.dequantize)

    def _order(self, rank: int, world: int) -> IndexStream:
        return IndexStream(
            length=len(self.dataset("train")),
            batch_size=self.batch_size,
            parts=parts_of_batch(self),
            seed=self.seed,
            rank=rank,
            world=world,
            limit=self.limit,
            **growth_of(self, world),
        )


def mirrored(images: Tensor, chosen: Tensor) -> Tensor:
    """(B, C, H, W) with the ``chosen`` (B,) images flipped left to right.

    The choice may lie on the CPU while the images are elsewhere: nothing here waits for the device.
    """
    n = len(images)
    rows = torch.arange(n) + n * chosen  # gathering whole images is five times as fast as torch.where
    return torch.cat((images, images.flip(3))).index_select(0, rows.to(images.device, non_blocking=True))


def dequantized(pixels: Tensor, noise: Tensor, width: float) -> Tensor:
    """uint8 pixels plus ``noise`` in [0, width), to float32 in [-1, 1): 0 at -1 and 255 + width at 1."""
    noisy = pixels.float() + noise.to(pixels.device, non_blocking=True)
    return noisy.mul_(2 / (255 + width)).sub_(1)


def in_words(classes: Sequence[str]) -> str:
    """``2 classes (0 cat, 1 dog)``, in the order of their labels."""
    if not classes:
        return "no classes"
    return f"{len(classes)} class{'es' * (len(classes) > 1)} ({numbered(classes)})"


def height_and_width(image_size: int | Sequence[int], key: str = "image_size") -> tuple[int, int]:
    """Both sides; raises UserError, which names ``data.<key>``."""
    sides = [image_size, image_size] if isinstance(image_size, int) else list(image_size)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise UserError(f"data.{key}={image_size}: a positive whole number, or [height, width]")
    return sides[0], sides[1]


def loaded_height_and_width(load_size: ImageSize | None, image_size: ImageSize) -> tuple[int, int]:
    """Both sides of images before ``image_size`` is cut out of them; raises UserError where they are smaller."""
    height, width = height_and_width(image_size)
    load_height, load_width = (
        (height, width) if load_size is None else height_and_width(load_size, "load_size")
    )
    if load_height < height or load_width < width:
        raise UserError(
            f"data.load_size={load_size} is smaller than the crops, data.image_size={image_size}; "
            "load_size=null cuts nothing off"
        )
    return load_height, load_width


def require_memory_for_batch(batch_size: int, height: int, width: int) -> None:
    """Raises UserError where one batch of RGB images in [-1, 1] does not fit into the memory."""
    require_memory(
        12 * batch_size * height * width, f"data.batch_size={batch_size} of {height} x {width} pixels"
    )


def require_channels(*, alpha: bool = False, **channels: int) -> None:
    """Raises UserError for a number of channels that images do not have; alpha: whether they may have four."""
    for key, number in channels.items():
        if number not in (get_args(OwnChannels) if alpha else get_args(Channels)):
            known = "1 channel (grey), 3 (RGB) or 4 (RGBA)" if alpha else "1 channel (grey) or 3 (RGB)"
            own = (
                ""
                if alpha or number != 4
                else "; those of data=folder, data=shards and data=hf may have 4 (RGBA)"
            )
            raise UserError(f"data.{key}={number}: images have {known}{own}")


def flip_chance(flip: bool | float) -> float:
    """The chance that an image is mirrored: true means 0.5."""
    chance = {True: 0.5, False: 0.0}[flip] if isinstance(flip, bool) else flip
    if not 0 <= chance <= 1:
        raise UserError(f"data.flip={flip}: a chance between 0 and 1, or true for 0.5")
    return chance
