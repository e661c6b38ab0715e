"""How many modes of a known distribution a generator has found, and how evenly: mode coverage."""

import math
from typing import ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from ganlab.bounds import Positive, Samples, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.images.base import FakeScores
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.pixels import to_uint8
from ganlab.score_record import Better
from ganlab.sets import ImageSet
from ganlab.types import Extractor


@runtime_checkable
class Modal(Protocol):
    """Real points (N, 2) of a mixture with ``means`` (K, 2) and standard deviation ``sigma``."""

    points: Tensor
    means: Tensor
    sigma: float


class ModeCoverage(FakeScores):
    """Mode coverage in the plane, by the protocol of Srivastava et al. 2017 (VEEGAN).

    A sample is of high quality if it lies within ``sigmas`` standard deviations of its nearest mean; a mode is captured
    by at least one of them.

    modes: how many are captured. hq: the share of samples of high quality. mode_kl: Kullback-Leibler divergence of
    the captured modes' shares of them from equal shares, in nats; None where no sample is of high quality.
    """

    direction: ClassVar[dict[str, Better]] = {"mode_kl": "lower", "modes": "higher", "hq": "higher"}

    @bounded
    def __init__(
        self,
        *,
        n_fake: Samples = 2500,
        sigmas: Positive = 3.0,
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 2500,
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        self.sigmas = sigmas

    def prepare(self, train: Modal, test: Modal, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Take means and sigma from the real points.

        Raises:
            UserError: they have no modes.
        """
        if not isinstance(test, Modal) or len(test.means) == 0:
            raise UserError(
                "metrics=modes counts the modes of a mixture, and this data has none; choose data=ring, data=grid or "
                "metrics=energy"
            )
        self.means, self.sigma = test.means, test.sigma
        self.floors, self.floor_n = self.values(test.points), len(test.points)

    def describe(self, samples: Tensor) -> Tensor:
        return samples

    def values(self, described: Tensor) -> dict[str, float | None]:
        counts = mode_counts(described, self.means, self.sigmas * self.sigma)
        return {
            "mode_kl": kl_from_uniform(counts),
            "modes": int((counts > 0).sum()),
            "hq": int(counts.sum()) / len(described),
        }

    def measured(self) -> str:
        return f"{len(self.means)} means, high quality within {self.sigmas:g} x {self.sigma:g} of the nearest"


class StackedModes(FakeScores):
    """Mode count on stacked digits (Metz et al. 2017, Unrolled GANs): each colour channel holds a digit.

    A classifier reads the three digits of a picture, a number from 000 to 999. Named after the classifier.

    modes: how many numbers occur. mode_kl: Kullback-Leibler divergence of their shares from equal shares, in nats.

    extractor: the classifier; its classes must be the ten digits.

    Raises:
        UserError: for another extractor, and for weights that cannot be had.
    """

    @bounded
    def __init__(
        self,
        *,
        extractor: Extractor,
        n_fake: Samples = 26_000,
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 250,
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        if len(extractor.classes) != 10:
            raise UserError(
                f"metrics: {extractor.name} tells {len(extractor.classes)} classes apart: stacked digits are read by a "
                "classifier of 10; try metrics.stacked.extractor.data=digits"
            )
        extractor.prepare()
        self.extractor = extractor

    def better(self) -> dict[str, Better]:
        return {f"modes{self.extractor.suffix}": "higher", f"mode_kl{self.extractor.suffix}": "lower"}

    def names(self) -> list[str]:
        return list(self.better())

    def prepare(self, train: ImageSet, test: ImageSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        """Count the modes of ``n_fake`` held-out pictures, or of all there are.

        Raises:
            UserError: the pictures do not have three channels.
        """
        self.extractor.to(device)
        n = min(len(test), self.n_fake)
        read = []
        for indices in torch.arange(n)[ranks.rank :: ranks.world].split(self.batch_size):
            read.append(self.read(test.images(indices)).cpu())
        self.floors, self.floor_n = self.values(ranks.interleaved(torch.cat(read), n)), n

    def describe(self, samples: Tensor) -> Tensor:
        return self.read(to_uint8(samples))

    def read(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) uint8 to (B,) int64 from 0 to 999."""
        if pictures.shape[1] != 3:
            raise UserError(
                f"metrics=stacked reads one digit in each of 3 channels, and these pictures have {pictures.shape[1]}; "
                "use data=stacked_mnist or data=stacked_digits"
            )
        digits = self.extractor(pictures.flatten(0, 1).unsqueeze(1)).logits.argmax(1).unflatten(0, (-1, 3))
        return (digits * torch.tensor([100, 10, 1], device=digits.device)).sum(1)

    def values(self, described: Tensor) -> dict[str, float | None]:
        counts = torch.bincount(described, minlength=1000)
        suffix = self.extractor.suffix
        return {f"modes{suffix}": int((counts > 0).sum()), f"mode_kl{suffix}": kl_from_uniform(counts)}

    def measured(self) -> str:
        name, weights = self.extractor.name, self.extractor.weights[:8]
        return f"1000 modes read by the classifier of {name} (weights {weights}, {self.extractor.resize})"


def mode_counts(points: Tensor, means: Tensor, radius: float) -> Tensor:
    """(K,) int64: how many of ``points`` (N, D) lie within ``radius`` of their nearest mean of (K, D)."""
    distance, nearest = torch.cdist(points.double(), means.double()).min(dim=1)
    return torch.bincount(nearest[distance <= radius], minlength=len(means))


def kl_from_uniform(counts: Tensor) -> float | None:
    """KL(counts / sum || 1/K) in nats from (K,) counts: 0 for equal counts, log K for a single mode, None for none."""
    if counts.sum() == 0:
        return None
    shares = counts.double() / counts.sum()
    return max(0.0, math.log(len(counts)) + float(torch.special.xlogy(shares, shares).sum()))
