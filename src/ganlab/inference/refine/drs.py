"""Discriminator rejection sampling: samples are kept as often as the data makes them likelier."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.refine.calibrate import Isotonic, Logistic
from ganlab.inference.refine.judge import Calibration, Held, scores
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws

PILOT = 2_000  # samples that say how high logits go and where most lie
SHARE = 0.95  # of the pilot's F that gamma lies above: one in twenty is kept more often than not
EPSILON = 1e-6
PATIENCE = 400  # batches for each batch that is asked for


class RejectionSampling:
    """A sample with logit l is kept with probability s(F) (Azadi et al. 2019, section 3.2).

    F = l - l_M - log(1 - exp(l - l_M - epsilon)) - gamma, l_M the highest logit yet, gamma the 95th percentile of the
    F of a pilot, so that enough are kept; the paper takes the 80th in its figures for ImageNet.
    """

    calibrator: ClassVar[type[Isotonic] | type[Logistic]] = Logistic

    def __init__(self, model: LatentGAN, calibration: Calibration, real: Held, *, steps: int) -> None:
        self.model, self.calibration = model, calibration
        inputs = model.inputs(PILOT, Draws(0, "pilot"))
        self.pilot = self._logits(torch.cat([*model.pictures_of(inputs)]), inputs[1:])
        self.highest, self.gamma = -math.inf, 0.0
        self._raise_to(self.pilot)
        self.proposed = self.accepted = 0

    def __call__(self, inputs: tuple[Tensor, ...], draws: Draws, averaged: bool) -> Tensor:
        """(n, ...) on the model's device: one sample for each of ``inputs``, with its label where there is one.

        Raises:
            UserError: next to nothing is kept.
        """
        n, kept = len(inputs[0]), None
        left = torch.arange(n)
        for attempt in range(PATIENCE):
            z = inputs[0] if attempt == 0 else self.model.prior(draws, n)
            beside = [values[left] for values in inputs[1:]]
            proposal = torch.cat([*self.model.pictures_of((z[: len(left)], *beside), averaged=averaged)])
            logits = self._logits(proposal, beside)
            self._raise_to(logits)
            chance = (self._height(logits) - self.gamma).sigmoid()
            good = (draws.uniform(n)[: len(left)].to(chance) < chance).cpu()
            kept = proposal.new_zeros(n, *proposal.shape[1:]) if kept is None else kept
            kept[left[good]] = proposal[good.to(proposal.device)]
            self.proposed, self.accepted = self.proposed + len(left), self.accepted + int(good.sum())
            left = left[~good]
            if not len(left):
                return kept
        raise UserError(
            f"refine=drs: of {self.proposed:,} samples {self.accepted:,} were kept, which is hardly any; "
            "try refine=mh"
        )

    def in_words(self) -> str:
        return f"{self.accepted / max(1, self.proposed):.1%} of {self.proposed:,} samples kept"

    def _raise_to(self, logits: Tensor) -> None:
        """Where a logit is the highest yet, all F are others, and gamma with them."""
        if (highest := float(logits.max())) > self.highest:
            self.highest = highest
            self.gamma = float(self._height(self.pilot).quantile(SHARE))

    def _height(self, logits: Tensor) -> Tensor:
        off = logits - self.highest
        return off - torch.log1p(-torch.exp(off - EPSILON))

    def _logits(self, samples: Tensor, beside: "list[Tensor] | tuple[Tensor, ...]") -> Tensor:
        return self.calibration.calibrated(scores(self.model, samples, beside[0] if beside else None))
