"""How well holes are filled, looking at nothing but the holes."""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from ganlab.bounds import Count, Size, bounded
from ganlab.metrics.distances.similarity import as_stored, psnr
from ganlab.metrics.translation.base import Rows, TranslationScores
from ganlab.metrics.translation.paired import POOLED
from ganlab.types import Batch


class InpaintingScores(TranslationScores):
    """PSNR and L1 within the holes; the trivial answer fills each with the mean colour of what is known of its image.

    psnr_hole: in dB, of the squared error over all missing pixels of all images. l1_hole: the mean absolute error of
    the same pixels, in [0, 1].

    n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("image", "mask")
    trivial_answer: ClassVar[str] = "mean fill"

    @bounded
    def __init__(self, *, n: Count | None = None, seed: int = 0, batch_size: Size = 16) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.direction = {"psnr_hole": "higher", "l1_hole": "lower"}

    def trivial(self, batch: Batch) -> dict[str, Tensor]:
        image, mask = batch["image"], batch["mask"]
        known = (1 - mask).sum((2, 3), keepdim=True).clamp_min(1)
        mean = (image * (1 - mask)).sum((2, 3), keepdim=True) / known  # (B, C, 1, 1)
        return {"image": image * (1 - mask) + mean * mask}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        output, image = as_stored(outputs["image"]), as_stored(batch["image"])
        error, hole = output - image, batch["mask"].to(image)
        return {
            "square": (error.square() * hole).flatten(1).sum(1),
            "absolute": (error.abs() * hole).flatten(1).sum(1),
            "missing": hole.flatten(1).sum(1) * image.shape[1],
        }

    def values(self, rows: Rows) -> dict[str, float | None]:
        missing = float(rows["missing"].sum())
        if missing == 0:
            return {"psnr_hole": None, "l1_hole": None}
        return {
            "psnr_hole": psnr(float(rows["square"].sum()) / missing),
            "l1_hole": float(rows["absolute"].sum()) / missing,
        }

    def measured(self, name: str) -> str:
        return f"missing pixels in [0, 1], rounded to 8 bits: {POOLED}; L1; mean fill is the mean of the known pixels"
