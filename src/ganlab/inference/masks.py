"""Where a user's own pictures have holes to be filled: 1 is missing, 0 is known."""

from pathlib import Path

import torch
from torch import Tensor

from ganlab.data.translation.inpainting import centre_hole
from ganlab.errors import UserError
from ganlab.inference.picture_files import Found, find_pictures, read_picture

CENTRE = ("center", "centre")


class Masks:
    """Gives each picture its mask.

    masks: "center", a square of half the shorter side; a file, for all pictures; or a folder with a mask for each,
        under the picture's own name. White is missing, black is known.

    Raises:
        UserError: no such file or folder, or one without pictures.
    """

    def __init__(self, masks: str) -> None:
        self.found: list[Found] = [] if masks in CENTRE else find_pictures("mask", Path(masks).expanduser())
        self.by_name = {below.with_suffix(""): path for path, below in self.found}
        self.folder = None if masks in CENTRE or Path(masks).expanduser().is_file() else masks

    def of(self, picture: Found, height: int, width: int) -> Tensor:
        """(1, 1, height, width) for one picture.

        Raises:
            UserError: it has none, or one that is unreadable or of another size.
        """
        if not self.found:
            return centre_hole(height, width, min(height, width) // 2).reshape(1, 1, height, width).float()
        path = self.by_name.get(picture.below.with_suffix("")) if self.folder else self.found[0].path
        if path is None:
            raise UserError(f"{picture.path} has no mask of its name in {self.folder}")
        mask = (read_picture(path, 1) > 0).float()
        if mask.shape[2:] != (height, width):
            raise UserError(
                f"{path} has {mask.shape[3]} x {mask.shape[2]} pixels and {picture.path} {width} x {height}: a mask is "
                "as large as its picture"
            )
        return mask


def with_hole(picture: Tensor, mask: Tensor) -> Tensor:
    """The picture with grey where it is missing."""
    return torch.where(mask.bool(), torch.zeros_like(picture), picture)
