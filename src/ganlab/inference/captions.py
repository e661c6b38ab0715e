"""Pictures of captions from a trained text-to-image model."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ganlab.data.disk.sheets import SHEET
from ganlab.errors import UserError
from ganlab.inference.latents.interpolate import interpolate
from ganlab.models.captions.base import TextGAN
from ganlab.models.captions.phrasebook import evenly
from ganlab.pixels import captioned, grid, numbered, save_png, to_uint8

ALL, BETWEEN = "all", "|"
MOST = 120  # rows of a sheet


def write_captions(
    model: TextGAN, caption: str, folder: Path, *, n: int, seed: int = 0, batch_size: int = 250
) -> Path:
    """Draw what ``caption`` asks for; returns where the pictures are.

    "a red bird": n pictures of it, as single PNGs and in ``grid.png``. "a red bird | a blue one": n pictures on the way
    from the one to the other, with the same noise, likewise. "all": ``captions.png``, with a row of at most 8 pictures
    for each caption of the data, or for 120 of them; a star marks captions that were held out.

    Raises:
        UserError: for words that the model does not know, and for more than two captions.
    """
    if caption.strip() == ALL:
        return _sheet(model, folder / "captions.png", columns=min(n, 8), seed=seed)
    ends = [end.strip() for end in caption.split(BETWEEN)]
    if len(ends) > 2:
        raise UserError(
            f"caption={caption!r}: a way leads from one caption to another, and these are {len(ends)}"
        )
    if len(ends) == 2:
        one, other = ends
        way = interpolate(
            model, [0], along="caption", captions=[one, other], frames=max(2, n), n=1, seed=seed
        )
        images = to_uint8(way.images[0, :n])
        columns = min(n, 10)
    else:
        images = to_uint8(model.sample(n, seed=seed, caption=ends[0], batch_size=batch_size))
        columns = min(20, max(1, round(n**0.5)))
    return write_pictures(images, folder, columns)


def write_pictures(images: Tensor, folder: Path, columns: int, with_numbers: bool = False) -> Path:
    """(n, C, H, W) uint8 as single PNGs, and the first of them (at most 400) as ``grid.png``; returns the folder."""
    from tqdm import tqdm

    for index, image in enumerate(tqdm(images, desc="writing", unit="image", disable=None)):
        save_png(image, folder / f"{index:06d}.png")
    shown = images[:400]
    sheet = numbered(shown, range(len(shown)), columns) if with_numbers else grid(shown, columns)
    save_png(sheet, folder / SHEET, scale=max(1, 600 // sheet.shape[2]))
    return folder


def _sheet(model: TextGAN, path: Path, *, columns: int, seed: int) -> Path:
    held_out = set(model.book.held_out)
    every: Sequence[str] = list(dict.fromkeys([*model.book.captions, *model.book.held_out]))
    every = every if len(every) <= MOST else evenly(every, MOST)
    images = to_uint8(model.table(every, columns, seed=seed))
    save_png(captioned(images, [f"* {text}" if text in held_out else text for text in every]), path)
    return path
