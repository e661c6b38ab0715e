"""Real images inside ordinary packages: nothing is downloaded."""

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from ganlab.bounds import Count, Share, Size
from ganlab.data.base import ImageData, Splits
from ganlab.data.store.memory import MemoryImages, resized, with_channels
from ganlab.errors import UserError
from ganlab.randomness import derive

if TYPE_CHECKING:
    from PIL import ImageFont

CHARACTERS = {
    "digits": "0123456789",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "lower": "abcdefghijklmnopqrstuvwxyz",
}
CHARACTERS["all"] = CHARACTERS["digits"] + CHARACTERS["upper"] + CHARACTERS["lower"]

FONTS = (  # the fonts inside matplotlib that draw all 62 characters as letters, not as symbols or boxes
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmb10", "cmr10", "cmss10", "cmti10", "cmtt10"),
)


class Digits(ImageData):
    """scikit-learn's handwritten digits: 1,797 scans of 8 x 8 pixels in 17 greys, resized bilinearly.

    1,297 train, 500 are held out; which ones is fixed, and does not depend on ``seed``.
    """

    kind: ClassVar[str] = "labelled"

    def __init__(
        self,
        *,
        image_size: Size | tuple[Size, Size] = 32,
        channels: Literal[1, 3] = 1,
        batch_size: Count = 64,
        flip: bool | Share = False,
        seed: int = 0,
    ) -> None:
        super().__init__(
            image_size=image_size, channels=channels, batch_size=batch_size, flip=flip, seed=seed
        )

    def load(self) -> Splits:
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = torch.from_numpy(digits.images).mul(255 / 16).round_().to(torch.uint8).unsqueeze(1)
        pixels = with_channels(resized(pixels, self.height, self.width), self.channels)
        order = fixed_order(len(pixels), "digits")
        return split(pixels, torch.from_numpy(digits.target).long(), CHARACTERS["digits"], order[:500])


class Glyphs(ImageData):
    """Characters drawn with matplotlib's 21 text fonts, white on black, at 28 x 28 pixels, then resized.

    For every character three of the 21 fonts are held out, chosen once and for all: of the 1,302 glyphs of
    ``characters="all"`` 1,116 train and 186 are held out. The labels count from 0 within ``characters``.
    """

    kind: ClassVar[str] = "labelled"

    def __init__(
        self,
        *,
        characters: Literal["all", "digits", "upper", "lower"] = "all",
        image_size: Size | tuple[Size, Size] = 28,
        channels: Literal[1, 3] = 1,
        batch_size: Count = 64,
        flip: bool | Share = False,
        seed: int = 0,
    ) -> None:
        super().__init__(
            image_size=image_size, channels=channels, batch_size=batch_size, flip=flip, seed=seed
        )
        if characters not in CHARACTERS:
            raise UserError(f"data.characters={characters}: all, digits, upper or lower")
        self.characters = CHARACTERS[characters]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.characters)

    def load(self) -> Splits:
        pixels = torch.from_numpy(draw(self.characters))  # characters x fonts, (28, 28)
        held_out = [
            row * len(FONTS) + font
            for row, character in enumerate(self.characters)
            for font in fixed_order(len(FONTS), "glyphs", character)[:3].tolist()
        ]
        targets = torch.arange(len(self.characters)).repeat_interleave(len(FONTS))
        pixels = with_channels(
            resized(pixels.flatten(0, 1).unsqueeze(1), self.height, self.width), self.channels
        )
        return split(pixels, targets, self.characters, torch.tensor(held_out))


def draw(characters: str) -> np.ndarray:
    """(characters, 21 fonts, 28, 28) uint8, each centred, at 22 points."""
    sheet = np.zeros((len(characters), len(FONTS), 28, 28), np.uint8)
    for column, name in enumerate(FONTS):
        font = truetype(name, 22)
        for row, character in enumerate(characters):
            sheet[row, column] = glyph(character, font, 28, 28)
    return sheet


def truetype(name: str, points: float) -> "ImageFont.FreeTypeFont":
    """One of ``FONTS``; raises UserError where matplotlib does not hold it."""
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    try:
        return ImageFont.truetype(str(path), points)
    except OSError as error:
        raise UserError(
            f"{path} ({error}): glyphs and fonts are drawn with matplotlib's, of version 3.8 to 3.11"
        ) from None


def glyph(
    character: str,
    font: "ImageFont.FreeTypeFont",
    height: int,
    width: int,
    moved: tuple[float, float] = (0, 0),
) -> np.ndarray:
    """(height, width) uint8, white on black, the middle of the letter ``moved`` (down, right) from the centre."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (width, height))
    spot = (width // 2 + moved[1], height // 2 + moved[0])
    ImageDraw.Draw(image).text(spot, character, fill=255, font=font, anchor="mm")
    return np.asarray(image)


def split(pixels: Tensor, targets: Tensor, classes: str, held_out: Tensor) -> Splits:
    """Cut a labelled set in two, each in the set's own order."""
    test = torch.zeros(len(pixels), dtype=torch.bool)
    test[held_out] = True
    train_set, test_set = (
        MemoryImages(pixels[part], targets[part], tuple(classes)) for part in (~test, test)
    )
    return Splits(train_set, test_set)


def fixed_order(n: int, *name: str) -> Tensor:
    """A shuffle of 0 to n - 1 that is the same in every run, whatever its seed."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(derive(0, *name)))
