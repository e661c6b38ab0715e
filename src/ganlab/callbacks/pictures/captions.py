"""What a text-to-image model makes of the same captions as training goes on."""

from torch import Tensor

from ganlab.bounds import Count, Pictured, bounded
from ganlab.callbacks.pictures.base import Pictures
from ganlab.models.captions.base import TextGAN
from ganlab.pixels import captioned, to_uint8


class Captions(Pictures[TextGAN]):
    """Draws a row for each of some captions, and a column for each of some fixed noise.

    A quarter of the captions, marked by a star, was held out from training.

    every_images: how often. n, columns: pictures in all, and in a row. seed: of the noise.
    """

    @bounded
    def __init__(
        self, *, every_images: Count = 5120, n: Pictured = 96, columns: Pictured = 8, seed: int = 0
    ) -> None:
        super().__init__(every_images=every_images)
        self.n, self.columns, self.seed = n, columns, seed

    def picture(self, module: TextGAN) -> Tensor:
        columns = min(self.columns, self.n)
        shown = module.book.shown(self.n // columns)
        images = module.table(list(shown), columns, seed=self.seed)
        texts = [f"* {caption}" if held_out else caption for caption, held_out in shown.items()]
        return captioned(to_uint8(images), texts)
