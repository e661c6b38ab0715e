"""Rows of examples under captions, as one picture of (3, H, W) uint8."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganlab.pixels import to_uint8

GROUND, INK, FAINT = (30, 31, 34), (236, 236, 238), (150, 151, 156)
GAP, TEXT = 4, 15  # pixels: between cells; height of the letters
SMALLEST, WIDEST = 96, 1600  # pixels: cells are enlarged to one, pictures shrunk to the other


def sheet(columns: Mapping[str, Sequence[Tensor]], footer: str = "") -> Tensor:
    """One row for each example, one column for each caption; ``footer`` goes below.

    columns: by caption, the examples' images (C, H, W) in [-1, 1], with 1 or 3 channels and of any sizes.
    """
    cells = {caption: [_image(picture) for picture in pictures] for caption, pictures in columns.items()}
    every = [cell for column in cells.values() for cell in column]
    width, height = max(cell.width for cell in every), max(cell.height for cell in every)
    scale = max(1, -(-SMALLEST // max(width, height)))
    font = ImageFont.load_default(size=TEXT)
    across = max(width * scale, *(int(font.getlength(caption)) + GAP for caption in cells)) + GAP
    down, top = height * scale + GAP, TEXT + 3 * GAP
    rows = max(map(len, cells.values()))
    picture = Image.new(
        "RGB", (across * len(cells) + GAP, top + down * rows + (top if footer else 0)), GROUND
    )
    draw = ImageDraw.Draw(picture)
    for column, (caption, images) in enumerate(cells.items()):
        left = GAP + column * across
        draw.text((left + (across - GAP) / 2, top - 2 * GAP), caption, INK, font, anchor="ms")
        for row, image in enumerate(images):
            enlarged = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
            picture.paste(enlarged, (left + (across - GAP - enlarged.width) // 2, top + row * down))
    draw.text((GAP, picture.height - 2 * GAP), footer, FAINT, font, anchor="ls")
    picture.thumbnail((WIDEST, 4 * WIDEST), Image.Resampling.BOX)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def _image(picture: Tensor) -> Image.Image:
    pixels = to_uint8(picture).cpu()
    pixels = pixels.expand(3, -1, -1) if pixels.shape[0] == 1 else pixels[:3]
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())
