"""Letters in two styles or three, drawn with matplotlib's fonts: nothing is downloaded."""

from collections.abc import Sequence
from itertools import product
from typing import Literal, Unpack

import numpy as np
import torch
from torch import Tensor

from ganlab.bounds import ImageSize
from ganlab.data.base import Channels, Flip, Split
from ganlab.data.endless import StoredOptions
from ganlab.data.order import fixed_order
from ganlab.data.store.glyphs import CHARACTERS, glyph, truetype
from ganlab.data.store.memory import MemoryImages, with_channels
from ganlab.data.translation.domains import DomainsData
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.unpaired import UnpairedData
from ganlab.errors import UserError

BOLD = {
    "DejaVuSans": "DejaVuSans-Bold",
    "DejaVuSans-Oblique": "DejaVuSans-BoldOblique",
    "DejaVuSansMono": "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique": "DejaVuSansMono-BoldOblique",
    "DejaVuSerif": "DejaVuSerif-Bold",
    "DejaVuSerif-Italic": "DejaVuSerif-BoldItalic",
    "STIXGeneral": "STIXGeneralBol",
    "STIXGeneralItalic": "STIXGeneralBolIta",
    "cmr10": "cmb10",
}
DOMAINS = {"a": "DejaVuSans", "b": "DejaVuSerif"}
STYLES = {  # far enough apart at 16 pixels, where digits of DejaVu Sans and Serif are the same picture
    "bold": "DejaVuSans-Bold",
    "italic": "STIXGeneralItalic",
    "mono": "cmtt10",
}
POINTS = 0.75  # of the picture's shorter side: the widest letter still fits when it is moved
MOVES = (-2, -1, 0, 1, 2)  # in 32nds of the picture
SIZES = (0.9, 0.95, 1.0, 1.05, 1.1)
JITTERS = 30  # of each letter and domain

Jitter = tuple[int, int, float]  # down, right, size
Characters = Literal["all", "digits", "upper", "lower"]


class FontsPaired(PairedData):
    """Regular letters to bold ones, both around the same point: 62 characters in nine fonts, white on black.

    For every character two of the nine fonts are held out, chosen once and for all: of the 558 pairs of
    ``characters="all"`` 434 train and 124 are held out. A larger ``load_size`` has a wider margin, so that the
    crops move the letters.
    """

    def __init__(
        self,
        *,
        characters: Characters = "all",
        source_channels: Channels = 1,
        target_channels: Channels = 1,
        image_size: ImageSize = 32,
        load_size: ImageSize | None = 36,
        flip: Flip = False,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(
            source_channels=source_channels,
            target_channels=target_channels,
            image_size=image_size,
            load_size=load_size,
            flip=flip,
            **options,
        )
        self.characters = characters_of(characters)

    def load(self) -> ExampleSplits:
        sides = (self._drawn(list(BOLD)), self._drawn(list(BOLD.values())))
        channels = (self.source_channels, self.target_channels)
        pixels = torch.cat([with_channels(*side) for side in zip(sides, channels, strict=True)], dim=1)
        names = [f"{font}-{code(character)}" for character in self.characters for font in BOLD]
        test = torch.zeros(len(self.characters), len(BOLD), dtype=torch.bool)
        for row, character in enumerate(self.characters):
            test[row, fixed_order(len(BOLD), "bold", character)[:2]] = True
        return ExampleSplits(*({"pair": chosen(pixels, names, part)} for part in (~test, test)))

    def _drawn(self, fonts: Sequence[str]) -> Tensor:
        """(characters x fonts, 1, load height, load width) uint8."""
        faces = [truetype(font, POINTS * min(self.height, self.width)) for font in fonts]
        size = self.load_height, self.load_width
        letters = [glyph(character, face, *size) for character in self.characters for face in faces]
        return torch.from_numpy(np.stack(letters)).unsqueeze(1)


class FontsUnpaired(UnpairedData):
    """Letters without serifs (a) and with serifs (b), one font each, in no common order, white on black.

    Every character is drawn in 30 sizes and places for each domain, 1,860 pictures each; the two domains share
    none of the 60, so that no picture has its partner in training. Held out are the characters in the middle and
    of medium size, which no training picture shows: 62 each, those of b shuffled, and ``truth`` of their
    ``dataset`` tells which belong together. Labels name the characters.
    """

    def __init__(
        self,
        *,
        characters: Characters = "all",
        a_channels: Channels = 1,
        b_channels: Channels = 1,
        image_size: ImageSize = 32,
        flip: Flip = False,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(
            a_channels=a_channels,
            b_channels=b_channels,
            image_size=image_size,
            load_size=None,
            flip=flip,
            **options,
        )
        self.characters = characters_of(characters)
        self.truth: dict[Split, Tensor] = {}

    def load(self) -> ExampleSplits:
        jitters = [jitter for jitter in product(MOVES, MOVES, SIZES) if jitter != (0, 0, 1.0)]
        order = fixed_order(len(jitters), "jitters").tolist()
        own = {
            side: [jitters[i] for i in order[k * JITTERS : (k + 1) * JITTERS]]
            for k, side in enumerate(DOMAINS)
        }
        train = {side: self._drawn(side, own[side]) for side in DOMAINS}
        test = {side: self._drawn(side, [(0, 0, 1.0)]) for side in DOMAINS}
        shuffle = fixed_order(len(self.characters), "shuffled")
        images, names = test["b"]
        shuffled = MemoryImages(images.images(shuffle), images.labels(shuffle), images.classes)
        test["b"] = Named(shuffled, [names[i] for i in shuffle])
        self.truth["test"] = shuffle.argsort()  # of character i, which is a's picture i
        return ExampleSplits(train, test)

    def _drawn(self, side: str, jitters: Sequence[Jitter]) -> Named:
        letters, names = jittered(DOMAINS[side], self.characters, jitters, (self.height, self.width))
        pixels = with_channels(letters, {"a": self.a_channels, "b": self.b_channels}[side])
        targets = torch.arange(len(self.characters)).repeat_interleave(len(jitters))
        return Named(MemoryImages(pixels, targets, tuple(self.characters)), names)


class FontsDomains(DomainsData):
    """Letters in three styles (bold, italic, mono), one font each, white on black.

    Drawn as those of ``FontsUnpaired``, in 41 sizes and places for each style, 2,542 pictures each, no two of a place.
    Held out are the characters in the middle and of medium size, 62 of each style.
    """

    classes = tuple(STYLES)

    def __init__(
        self,
        *,
        characters: Characters = "all",
        channels: Channels = 1,
        image_size: ImageSize = 32,
        flip: Flip = False,
        **options: Unpack[StoredOptions],
    ) -> None:
        super().__init__(channels=channels, image_size=image_size, load_size=None, flip=flip, **options)
        self.characters = characters_of(characters)

    def load(self) -> ExampleSplits:
        jitters = [jitter for jitter in product(MOVES, MOVES, SIZES) if jitter != (0, 0, 1.0)]
        order, each = fixed_order(len(jitters), "jitters").tolist(), len(jitters) // len(STYLES)
        own = [[jitters[i] for i in order[k * each : (k + 1) * each]] for k in range(len(STYLES))]
        return ExampleSplits(
            {"pictures": self._drawn(own)}, {"pictures": self._drawn([[(0, 0, 1.0)]] * len(STYLES))}
        )

    def _drawn(self, jitters: Sequence[Sequence[Jitter]]) -> Named:
        parts = [
            jittered(font, self.characters, own, (self.height, self.width))
            for font, own in zip(STYLES.values(), jitters, strict=True)
        ]
        pixels = with_channels(torch.cat([letters for letters, _ in parts]), self.channels)
        targets = torch.arange(len(parts)).repeat_interleave(len(parts[0][0]))
        return Named(
            MemoryImages(pixels, targets, self.classes), [name for _, names in parts for name in names]
        )

    def contents(self, split: Split) -> Sequence[str]:
        """The characters."""
        each = len(self._pictures(split)) // len(STYLES) // len(self.characters)
        return [character for _ in STYLES for character in self.characters for _ in range(each)]


def jittered(
    font: str, characters: str, jitters: Sequence[Jitter], size: tuple[int, int]
) -> tuple[Tensor, list[str]]:
    """Every character with every jitter: (N, 1, height, width) uint8, and names."""
    shorter = min(size)
    faces = {share: truetype(font, POINTS * shorter * share) for share in SIZES}
    letters = [
        glyph(character, faces[share], *size, (shorter / 32 * down, shorter / 32 * right))
        for character in characters
        for down, right, share in jitters
    ]
    names = [
        f"{font}-{code(character)}" + (f"-{number:02}" if len(jitters) > 1 else "")
        for character in characters
        for number in range(len(jitters))
    ]
    return torch.from_numpy(np.stack(letters)).unsqueeze(1), names


def characters_of(group: str) -> str:
    """The characters of one of ``CHARACTERS``."""
    if group not in CHARACTERS:
        raise UserError(f"data.characters={group}: all, digits, upper or lower")
    return CHARACTERS[group]


def code(character: str) -> str:
    """A name that file systems which take a for A tell apart."""
    return f"U+{ord(character):04X}"


def chosen(pixels: Tensor, names: Sequence[str], part: Tensor) -> Named:
    """Those of (N, C, H, W) ``pixels`` and N ``names`` where ``part`` is true."""
    indices = part.flatten().nonzero().squeeze(1)
    return Named(MemoryImages(pixels[indices]), [names[index] for index in indices])
