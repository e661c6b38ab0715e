"""Drawing in the plane: a surface, arrows, points and words, in a picture of (3, size, size) uint8."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

REAL, FAKE, ARROW, INK = (23, 78, 166), (214, 69, 24), (96, 96, 102), (40, 40, 46)
LOW, MIDDLE, HIGH = (250, 206, 168), (250, 250, 250), (170, 202, 242)  # of the surface
BANDS = 8  # of the surface, on each side of the middle
SMOOTH = 2  # drawn so many times as large, then shrunk


class Canvas:
    """A square of the plane around the origin, ``reach`` to each side, as a picture of ``size`` pixels."""

    def __init__(self, *, reach: float, size: int) -> None:
        self.reach, self.size = reach, size
        self.image = Image.new("RGB", (SMOOTH * size, SMOOTH * size), MIDDLE)

    def lattice(self, side: int) -> Tensor:
        """(side * side, 2) centres of the cells of a square lattice, row by row from the top left."""
        line = (torch.arange(side) + 0.5) / side * 2 - 1
        y, x = torch.meshgrid(-line, line, indexing="ij")
        return self.reach * torch.stack((x, y), dim=2).flatten(0, 1)

    def surface(self, heights: Tensor) -> None:
        """Fill the square with bands of colour for (side * side,) heights from -1 (fake) over 0 to 1 (real)."""
        side = round(len(heights) ** 0.5)
        rough = Image.fromarray(heights.reshape(side, side).numpy().astype(np.float32))
        height = np.asarray(rough.resize(self.image.size, Image.Resampling.BICUBIC)).clip(-1, 1)
        self.image = Image.fromarray(_shades()[(height * BANDS).round().astype(np.int64) + BANDS])

    def arrows(self, starts: Tensor, vectors: Tensor, longest: float) -> None:
        """An arrow at each of (n, 2) ``starts``; ``longest`` is the length, in the plane, of the longest."""
        draw = ImageDraw.Draw(self.image)
        lengths = vectors.norm(dim=1, keepdim=True)
        shown = lengths.sqrt() / lengths.max().clamp_min(1e-12).sqrt()  # so that short ones can be seen
        steps = vectors / lengths.clamp_min(1e-12) * shown * longest
        tails, heads = self._pixels(starts - steps / 2), self._pixels(starts + steps / 2)
        for tail, head in zip(tails, heads, strict=True):
            along = (head - tail) * 0.35
            across = np.array([-along[1], along[0]]) * 0.6
            draw.line([tuple(tail), tuple(head)], ARROW, SMOOTH)
            draw.line(
                [tuple(head - along + across), tuple(head), tuple(head - along - across)], ARROW, SMOOTH
            )

    def dots(self, points: Tensor, colour: tuple[int, int, int], radius: float, alpha: float) -> None:
        """A disc of ``radius`` pixels at each of the (n, 2) points that are finite."""
        layer = Image.new("L", self.image.size, 0)
        draw = ImageDraw.Draw(layer)
        r = radius * SMOOTH
        for x, y in self._pixels(points[points.isfinite().all(1)]):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=round(255 * alpha))
        self.image.paste(colour, mask=layer)

    def captions(self, texts: Sequence[tuple[str, float, tuple[int, int, int]]]) -> None:
        """Texts, each with its place from the left, 0 to 1, and its colour, on a white strip at the bottom."""
        width, height = self.image.size
        strip = height // 20
        draw = ImageDraw.Draw(self.image)
        draw.rectangle((0, height - strip, width, height), MIDDLE)
        font = ImageFont.load_default(size=0.65 * strip)
        for text, left, colour in texts:
            draw.text((left * width, height - 0.3 * strip), text, colour, font, anchor="ls")

    def picture(self) -> Tensor:
        """(3, size, size) uint8."""
        shrunk = self.image.resize((self.size, self.size), Image.Resampling.BOX)
        return torch.from_numpy(np.array(shrunk)).permute(2, 0, 1).contiguous()

    def _pixels(self, points: Tensor) -> np.ndarray:
        """(n, 2) in the plane to (n, 2) in pixels from the left top; far away is just outside."""
        flipped = points.float() * torch.tensor([1.0, -1.0])
        return ((flipped / self.reach).clamp(-2, 2) + 1).mul(self.image.width / 2).numpy()


def _shades() -> np.ndarray:
    """(2 BANDS + 1, 3) uint8, from LOW over MIDDLE to HIGH."""
    places = np.linspace(-1, 1, 2 * BANDS + 1)
    channels = [np.interp(places, (-1, 0, 1), ends) for ends in zip(LOW, MIDDLE, HIGH, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)
