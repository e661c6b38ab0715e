"""Pictures as training goes on; here: what the generator makes of the same noise."""

from torch import Tensor

from ganlab.bounds import Count, Pictured, bounded
from ganlab.callbacks.pictures.base import Pictures, enlarged
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import grid, to_uint8


class Samples(Pictures[LatentGAN]):
    """Draws what the generator makes of fixed noise.

    every_images: how often. n, columns: the grid. seed: of the noise.
    """

    @bounded
    def __init__(
        self, *, every_images: Count = 5120, n: Pictured = 64, columns: Pictured = 8, seed: int = 0
    ) -> None:
        super().__init__(every_images=every_images)
        self.n, self.columns, self.seed = n, columns, seed

    def picture(self, module: LatentGAN) -> Tensor:
        n, columns = module.sheet(self.n, self.columns)
        return enlarged(grid(to_uint8(module.sample(n, seed=self.seed)), columns))
