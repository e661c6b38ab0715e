"""Scores of the pixels themselves, without any network: sliced Wasserstein distance and MS-SSIM."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import Pictures
from ganlab.metrics.images.ms_ssim import pairs, scales_of
from ganlab.metrics.images.sliced_wasserstein import SlicedWasserstein
from ganlab.score_record import Score

PIXELS = ("swd", "ms_ssim")
MOST = 2000  # images of a side whose patches are kept: 0.05 MB each at 32 x 32 grey, 0.2 MB at 64 x 64 RGB


class Pixels:
    """Looks at a side's pixels for the scores with these names; all images must be of one size.

    fault: why nothing can be told, "" where it can.
    """

    def __init__(self, names: Sequence[str], batch_size: int) -> None:
        self.names = names
        self.shape: torch.Size | None = None
        self.fault, self.seen = "", 0
        self.patches: list[Tensor] = []
        self.likenesses: list[Tensor] = []
        self.sliced = SlicedWasserstein(n_fake=MOST, batch_size=batch_size)

    def add(self, pictures: Pictures) -> None:
        images = pictures.images
        if self.fault:
            return
        if self.shape is None:
            self._settle(images.shape[1:])
        elif images.shape[1:] != self.shape:
            self.fault = "it needs images of one size"
        if self.fault:
            return
        if "swd" in self.names and self.seen < MOST:
            self.patches.append(self.sliced.describe_pixels(images[: MOST - self.seen]))
        if "ms_ssim" in self.names and len(images) > 1:
            self.likenesses.append(pairs(images, self.scales)[: len(images) // 2].cpu())
        self.seen += len(images)

    def _settle(self, shape: torch.Size) -> None:
        self.shape, side = shape, min(shape[1:])
        try:
            self.sliced.settle(side, torch.device("cpu"))
            self.scales = scales_of(side) if "ms_ssim" in self.names else 0
        except UserError as error:
            self.fault = str(error).partition("; try")[0]

    def likeness(self) -> float:
        """Mean MS-SSIM of its pairs."""
        return float(torch.cat(self.likenesses).double().mean())


def pixel_scores(fake: Pixels, real: Pixels) -> tuple[dict[str, Score], dict[str, str]]:
    """The scores that both sides allow, and of the others why not."""
    reason = fake.fault or real.fault
    if not reason and "swd" in fake.names and fake.shape != real.shape:
        reason = "it needs two sides of one size and number of channels"
    if reason:
        return {}, dict.fromkeys(fake.names, reason)
    about = {"n_fake": fake.seen, "n_real": real.seen}
    found = {}
    if "swd" in fake.names:
        one, other = (torch.cat(side.patches) for side in (real, fake))
        n = min(len(one), len(other))
        value = fake.sliced.distances(one[:n], other[:n])["swd"]
        found["swd"] = Score(value=value, better="lower", protocol={**about, "n_fake": n, "n_real": n})
    if "ms_ssim" in fake.names:
        beside = {**about, "baseline": "real images"}
        found["ms_ssim"] = Score(
            value=fake.likeness(), better="lower", baseline=real.likeness(), protocol=beside
        )
    return found, {}
