"""Letters and digits drawn from the fonts inside matplotlib."""

from typing import TYPE_CHECKING

import numpy as np

from ganlab.errors import UserError

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
