"""How near enlarged images are to the originals, as papers on super-resolution measure it, beside bicubic."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganlab.errors import UserError
from ganlab.metrics.distances.similarity import WINDOW, as_stored, luma, mean_square, psnr, ssim
from ganlab.metrics.distances.sliced_wasserstein import (
    cut,
    laplacian_pyramid,
    random_directions,
    sliced_wasserstein,
    standardised,
)
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.translation.base import Rows
from ganlab.metrics.translation.paired import POOLED, SSIM, LikenessScores
from ganlab.randomness import Draws
from ganlab.score_record import Better
from ganlab.sets import ExampleSet
from ganlab.types import Batch

PATCHES, DIRECTIONS = 128, 512  # of each image; of projections


class SuperResolutionScores(LikenessScores):
    """PSNR, SSIM and the distribution of details on Y (ITU-R BT.601, 16 to 235), and LPIPS where it can be had.

    psnr_y: in dB, of the mean squared error over all images. ssim_y: the mean over images. swd_detail: 1000 times the
    sliced Wasserstein distance (Karras et al. 2018, section 5) of 7 x 7 patches of the finest level of Y's Laplacian
    pyramid from those of the originals: lines and textures count, and neither their strength nor where they lie. These
    are without a border as many pixels wide as the scale; the last two need 11 pixels within. lpips: in RGB, the mean
    over images. The trivial answer is bicubic interpolation (Keys' kernel with a = -0.5, as in MATLAB and Pillow).

    perceptual, on_missing, n, seed, batch_size: see :class:`~ganlab.metrics.translation.paired.LikenessScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("low", "high")
    own: ClassVar[Mapping[str, Better]] = {"psnr_y": "higher", "ssim_y": "higher", "swd_detail": "lower"}
    truth: ClassVar[str] = "high"
    trivial_answer: ClassVar[str] = "bicubic"

    def prepare(
        self, train: ExampleSet, test: ExampleSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        """As for all; raises UserError also where nothing is left within the border."""
        self.require_kind(test)
        example = test.batch(torch.tensor([0]))
        (height, width), low = example["high"].shape[2:], example["low"].shape[2]
        self.scale = height // low
        inside = min(height, width) - 2 * self.scale
        if inside < 1:
            raise UserError(
                f"metrics: high images of {height}x{width} are nothing but the border of {self.scale} pixels that is "
                "not scored: choose larger ones, or metrics=none"
            )
        if inside < WINDOW:
            self.leave_out(
                ["ssim_y", "swd_detail"],
                f"{inside} pixels within the border are fewer than the {WINDOW} they need",
            )
        self.places = Draws(self.seed, "patches").uniform(self.batch_size, PATCHES, 2)
        super().prepare(train, test, device, ranks)

    def trivial(self, batch: Batch) -> dict[str, Tensor]:
        height, width = batch["high"].shape[2:]
        return {"high": bicubic(batch["low"], (height, width))}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        whole = [as_stored(images) for images in (outputs["high"], batch["high"])]
        output, high = (self._scored(images) for images in whole)
        rows = {"square": mean_square(output, high)} | self.lpips(*whole)
        if "ssim_y" in self.direction:
            rows["ssim_y"] = ssim(output, high)
            rows["output_detail"], rows["high_detail"] = (self._detail(images) for images in (output, high))
        return rows

    def _scored(self, images: Tensor) -> Tensor:
        border = self.scale
        return luma(images)[..., border:-border, border:-border]

    def _detail(self, images: Tensor) -> Tensor:
        """(B, patches, 7, 7) of what (B, 1, H, W) has beyond half the resolution."""
        finest = laplacian_pyramid(images.float(), 2)[0]
        return cut(finest, self.places[: len(images)]).squeeze(2)

    def values(self, rows: Rows) -> dict[str, float | None]:
        details = {name: patches for name, patches in rows.items() if name.endswith("_detail")}
        means = {name: float(values.mean()) for name, values in rows.items() if name not in details}
        found = {"psnr_y": psnr(means.pop("square")), **means}
        if details:
            output, high = (
                standardised(patches.flatten(0, 1).unsqueeze(1)).flatten(1) for patches in details.values()
            )
            directions = random_directions(output.shape[1], DIRECTIONS, self.seed)
            found["swd_detail"] = 1000 * sliced_wasserstein(output, high, directions)
        return found

    def measured_otherwise(self, name: str) -> str:
        border = f"Y of BT.601 (16 to 235), pixels rounded to 8 bits, border of {self.scale} left out"
        if name == "swd_detail":
            return (
                f"{border}: 1000 x sliced Wasserstein distance of {PATCHES} patches per image of the finest level of "
                f"the Laplacian pyramid, {DIRECTIONS} directions"
            )
        return f"{border}: {POOLED}; {SSIM}"


def bicubic(low: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, h, w) to (B, C, *size); with antialiasing, which enlarging does not need, torch takes a = -0.5."""
    return interpolate(low, size, mode="bicubic", antialias=True)
