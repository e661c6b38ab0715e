"""How alike two generated images are on average: multi-scale structural similarity, which a collapse raises."""

from typing import ClassVar

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.images.base import FakeScores
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.description import shuffled
from ganlab.pixels import to_uint8
from ganlab.score_record import Better
from ganlab.sets import ImageSet

# of the scales, the finest first (Wang et al. 2003, section 3.2)
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW = 11  # pixels


class PairSimilarity(FakeScores):
    """``ms_ssim``: mean multi-scale structural similarity (Wang et al. 2003) of pairs of generated images.

    Odena et al. 2017 (section 4.2) and Karras et al. 2018 (section 6.1) read it as a lack of variation: 1 if all
    images are one. It is to be compared with that of real images, the floor, and says nothing of quality. Five
    scales need 176 pixels; smaller images have fewer, and the weights of those are scaled to the same sum.

    The i-th image of a batch is paired with the one half a batch later; a model with labels draws class after class, so
    that most of its pairs share one, as in Odena et al.

    n_fake: images, twice as many as pairs; 20,000 in Karras et al. batch_size: an even number that divides it.

    Raises:
        UserError: images do not split into pairs, or are smaller than the window of 11 pixels.
    """

    direction: ClassVar[dict[str, Better]] = {"ms_ssim": "lower"}

    @bounded
    def __init__(
        self, *, n_fake: Samples = 20_000, averaged: bool = True, seed: int = 0, batch_size: Size = 100
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        self.whole_batch = batch_size
        self._split(1)

    def _split(self, world: int) -> None:
        """Each process takes its part of each batch, so that the pairs do not depend on how many there are."""
        if self.whole_batch % (2 * world) or self.n_fake % self.whole_batch:
            size = 2 * world * max(1, self.whole_batch // (2 * world))
            raise UserError(
                f"metrics: n_fake={self.n_fake} in batches of {self.whole_batch} do not split into pairs on {world} "
                f"process{'es' if world > 1 else ''}; try batch_size={size} n_fake={size * max(1, self.n_fake // size)}"
            )
        self.batch_size = self.whole_batch // world

    def prepare(self, train: ImageSet, test: ImageSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Compare held-out images with each other, in as many whole batches as there are."""
        self._split(ranks.world)
        self.scales = scales_of(min(train.images(torch.tensor([0])).shape[2:]))
        self.floors, self.floor_n = {}, len(test) // self.whole_batch * self.whole_batch
        if self.floor_n:
            whole = [p for p in shuffled(test, ranks, self.batch_size) if len(p) == self.batch_size]
            own = torch.cat([pairs(pixels, self.scales).cpu() for pixels in whole])
            self.floors = self.values(ranks.interleaved(own[: self.floor_n // ranks.world], self.floor_n))

    def describe(self, samples: Tensor) -> Tensor:
        return pairs(to_uint8(samples), self.scales)

    def values(self, described: Tensor) -> dict[str, float | None]:
        return {"ms_ssim": float(described.double().mean())}

    def measured(self) -> str:
        return f"similarity of {self.n_fake // 2:,} pairs of images, {self.scales} scales, window of {WINDOW} pixels"


def scales_of(pixels: int) -> int:
    """How many scales images of so many pixels have; five at most."""
    fitting = [n for n in range(1, 6) if pixels >= 2**n and pixels // max(1, n - 1) ** 2 >= WINDOW]
    if not fitting:
        raise UserError(
            f"metrics=ms_ssim looks through a window of {WINDOW} pixels, and these images have {pixels}; "
            "try metrics=none"
        )
    return fitting[-1]


def pairs(pixels: Tensor, scales: int) -> Tensor:
    """(B, C, H, W) uint8 to (B,), B > 1: the similarity of each image and the one half a batch from it."""
    half = len(pixels) // 2
    return similarity(pixels[:half].float(), pixels[half : 2 * half].float(), scales).repeat(2)


def similarity(one: Tensor, other: Tensor, scales: int) -> Tensor:
    """(B, C, H, W) twice, in 0 to 255, to (B,): multi-scale structural similarity of each two."""
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim

    weights = torch.tensor(WEIGHTS[:scales])
    weights = weights * (sum(WEIGHTS) / weights.sum())
    found: Tensor = ms_ssim(one, other, data_range=255.0, betas=tuple(weights.tolist()), reduction="none")
    return found
