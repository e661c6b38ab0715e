"""A model that translates pictures, by the values of a page's controls."""

from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.errors import UserError
from ganlab.inference.masks import Masks, with_hole
from ganlab.inference.picture_files import Found, as_image, read_picture
from ganlab.inference.translate import channels_of
from ganlab.memory_budget import lacks_memory
from ganlab.types import Translator

if TYPE_CHECKING:
    from PIL.Image import Image


class Translating:
    """What can be asked of a translator, and what it makes of a picture.

    directions: its own, the first is the usual one. fills_holes: it needs to be told where something is missing.
    """

    def __init__(self, model: Translator, run_dir: Path) -> None:
        self.model, self.run_dir = model, run_dir
        self.directions = list(model.directions)
        self.fills_holes = model.data_kind == "inpainting"

    def translate(
        self, file: Path, *, direction: str | None = None, mask: Path | None = None, seed: int = 0
    ) -> "Image":
        """The translation of a picture file of any size; mask: a file that is white where something is missing.

        Without a mask, a model that fills holes fills the square in the middle.

        Raises:
            UserError: a file that is no picture, one that is too large or too small, a mask of another size.
        """
        direction = direction or self.directions[0]
        picture = read_picture(file, channels_of(self.model, self.run_dir, direction))
        hole = None
        if self.fills_holes:
            masks = Masks("center" if mask is None else str(mask))
            hole = masks.of(Found(file, Path(file.name)), *picture.shape[2:])
            picture = with_hole(picture, hole)
        try:
            return as_image(self.model.convert(picture, direction, mask=hole, seed=seed)[0])
        except (RuntimeError, MemoryError) as error:
            if not lacks_memory(error):
                raise
            raise UserError(
                f"{file.name} is too large for the memory; ganlab sample input=... tile=512"
            ) from error
