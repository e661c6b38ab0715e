"""What all image data sets have in common: endless training batches, fixed sets for grids and metrics."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from ganlab.bounds import Count, Share, Size
from ganlab.data.identity import Identity, changes, identity_of
from ganlab.data.order import IndexStream
from ganlab.errors import UserError
from ganlab.memory_budget import require_memory
from ganlab.nearest import numbered
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.types import Batch, Growing, ImageSet

Split = Literal["train", "test"]


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


class EndlessData(LightningDataModule):
    """Batches without end, made of stored images in an order that depends on (seed, step, rank) alone.

    Args:
        batch_size: Images per step and process.
        seed: Of the order and of what is done to the images at random.
    """

    kind: ClassVar[str]

    def __init__(self, *, batch_size: Count, seed: int) -> None:
        super().__init__()
        if batch_size < 1:
            raise UserError(f"data.batch_size={batch_size}: a batch needs at least 1 image")
        self.batch_size, self.seed = batch_size, seed
        self._splits: Any = None
        self._identity: Identity | None = None

    def load(self) -> Any:
        """Read, download or list the images; raises UserError for what cannot be trained on."""
        raise NotImplementedError

    def _batches(self) -> Iterator[Batch]:
        """The training batches from where the training stands."""
        raise NotImplementedError

    def _order(self, rank: int, world: int) -> Any:
        """The order of the training images; raises UserError where they are less than one batch."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Load and check everything that can be checked before training; a second call does nothing.

        Raises:
            UserError: the data is missing, damaged or less than one batch.
        """
        if self._splits is None:
            self._splits = self.load()
            self._order(0, 1)

    def identity(self) -> Identity:
        """See :func:`~ganlab.data.identity.identity_of`; found out once."""
        if self._identity is None:
            self.prepare()
            self._identity = identity_of(self._splits)
        return self._identity

    def changes(self, before: Identity, *, same_settings: bool) -> str:
        """See :func:`~ganlab.data.identity.changes`."""
        return changes(before, self.identity(), same_settings=same_settings)

    def prepare_data(self) -> None:
        self.prepare()

    def setup(self, stage: str) -> None:
        self.prepare()
        self._order(self.trainer.global_rank, self.trainer.world_size)  # more processes need more images

    def train_dataloader(self) -> "Endless":
        """Training batches without end; the first is the one that follows the steps already done."""
        return Endless(self._batches)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Training batches are made on the device: this moves nothing then."""
        return {key: value.to(device, non_blocking=True) for key, value in batch.items()}


class ImageData(EndlessData):
    """Images in [-1, 1], (B, channels, H, W).

    Args:
        image_size: Side of the square images, or [height, width].
        channels: 1 (grey) or 3 (RGB); images are converted to it.
        batch_size: Images per step and process.
        flip: Chance that a training image is mirrored left to right; true means 0.5.
        dequantize: Width of uniform noise that is added to training images, in steps of the 256 pixel values; 1 fills
            the gaps between them, as in the code of Gulrajani et al. 2017 (WGAN-GP).
        seed: Of the order, the flips and the noise.
    """

    kind: ClassVar[str] = "images"

    def __init__(
        self,
        *,
        image_size: Size | tuple[Size, Size] = 32,
        channels: Literal[1, 3] = 3,
        batch_size: Count = 64,
        flip: bool | Share = False,
        dequantize: Share = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(batch_size=batch_size, seed=seed)
        self.height, self.width = height_and_width(image_size)
        require_memory_for_batch(batch_size, self.height, self.width)
        require_grey_or_rgb(channels=channels)
        self.flip = flip_chance(flip)
        self.dequantize = dequantize
        self.image_size, self.channels = image_size, channels

    def load(self) -> Splits:
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of an image."""
        return self.channels, self.height, self.width

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the labels, empty for data without labels."""
        return self.dataset("train").classes

    def dataset(self, split: Split) -> StoredImages:
        """The images of a split as they are: uint8, never mirrored, in a fixed order."""
        self.prepare()
        return getattr(self._splits, split)

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        draws = Draws(self.seed, rank=rank, world=world)
        for images, labels in self.dataset("train").batches(self._order(rank, world), step, device):
            if self.flip:
                draws.reseed("flip", step)
                images = mirrored(images, draws.uniform(len(images)) < self.flip)
            batch = Batch(image=from_uint8(images))
            if self.dequantize:
                draws.reseed("dequantize", step)
                noise = draws.uniform(*images.shape)
                batch["image"] = dequantized(images, self.dequantize * noise, self.dequantize)
            if labels is not None:
                batch["label"] = labels
            yield batch
            step += 1

    def _order(self, rank: int, world: int) -> IndexStream:
        return IndexStream(
            length=len(self.dataset("train")),
            batch_size=self.batch_size,
            seed=self.seed,
            rank=rank,
            world=world,
            **growth_of(self, world),
        )


def place(data: LightningDataModule) -> tuple[int, int, int, torch.device]:
    """Where the training stands that ``data`` is for: steps done, rank, number of processes, device."""
    trainer = data.trainer
    if trainer is None:
        return 0, 0, 1, torch.device("cpu")
    steps = int(getattr(trainer.lightning_module, "steps", 0))  # any LightningModule may use this data
    return steps, trainer.global_rank, trainer.world_size, trainer.strategy.root_device


def growth_of(data: EndlessData, world: int) -> dict[str, Callable[[int], Any]]:
    """What ``IndexStream`` is told besides where the trained module grows."""
    module = None if data.trainer is None else data.trainer.lightning_module
    if not isinstance(module, Growing):
        return {}
    asked = {"batch_at": module.batch_at, "side_at": module.side_at}
    return {name: partial(ask, usual=data.batch_size, world=world) for name, ask in asked.items()}


class Endless:
    """An iterable without length; each pass begins where the trained module stands when the pass begins."""

    def __init__(self, begin: Callable[[], Iterator[Batch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[Batch]:
        return self._begin()


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


def require_memory_for_batch(batch_size: int, height: int, width: int) -> None:
    """Raises UserError where one batch of RGB images in [-1, 1] does not fit into the memory."""
    require_memory(
        12 * batch_size * height * width, f"data.batch_size={batch_size} of {height} x {width} pixels"
    )


def require_grey_or_rgb(**channels: int) -> None:
    """Raises UserError for a number of channels that images do not have."""
    for key, number in channels.items():
        if number not in (1, 3):
            raise UserError(f"data.{key}={number}: images have 1 channel (grey) or 3 (RGB)")


def flip_chance(flip: bool | float) -> float:
    """The chance that an image is mirrored: true means 0.5."""
    chance = {True: 0.5, False: 0.0}[flip] if isinstance(flip, bool) else flip
    if not 0 <= chance <= 1:
        raise UserError(f"data.flip={flip}: a chance between 0 and 1, or true for 0.5")
    return chance
