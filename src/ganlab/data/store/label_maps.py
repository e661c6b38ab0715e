"""Files whose pixels are ids of regions, and no colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor, ImageOps

from ganlab.data.store.decode import Decoder
from ganlab.errors import UserError

UNKNOWN = 255  # the id of what nobody knows


@dataclass(frozen=True, kw_only=True)
class LabelDecoder(Decoder):
    """Turns a file into (1, height, width) uint8 ids, cut and resized as pictures are, but to the nearest pixel.

    regions: ids 0 to regions - 1 are known, and 255 stands for what nobody knows. first: the id in files that means 0;
    those below it mean 255. colours: of files that hold colours, the ids' in their order, names or "#rrggbb".

    Raises:
        UserError: an id beyond the regions, or colours where ids should be, or a colour that is not in the list.
    """

    regions: int
    first: int = 0
    colours: Sequence[str] = ()

    def fitted(self, image: Image.Image) -> np.ndarray:
        ids = Image.fromarray(self.ids(image))
        return np.asarray(ImageOps.fit(ids, (self.width, self.height), Image.Resampling.NEAREST))[None].copy()

    def ids(self, image: Image.Image) -> np.ndarray:
        """(height, width) uint8 of an image in its own size."""
        name = getattr(image, "filename", "") or "the label map"
        pixels = np.asarray(image)  # of a picture with a palette, the places in it
        if self.colours:
            return self._named(np.asarray(image.convert("RGB")), name)
        if pixels.ndim == 3 and (pixels[..., :3] == pixels[..., :1]).all():
            pixels = pixels[..., 0]
        if pixels.ndim == 3:
            found = ", ".join(
                f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(pixels[..., :3].reshape(-1, 3), axis=0)[:3]
            )
            raise UserError(
                f"{name} holds colours ({found}, ...) and no ids of regions: name the colours in the order of their "
                f'ids, as in data.colours=["#000000","#d72d2d"]'
            )
        ids = pixels.astype(np.int64) - self.first
        ids[(ids < 0) | (ids == UNKNOWN - self.first)] = UNKNOWN
        if (beyond := ids[(ids >= self.regions) & (ids != UNKNOWN)]).size:
            raise UserError(
                f"{name} holds the id {beyond.max() + self.first}, and data.regions={self.regions} knows {self.first} "
                f"to {self.regions - 1 + self.first}, and {UNKNOWN} for what nobody knows: raise data.regions"
            )
        return ids.astype(np.uint8)

    def _named(self, pixels: np.ndarray, name: str) -> np.ndarray:
        codes = (pixels.astype(np.int64) * (65536, 256, 1)).sum(2)
        ids = np.full(codes.shape, -1)
        for index, colour in enumerate(self.colours):
            red, green, blue = ImageColor.getrgb(colour)[:3]
            ids[codes == red * 65536 + green * 256 + blue] = index
        if (ids < 0).any():
            strange = int(codes[ids < 0][0])
            raise UserError(
                f"{name} holds the colour #{strange:06x}, which is not among data.colours: add it there"
            )
        return ids.astype(np.uint8)
