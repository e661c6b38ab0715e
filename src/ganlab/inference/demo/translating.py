"""A model that translates pictures, by the values of a page's controls."""

from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.errors import UserError
from ganlab.inference.masks import Masks
from ganlab.inference.picture_files import Found, as_image
from ganlab.inference.translate import channels_of, styled, translated
from ganlab.memory_budget import lacks_memory
from ganlab.types import Translator

if TYPE_CHECKING:
    from PIL.Image import Image


class Translating:
    """What can be asked of a translator, and what it makes of a picture.

    directions: its own, the first is the usual one. fills_holes: it needs to be told where something is missing.
    has_styles: it takes a style from a reference, or draws one.
    """

    def __init__(self, model: Translator, run_dir: Path) -> None:
        self.model, self.run_dir = model, run_dir
        self.directions = list(model.directions)
        self.fills_holes = model.data_kind == "inpainting"
        self.has_styles = model.has_styles

    def translate(
        self,
        file: Path,
        *,
        direction: str | None = None,
        mask: Path | None = None,
        reference: Path | None = None,
        seed: int = 0,
    ) -> "Image":
        """The translation of a picture file of any size, or of a map of labels where the model draws those.

        mask: a file that is white where something is missing; without it the square in the middle is filled.
        reference: a picture whose style is taken; without it the style is drawn with ``seed``.

        Raises:
            UserError: a file that is no picture, one that is too large or too small, a mask of another size.
        """
        direction = direction or self.directions[0]
        channels = channels_of(self.model, self.run_dir, direction)
        options = {"direction": direction, "seed": seed, **styled(self.model, reference, channels)}
        masks = Masks("center" if mask is None else str(mask)) if self.fills_holes else None
        try:
            shown = translated(self.model, Found(file, Path(file.name)), channels, masks, options)
            return as_image(shown["output"])
        except (RuntimeError, MemoryError) as error:
            if not lacks_memory(error):
                raise
            raise UserError(
                f"{file.name} is too large for the memory; ganlab sample input=... tile=512"
            ) from error
