"""How near translations are to their truth, where held-out pairs are known."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.metrics.description import ALONE, Ranks
from ganlab.metrics.perceptual import Perceptual
from ganlab.metrics.similarity import WINDOW, as_stored, mean_absolute, mean_square, psnr, ssim
from ganlab.metrics.translated import Rows, TranslationScores, with_channels
from ganlab.types import Batch, ExampleSet

SSIM = f"SSIM of Wang et al. 2004 ({WINDOW}x{WINDOW} Gaussian, sigma 1.5, windows within the image)"
POOLED = "PSNR of the squared error pooled over all images"


class PairScores(TranslationScores):
    """L1, PSNR, SSIM and, where it can be had, LPIPS, between output and target.

    l1: mean absolute error of pixels in [0, 1]. psnr: in dB, of the mean squared error over all images. ssim: the
    mean over images and channels; absent for images smaller than its window. lpips: the mean over images.

    perceptual: what computes LPIPS; None leaves it out. on_missing: what happens where it cannot: LPIPS is absent
    ("skip"), or the run is refused ("error"). n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("source", "target")

    def __init__(
        self,
        *,
        perceptual: Perceptual | None = None,
        on_missing: Literal["skip", "error"] = "skip",
        n: int | None = None,
        seed: int = 0,
        batch_size: int = 16,
    ) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.perceptual, self.on_missing = perceptual, on_missing
        self.direction = {"l1": "lower", "psnr": "higher", "ssim": "higher"}
        if perceptual is not None:
            self.direction["lpips"] = "lower"
            try:
                perceptual.prepare()
            except UserError as error:
                if on_missing == "error":
                    raise
                self.leave_out(["lpips"], error)

    def prepare(
        self, train: ExampleSet, test: ExampleSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        self.require_kind(test)
        height, width = test.batch(torch.tensor([0]))["target"].shape[2:]
        for name, least in (("ssim", WINDOW), ("lpips", self.perceptual.smallest if self.perceptual else 0)):
            if min(height, width) < least:
                self.leave_out(
                    [name], f"images of {height}x{width} are smaller than the {least}x{least} it needs"
                )
        if "lpips" in self.direction:
            self.perceptual.to(device)
        super().prepare(train, test, device, ranks)

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        """The source itself; a grey one repeated, a coloured one made grey, where the target's channels differ."""
        answer = with_channels(batch["source"], batch["target"].shape[1])
        fits = answer is not None and answer.shape == batch["target"].shape
        return {"target": answer} if fits else None

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        output, target = as_stored(outputs["target"]), as_stored(batch["target"])
        rows = {"l1": mean_absolute(output, target), "square": mean_square(output, target)}
        if "ssim" in self.direction:
            rows["ssim"] = ssim(output, target)
        if "lpips" in self.direction:
            rows["lpips"] = self.perceptual(output, target)
        return rows

    def values(self, rows: Rows) -> dict[str, float | None]:
        means = {name: float(values.mean()) for name, values in rows.items()}
        return {"psnr": psnr(means.pop("square")), **means}

    def measured(self, name: str) -> str:
        if name == "lpips":
            return self.perceptual.measured()
        return f"pixels in [0, 1], rounded to 8 bits: L1; {POOLED}; {SSIM}"
