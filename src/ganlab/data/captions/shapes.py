"""Coloured shapes, drawn on the spot, with a sentence that says all about each: to try text-to-image models on."""

import itertools
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, Unpack

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.bounds import Size
from ganlab.data.captions.base import CaptionData, CaptionOptions, CaptionSplits
from ganlab.data.captions.sets import CaptionedImages
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.randomness import derive

COLOURS = {"red": (215, 45, 45), "green": (40, 190, 60), "blue": (50, 80, 225), "yellow": (225, 205, 50)}
SIZES = {"small": 3.5, "large": 6.0}  # half the side or the diameter, in 32nds of the image
SHAPES = ("circle", "square", "triangle")
PLACES = {"top": 8.0, "bottom": 24.0}, {"left": 8.0, "right": 24.0}  # centres, in 32nds
JITTER, SPREAD, NOISE = 2.0, 15.0, 40.0  # of places (32nds), of a colour, of the dark ground (of 255)


class Shape(NamedTuple):
    """What a caption says."""

    size: str
    colour: str
    shape: str
    vertical: str
    horizontal: str

    def caption(self) -> str:
        return f"a {self.size} {self.colour} {self.shape} at the {self.vertical} {self.horizontal}"


def everything() -> list[Shape]:
    """All 96."""
    return [
        Shape(*words)
        for words in itertools.product(SIZES, COLOURS, SHAPES, *(tuple(places) for places in PLACES))
    ]


def held_out() -> list[Shape]:
    """12 that are never trained on: every colour with every shape once, in one size and at one place.

    Every word, and every pair of words, is in some of the other 84.
    """
    corners = list(itertools.product(*PLACES))
    sizes = list(SIZES)
    return [
        Shape(sizes[(c + s + c // 2) % 2], colour, shape, *corners[(c + s) % 4])
        for c, colour in enumerate(COLOURS)
        for s, shape in enumerate(SHAPES)
    ]


class Shapes(CaptionData):
    """ "a {small, large} {colour} {circle, square, triangle} at the {top, bottom} {left, right}": 96 captions.

    84 are trained on; 12, chosen once and for all, are held out with their images: who draws them has understood the
    words. Places differ by up to 2 pixels of 32, colours by up to 15 of 255, and the ground is dark and cloudy: noise
    in each pixel would tell real pictures from generated ones by itself.

    Args:
        images_per_caption: Pictures of each caption; which ones does not depend on ``seed``.
    """

    def __init__(
        self,
        *,
        images_per_caption: Size = 60,
        channels: Literal[3] = 3,
        max_words: Size = 16,
        max_length: Size | None = None,
        **options: Unpack[CaptionOptions],
    ) -> None:
        super().__init__(channels=channels, max_words=max_words, max_length=max_length, **options)
        if images_per_caption < 1:
            raise UserError(f"data.images_per_caption={images_per_caption}: expected at least 1")
        if channels != 3:
            raise UserError(f"data.channels={channels}: the colours that captions speak of need 3 channels")
        if self.flip:
            raise UserError("data.flip: a mirrored picture would show right what its caption calls left")
        self.images_per_caption = images_per_caption

    def read(self) -> CaptionSplits:
        test = held_out()
        train = [shape for shape in everything() if shape not in test]
        return CaptionSplits(self._drawn(train, "train"), self._drawn(test, "test"))

    def _drawn(self, shapes: Sequence[Shape], split: str) -> CaptionedImages:
        repeated = [shape for shape in shapes for _ in range(self.images_per_caption)]
        generator = torch.Generator().manual_seed(derive(0, "shapes", split))
        parts = [
            draw(repeated[first : first + 1000], self.load_height, self.load_width, generator)
            for first in range(0, len(repeated), 1000)
        ]
        return CaptionedImages(
            MemoryImages(torch.cat(parts)),
            captions=[(shape.caption(),) for shape in repeated],
            groups=[shape.caption() for shape in repeated],
        )


def draw(shapes: Sequence[Shape], height: int, width: int, generator: torch.Generator) -> Tensor:
    """(N, 3, height, width) uint8, each with its own jitter, colour and ground."""

    def around(centres: Sequence, spread: float) -> Tensor:
        centre = torch.tensor(centres)
        return centre + spread * (2 * torch.rand(centre.shape, generator=generator) - 1)

    y = around([PLACES[0][shape.vertical] for shape in shapes], JITTER)
    x = around([PLACES[1][shape.horizontal] for shape in shapes], JITTER)
    colour = around([[float(value) for value in COLOURS[shape.colour]] for shape in shapes], SPREAD)
    half = torch.tensor([SIZES[shape.size] for shape in shapes])
    kind = torch.tensor([SHAPES.index(shape.shape) for shape in shapes])
    inside = coverage(kind, y, x, half, height, width)[:, None]  # (N, 1, height, width)
    clouds = NOISE * torch.rand(len(shapes), 3, 4, 4, generator=generator)
    ground = F.interpolate(clouds, (height, width), mode="bilinear")
    pixels = ground + inside * (colour[:, :, None, None] - ground)
    return pixels.round_().clamp_(0, 255).to(torch.uint8)


def coverage(kind: Tensor, y: Tensor, x: Tensor, half: Tensor, height: int, width: int) -> Tensor:
    """(N, height, width) from 0 to 1: how much of each pixel lies inside the shape; lengths are in 32nds of a side.

    An edge that lies ``d`` pixels outside a pixel's centre leaves d + 1/2 of it inside, from 0 to 1.
    """
    pixel = torch.tensor([32 / height, 32 / width])
    dy = ((torch.arange(height) + 0.5) * pixel[0])[None, :, None] - y[:, None, None]
    dx = (((torch.arange(width) + 0.5) * pixel[1])[None, None, :] - x[:, None, None]).abs()
    half = half[:, None, None]

    def inside(distance: Tensor) -> Tensor:
        return (distance / pixel.max() + 0.5).clamp_(0, 1)

    circle = inside(half - (dy.square() + dx.square()).sqrt())
    square = inside(half - dy.abs()) * inside(half - dx)
    triangle = inside(half - dy) * inside(((dy + half) / 2 - dx) / math.sqrt(1.25))  # its tip is at the top
    kind = kind[:, None, None]
    return torch.where(kind == 0, circle, torch.where(kind == 1, square, triangle))
