"""Sliced Wasserstein distance between small patches at several scales (Karras et al. 2018, section 5)."""

import torch
from torch import Tensor

from ganlab.bounds import Samples, Size, bounded
from ganlab.metrics.distances.sliced_wasserstein import (
    cut,
    laplacian_pyramid,
    pyramid_scales,
    random_directions,
    sliced_wasserstein,
    standardised,
)
from ganlab.metrics.images.base import FakeScores
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.description import shuffled
from ganlab.pixels import to_uint8
from ganlab.randomness import Draws
from ganlab.score_record import Better
from ganlab.sets import ImageSet


class SlicedWasserstein(FakeScores):
    """``swd`` and, for each scale, ``swd_<pixels>``: 1000 times the distance of generated patches from real ones.

    A patch is 7 x 7 pixels of one scale of the Laplacian pyramid, which halves the image down to 16 pixels. The
    patches of a scale are brought to mean 0 and deviation 1 in each channel, in each of the two sets by itself. The
    distance is the mean over random directions of the Wasserstein distance between the projected sets; ``swd`` is the
    mean over scales. It falls with the number of images, down to 0.

    n_fake: images of either set, or as many as there are real ones; 16,384 in the paper. patches: of each image and
    scale. directions: random ones. Memory: 2 x n_fake x scales x patches x channels x 196 bytes.

    Raises:
        UserError: for numbers below 1, and for images of fewer than 7 pixels.
    """

    @bounded
    def __init__(
        self,
        *,
        n_fake: Samples = 16_384,
        patches: Size = 128,
        directions: Size = 512,
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 64,
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        self.maximum, self.patches, self.directions, self.whole_batch = (
            n_fake,
            patches,
            directions,
            batch_size,
        )
        self.scales: list[int] = []  # pixels, the finest first; known once the data is

    def names(self) -> list[str]:
        return ["swd", *(f"swd_{pixels}" for pixels in self.scales)]

    def better(self) -> dict[str, Better]:
        return dict.fromkeys(self.names(), "lower")

    def prepare(self, train: ImageSet, test: ImageSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Cut the patches of the real images; the held-out ones give the floor."""
        self.n_fake = min(self.maximum, len(train))
        self.settle(min(train.images(torch.tensor([0])).shape[2:]), device, ranks)
        self.real = self._cut(train, self.n_fake, ranks)
        self.floors, self.floor_n = {}, min(self.n_fake, len(test))
        if self.floor_n:
            held_out = self._cut(test, self.floor_n, ranks)
            self.floors = self.distances(self.real[: self.floor_n], held_out)

    def settle(self, side: int, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Choose scales, and places in them, for images whose shorter side has so many pixels."""
        self.device, self.scales = device, pyramid_scales(side)
        # a process has its part of each batch, and the same places in every batch: two find what one does
        self.batch_size = max(1, self.whole_batch // ranks.world)
        places = Draws(self.seed, "patches").uniform(self.whole_batch, len(self.scales), self.patches, 2)
        self.places = places[ranks.rank :: ranks.world].transpose(0, 1)  # (scales, B, patches, 2)

    def _cut(self, images: ImageSet, n: int, ranks: Ranks) -> Tensor:
        rows = [self.describe_pixels(pixels) for pixels in shuffled(images, ranks, self.batch_size)]
        own = torch.cat(rows)[: len(range(ranks.rank, n, ranks.world))]
        return ranks.interleaved(own, n)

    def describe(self, samples: Tensor) -> Tensor:
        return self.describe_pixels(to_uint8(samples))

    def describe_pixels(self, pixels: Tensor) -> Tensor:
        """(B, C, H, W) uint8 to (B, scales, patches, C, 7, 7) float32 on the CPU."""
        levels = laplacian_pyramid(pixels.float(), len(self.scales))
        cuts = [cut(level, places[: len(level)]) for level, places in zip(levels, self.places, strict=True)]
        return torch.stack(cuts, dim=1).cpu()

    def values(self, described: Tensor) -> dict[str, float | None]:
        return self.distances(self.real, described)

    def distances(self, real: Tensor, fake: Tensor) -> dict[str, float | None]:
        """``swd`` and each scale's, of what ``describe_pixels`` says of two sets."""
        slices = self._slices(real)
        distances = [
            1000 * sliced_wasserstein(self._rows(real[:, scale]), self._rows(fake[:, scale]), slices)
            for scale in range(len(self.scales))
        ]
        return dict(zip(self.names(), [sum(distances) / len(distances), *distances], strict=True))

    def _rows(self, patches: Tensor) -> Tensor:
        """(n, patches, C, 7, 7) to (n * patches, C * 49)."""
        return standardised(patches.to(self.device).flatten(0, 1)).flatten(1)

    def _slices(self, real: Tensor) -> Tensor:
        return random_directions(real.shape[3:].numel(), self.directions, self.seed).to(self.device)

    def measured(self) -> str:
        return (
            f"1000 x sliced Wasserstein distance of {self.patches} patches per image and scale, {self.directions} "
            f"directions, scales of {', '.join(map(str, self.scales))} pixels, from {self.n_fake:,} images of the "
            "train split"
        )
