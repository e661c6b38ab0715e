"""Real images inside ordinary packages: nothing is downloaded."""

from typing import Literal, Unpack

import torch
from torch import Tensor

from ganlab.bounds import ImageSize
from ganlab.data.base import Channels, Flip, ImageData, ImageOptions, Splits
from ganlab.data.endless import StoredOptions
from ganlab.data.order import fixed_order
from ganlab.data.store.glyphs import CHARACTERS, FONTS, draw
from ganlab.data.store.memory import MemoryImages, resized, with_channels
from ganlab.data.store.photographs import crops, photographs
from ganlab.data.store.scikit_learn import digits
from ganlab.errors import UserError


class Digits(ImageData):
    """scikit-learn's handwritten digits: 1,797 scans of 8 x 8 pixels in 17 greys, resized bilinearly.

    1,297 train, 500 are held out; which ones is fixed, and does not depend on ``seed``.
    """

    kind: str = "labelled"

    def __init__(self, *, channels: Channels = 1, **options: Unpack[ImageOptions]) -> None:
        super().__init__(channels=channels, **options)

    def load(self) -> Splits:
        images, targets = digits()
        pixels = torch.from_numpy(images).mul(255 / 16).round_().to(torch.uint8).unsqueeze(1)
        pixels = with_channels(resized(pixels, self.height, self.width), self.channels)
        order = fixed_order(len(pixels), "digits")
        return split(pixels, torch.from_numpy(targets), CHARACTERS["digits"], order[:500])


class Glyphs(ImageData):
    """Characters drawn with matplotlib's 21 text fonts, white on black, at 28 x 28 pixels, then resized.

    For every character three of the 21 fonts are held out, chosen once and for all: of the 1,302 glyphs of
    ``characters="all"`` 1,116 train and 186 are held out. The labels count from 0 within ``characters``.
    """

    kind: str = "labelled"

    def __init__(
        self,
        *,
        characters: Literal["all", "digits", "upper", "lower"] = "all",
        channels: Channels = 1,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(channels=channels, **options)
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


class Photos(ImageData):
    """Crops of scikit-learn's two photographs, a temple and a flower.

    At 32 x 32 pixels 8,162 train and 76 are held out, at 64 x 64 7,113 and 61: columns far from all that trains.
    """

    def __init__(
        self,
        *,
        image_size: ImageSize = 32,
        channels: Channels = 3,
        flip: Flip = True,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(image_size=image_size, channels=channels, flip=flip, **options)

    def load(self) -> Splits:
        return Splits(*crops(with_channels(photographs(), self.channels), self.height, self.width))


def split(pixels: Tensor, targets: Tensor, classes: str, held_out: Tensor) -> Splits:
    """Cut a labelled set in two, each in the set's own order."""
    test = torch.zeros(len(pixels), dtype=torch.bool)
    test[held_out] = True
    train_set, test_set = (
        MemoryImages(pixels[part], targets[part], tuple(classes)) for part in (~test, test)
    )
    return Splits(train_set, test_set)
