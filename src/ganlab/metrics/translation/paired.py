"""How near translations are to their truth, where held-out pairs are known."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganlab.bounds import Count, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.distances.similarity import WINDOW, as_stored, mean_absolute, mean_square, psnr, ssim
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.translation.base import Rows, TranslationScores, with_channels
from ganlab.score_record import Better
from ganlab.sets import ExampleSet
from ganlab.types import Batch, tensors_of

SSIM = f"SSIM of Wang et al. 2004 ({WINDOW}x{WINDOW} Gaussian, sigma 1.5, windows within the image)"
POOLED = "PSNR of the squared error pooled over all images"


class LikenessScores(TranslationScores[ExampleSet]):
    """Scores of pictures against those that they should be: a subclass's own and, where it can be had, LPIPS.

    perceptual: what computes LPIPS, a mean over images; None leaves it out. on_missing: what happens where it cannot:
    LPIPS is absent ("skip"), or the run is refused ("error"). n, seed, batch_size: see :class:`TranslationScores`.
    """

    own: ClassVar[Mapping[str, Better]]  # the scores beside LPIPS, the main one first
    truth: ClassVar[str]  # the key of what an output should be, in batches and in outputs

    @bounded
    def __init__(
        self,
        *,
        perceptual: Perceptual | None = None,
        on_missing: Literal["skip", "error"] = "skip",
        n: Count | None = None,
        seed: int = 0,
        batch_size: Size = 16,
    ) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.perceptual, self.on_missing = perceptual, on_missing
        self.direction = dict(self.own)
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
        if self.perceptual is not None and "lpips" in self.direction:
            size = tensors_of(test.batch(torch.tensor([0])))[self.truth].shape[2:]
            self.leave_out_if_small(["lpips"], size, self.perceptual.smallest)
            self.perceptual.to(device)
        super().prepare(train, test, device, ranks)

    def leave_out_if_small(self, names: Iterable[str], size: Sequence[int], minimum: int) -> None:
        """Go on without scores that need images of ``minimum`` pixels each way."""
        if min(size) < minimum:
            height, width = size
            self.leave_out(
                names, f"images of {height}x{width} are smaller than the {minimum}x{minimum} it needs"
            )

    def lpips(self, output: Tensor, truth: Tensor) -> dict[str, Tensor]:
        """A row for LPIPS, of (B, C, H, W) in [0, 1] twice; none where it is left out."""
        if self.perceptual is None or "lpips" not in self.direction:
            return {}
        return {"lpips": self.perceptual(output, truth)}

    def measured(self, name: str) -> str:
        if self.perceptual is not None and name == "lpips":
            return self.perceptual.measured()
        return self.measured_otherwise(name)

    def measured_otherwise(self, name: str) -> str:
        """``measured`` of one of ``own``."""
        raise NotImplementedError


class PairScores(LikenessScores):
    """L1, PSNR, SSIM and, where it can be had, LPIPS, between output and target.

    l1: mean absolute error of pixels in [0, 1]. psnr: in dB, of the mean squared error over all images. ssim: the
    mean over images and channels; absent for images smaller than its window. lpips: the mean over images.

    perceptual, on_missing, n, seed, batch_size: see :class:`LikenessScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("source", "target")
    own: ClassVar[Mapping[str, Better]] = {"l1": "lower", "psnr": "higher", "ssim": "higher"}
    truth: ClassVar[str] = "target"

    def prepare(
        self, train: ExampleSet, test: ExampleSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        self.require_kind(test)
        self.leave_out_if_small(["ssim"], test.batch(torch.tensor([0]))["target"].shape[2:], WINDOW)
        super().prepare(train, test, device, ranks)

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        """The source itself; a grey one repeated, a coloured one made grey, where the target's channels differ."""
        answer = with_channels(batch["source"], batch["target"].shape[1])
        if answer is None or answer.shape != batch["target"].shape:
            return None
        return {"target": answer}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        output, target = as_stored(outputs["target"]), as_stored(batch["target"])
        rows = {"l1": mean_absolute(output, target), "square": mean_square(output, target)}
        if "ssim" in self.direction:
            rows["ssim"] = ssim(output, target)
        return rows | self.lpips(output, target)

    def values(self, rows: Rows) -> dict[str, float | None]:
        means = {name: float(values.mean()) for name, values in rows.items()}
        return {"psnr": psnr(means.pop("square")), **means}

    def measured_otherwise(self, name: str) -> str:
        return f"pixels in [0, 1], rounded to 8 bits: L1; {POOLED}; {SSIM}"
