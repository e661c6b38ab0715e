"""How near enlarged images are to the originals, as papers on super-resolution measure it, beside bicubic."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganlab.errors import UserError
from ganlab.metrics.description import ALONE, Ranks
from ganlab.metrics.pairs import POOLED, SSIM
from ganlab.metrics.similarity import WINDOW, as_stored, luma, mean_square, psnr, ssim
from ganlab.metrics.translated import Rows, TranslationScores
from ganlab.types import Batch, ExampleSet


class SuperResolutionScores(TranslationScores):
    """PSNR and SSIM on Y (ITU-R BT.601, 16 to 235), without a border as many pixels wide as the scale.

    psnr_y: in dB, of the mean squared error over all images. ssim_y: the mean over images. The trivial answer is
    bicubic interpolation (Keys' kernel with a = -0.5, as in MATLAB and Pillow).

    n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("low", "high")
    trivial_answer: ClassVar[str] = "bicubic"

    def __init__(self, *, n: int | None = None, seed: int = 0, batch_size: int = 16) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.direction = {"psnr_y": "higher", "ssim_y": "higher"}

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
                ["ssim_y"], f"{inside} pixels within the border are fewer than its window of {WINDOW}"
            )
        super().prepare(train, test, device, ranks)

    def trivial(self, batch: Batch) -> dict[str, Tensor]:
        return {"high": bicubic(batch["low"], batch["high"].shape[2:])}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        output, high = (self._seen(images) for images in (outputs["high"], batch["high"]))
        rows = {"square": mean_square(output, high)}
        return rows | ({"ssim_y": ssim(output, high)} if "ssim_y" in self.direction else {})

    def _seen(self, images: Tensor) -> Tensor:
        border = self.scale
        return luma(as_stored(images))[..., border:-border, border:-border]

    def values(self, rows: Rows) -> dict[str, float | None]:
        means = {name: float(values.mean()) for name, values in rows.items()}
        return {"psnr_y": psnr(means.pop("square")), **means}

    def measured(self, name: str) -> str:
        return f"Y of BT.601 (16 to 235), pixels rounded to 8 bits, border of {self.scale} left out: {POOLED}; {SSIM}"


def bicubic(low: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, h, w) to (B, C, *size); with antialiasing, which enlarging does not need, torch takes a = -0.5."""
    return interpolate(low, tuple(size), mode="bicubic", antialias=True)
