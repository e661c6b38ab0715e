"""The reader of shapes is right about real pictures that it has never met, damaged or not, whatever they show."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.data.captions import shapes
from ganlab.data.captions.shapes import SHAPES, draw, everything
from ganlab.metrics.captions.attributes import said
from ganlab.metrics.captions.shape_reader import WORDS, _templates, read

SHAPES_EACH = everything() * 4


def drawn(size: int) -> Tensor:
    return draw(SHAPES_EACH, size, size, torch.Generator().manual_seed(20))


def noisy(size: int) -> Tensor:
    pixels = drawn(size)
    return pixels + 25 * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(21))


def blurred(size: int) -> Tensor:
    weights = torch.softmax(-torch.arange(-4.0, 5.0).square() / 2, 0)  # sigma 1 pixel
    pixels = F.pad(drawn(size).float(), (4, 4, 4, 4), mode="replicate").transpose(0, 1)
    kernel = (weights[:, None] * weights).expand(len(SHAPES_EACH), 1, 9, 9)
    return F.conv2d(pixels, kernel, groups=len(SHAPES_EACH)).transpose(0, 1)


def between_pixels(size: int) -> Tensor:
    """Half a pixel to the right and down."""
    pixels = F.pad(drawn(size).float(), (1, 0, 1, 0), mode="replicate")
    return F.avg_pool2d(pixels, 2, stride=1)


def on_grey(size: int) -> Tensor:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            shapes.F, "interpolate", lambda clouds, size, mode: torch.full((len(clouds), 3, *size), 100.0)
        )
        return drawn(size)


def confusion(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Shares (3, 4) of each kind of shape read as each, and as none; and how often all other words are right."""
    truth = said([shape.caption() for shape in SHAPES_EACH])
    words = read(pixels.round().clamp(0, 255).to(torch.uint8))
    kinds, columns = len(SHAPES), len(SHAPES) + 1
    seen = torch.where(words[:, 2] < 0, kinds, words[:, 2])
    counts = torch.bincount(columns * truth[:, 2] + seen, minlength=kinds * columns).view(kinds, columns)
    return counts / counts.sum(1, keepdim=True), (words == truth)[:, [0, 1, 3, 4]].double().mean(0)


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("damage", [drawn, noisy, blurred, between_pixels, on_grey])
def test_each_shape_is_read_as_itself(damage, size):
    table, others = confusion(damage(size))
    minimum = 1.0 if damage is drawn else 0.97 if size == 16 else 0.99
    assert table.diagonal().min() >= minimum, table
    assert others.min() >= minimum


def test_the_table_shows_a_reader_of_one_class():
    circles = draw([shape for shape in SHAPES_EACH if shape.shape == "circle"], 32, 32, torch.Generator())
    table, _ = confusion(circles.repeat(3, 1, 1, 1)[: len(SHAPES_EACH)])
    assert torch.equal(table, torch.tensor([[1.0, 0.0, 0.0, 0.0]] * 3))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (48, 64), (24, 24), (16, 32)])
def test_sides_need_not_be_equal(height, width):
    pixels = draw(everything(), height, width, torch.Generator().manual_seed(1))
    assert torch.equal(read(pixels), said([shape.caption() for shape in everything()]))


def of_size(kind: str, half: float, side: int) -> Tensor:
    """Red shapes on black, of a size that may be none of the data's, at every place of two columns."""
    y, x = (
        place.flatten()
        for place in torch.meshgrid(torch.arange(6.0, 11), torch.arange(6.0, 11), indexing="ij")
    )
    kinds = torch.full_like(y, SHAPES.index(kind)).long()
    inside = shapes.coverage(kinds, y, x, torch.full_like(y, half), side, side)
    return inside[:, None] * torch.tensor([215.0, 45.0, 45.0])[:, None, None]


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize(
    ("kind", "half"), [("square", 3.0), ("circle", 4.0), ("square", 5.5), ("circle", 6.5)]
)
def test_a_shape_that_is_too_small_or_too_large_keeps_its_kind(kind, half, side):
    """By its area a smaller square is a circle of the data, and a larger circle a square."""
    assert (read(of_size(kind, half, side).round().to(torch.uint8))[:, 2] == SHAPES.index(kind)).all()


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("half", [3.5, 6.0])
def test_a_rounded_square_is_neither_and_everything_else_about_it_is_read(half, side):
    between = (of_size("square", half, side) + of_size("circle", half, side)) / 2
    words = read(between.round().to(torch.uint8))
    assert (words[:, 2] == -1).all()
    assert (words[:, [0, 1, 3, 4]] == torch.tensor([int(half > 4), 0, 0, 0])).all()


@pytest.mark.parametrize("size", [1, 4, 16, 32])
def test_a_picture_without_a_shape_shows_nothing(size):
    generator = torch.Generator().manual_seed(2)
    clouds = F.interpolate(40 * torch.rand(8, 3, 4, 4, generator=generator), (size, size), mode="bilinear")
    noise = torch.randint(0, 256, (8, 3, size, size), dtype=torch.uint8, generator=generator)
    flat = torch.full((8, 3, size, size), 130, dtype=torch.uint8)
    for pixels in (clouds.to(torch.uint8), noise, flat):
        assert torch.equal(read(pixels), torch.full((8, 5), -1))


def test_a_shape_is_read_where_it_lies_and_its_words_are_those_of_the_data():
    pixels = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    pixels[:, :2, 17:24, 3:10] = 220  # a yellow square of 7 pixels
    words = [names[place] for names, place in zip(WORDS.values(), read(pixels)[0].tolist(), strict=True)]
    assert words == ["small", "yellow", "square", "bottom", "left"]


def test_a_run_in_half_precision_is_read_as_exactly():
    pixels = drawn(32)[:96]
    _templates.cache_clear()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        words = read(pixels)
    assert torch.equal(words, said([shape.caption() for shape in SHAPES_EACH[:96]]))
