"""Label maps and pictures of what they say; and coloured shapes whose regions the drawer knows."""

from typing import Annotated, ClassVar, Literal, Unpack

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganlab.bounds import ImageSize, Range
from ganlab.data.base import Channels, Flip
from ganlab.data.endless import StoredOptions
from ganlab.data.store.memory import MemoryImages
from ganlab.data.translation.base import CropOptions, ExampleOptions
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from ganlab.randomness import derive
from ganlab.types import Batch

Regions = Annotated[int, Range(minimum=1, maximum=255)]
COLOURS = ((215, 45, 45), (40, 190, 60), (50, 80, 225), (225, 205, 50))  # of regions 1 to 4
JITTER, GROUND = 15.0, 40.0  # of a colour, and of the dark ground, of 255
SHAPES, TRAIN, TEST = 4, 2000, 128  # in each picture; pictures


class SemanticData(PairedData):
    """Batches of ``label_map``, ids as an 8-bit picture holds them, and ``target``, cropped and mirrored alike.

    ``load`` gives one side, "pair": pictures (1 + target channels, H, W) whose first channel are ids.

    Args:
        regions: How many ids there are, 0 to regions - 1; 255 stands for what nobody knows.
        target_channels: 1 (grey) or 3 (RGB). options: See ``ExampleData``.
    """

    kind: str = "semantic"

    def __init__(
        self, *, regions: Regions, target_channels: Channels = 3, **options: Unpack[CropOptions]
    ) -> None:
        super().__init__(source_channels=1, target_channels=target_channels, **options)
        self.regions = regions

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return {
            "label_map": (1, self.height, self.width),
            "target": (self.target_channels, self.height, self.width),
        }

    def examples(self, side: str, images: Tensor) -> Batch:
        return Batch(label_map=from_uint8(images[:, :1]), target=from_uint8(images[:, 1:]))


class EmbeddedRegions(SemanticData):
    """A set of the installation, in colours, whose regions are ``known``.

    Raises:
        UserError: another number of regions or channels.
    """

    embedded: ClassVar[str]  # as which the configuration knows it
    known: ClassVar[int]

    def __init__(self, *, regions: int, target_channels: int, **options: Unpack[ExampleOptions]) -> None:
        if (regions, target_channels) != (self.known, 3):
            raise UserError(
                f"data={self.embedded} has {self.known} regions, and colours, which need 3 channels"
            )
        super().__init__(regions=regions, target_channels=3, load_size=None, **options)


class ShapesSemantic(EmbeddedRegions):
    """Circles, squares and triangles over each other on a dark, cloudy ground: 2,000 pictures, and 128 held out.

    A region is what has one colour: 0 the ground, then red, green, blue and yellow, each up to 15 of 255 off.
    """

    embedded, known = "shapes_semantic", 5

    def __init__(
        self,
        *,
        regions: Literal[5] = 5,
        target_channels: Literal[3] = 3,
        image_size: ImageSize = 32,
        flip: Flip = True,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(
            regions=regions, target_channels=target_channels, image_size=image_size, flip=flip, **options
        )

    def load(self) -> ExampleSplits:
        def named(n: int, split: str) -> Named[MemoryImages]:
            generator = torch.Generator().manual_seed(derive(0, "semantic shapes", split))
            return Named(
                MemoryImages(drawn(n, self.height, self.width, generator)),
                [f"{split}-{i:04}" for i in range(n)],
            )

        return ExampleSplits({"pair": named(TRAIN, "train")}, {"pair": named(TEST, "test")})


def drawn(n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """(n, 4, height, width) uint8: the ids, and the picture."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    clouds = GROUND * torch.rand(n, 3, 4, 4, generator=generator)
    pixels = interpolate(clouds, (height, width), mode="bilinear")
    ids = torch.zeros(n, 1, height, width)
    for _ in range(SHAPES):
        y, x, half = (
            uniform(low, high, 1, 1) for low, high in ((4.0, 28.0), (4.0, 28.0), (4.0, 9.0))
        )  # 32nds of a side
        kind = torch.randint(3, (n, 1, 1), generator=generator)
        region = torch.randint(1, 1 + len(COLOURS), (n,), generator=generator)
        dy = (torch.arange(height)[:, None] + 0.5) * 32 / height - y  # (n, height, 1)
        dx = ((torch.arange(width) + 0.5) * 32 / width - x).abs()  # (n, 1, width)
        circle = torch.hypot(dy, dx) < half
        square = torch.maximum(dy.abs(), dx) < half
        triangle = (dy.abs() < half) & (dx < (dy + half) / 2)  # its tip is at the top
        inside = torch.where(kind == 0, circle, torch.where(kind == 1, square, triangle))[:, None]
        colour = torch.tensor(COLOURS)[region - 1] + uniform(-JITTER, JITTER, 3)
        pixels = torch.where(inside, colour[:, :, None, None], pixels)
        ids = torch.where(inside, region[:, None, None, None].float(), ids)
    return torch.cat([ids, pixels], 1).round_().clamp_(0, 255).to(torch.uint8)
