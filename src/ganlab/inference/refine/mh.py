"""Metropolis-Hastings GAN: of the generator's proposals a chain takes those that the data makes likelier."""

from typing import ClassVar

import torch
from torch import Tensor

from ganlab.inference.refine.calibrate import Isotonic, Logistic
from ganlab.inference.refine.judge import Calibration, Held, scores
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws
from ganlab.techniques.metropolis import accepts


class MetropolisHastings:
    """The last state of a chain of ``steps`` proposals for each sample (Turner et al. 2019, algorithm 1).

    The generator proposes, whatever the state is; with D the calibrated probability of being real, x' follows x with
    probability min(1, (1 / D(x) - 1) / (1 / D(x') - 1)), the exponential of the difference of their logits. A chain
    begins at a held-out real sample, which spares it the burn-in; one that never moves begins anew at its first
    proposal.
    """

    calibrator: ClassVar[type[Isotonic] | type[Logistic]] = Isotonic

    def __init__(self, model: LatentGAN, calibration: Calibration, real: Held, *, steps: int) -> None:
        self.model, self.calibration, self.real, self.steps = model, calibration, real, steps
        self.proposed = self.accepted = 0

    def __call__(self, inputs: tuple[Tensor, ...], draws: Draws, averaged: bool) -> Tensor:
        """(n, ...) on the model's device: one sample for each of ``inputs``, with its label where there is one."""
        n, labels = len(inputs[0]), inputs[1] if len(inputs) > 1 else None
        state = self._first(n, labels, draws).to(self.model.device)
        logit = self._logits(state, labels)
        moved = torch.zeros(n, dtype=torch.bool, device=state.device)
        other, other_logit = (
            state,
            torch.full_like(logit, -torch.inf),
        )  # a chain that begins at the first proposal
        for step in range(self.steps):
            z = inputs[0] if step == 0 else self.model.prior(draws, n)
            proposal = torch.cat([*self.model.pictures_of((z, *inputs[1:]), averaged=averaged)])
            height = self._logits(proposal, labels)
            taken, other_taken = accepts(height - logit, draws), accepts(height - other_logit, draws)
            state, logit = _where(taken, proposal, state), torch.where(taken, height, logit)
            other, other_logit = (
                _where(other_taken, proposal, other),
                torch.where(other_taken, height, other_logit),
            )
            moved |= taken
            self.proposed, self.accepted = self.proposed + n, self.accepted + int(taken.sum())
        return _where(moved, state, other)

    def in_words(self) -> str:
        share = self.accepted / max(1, self.proposed)
        return f"chains of {self.steps} proposals, {share:.1%} of them accepted"

    def _first(self, n: int, labels: Tensor | None, draws: Draws) -> Tensor:
        """Held-out samples that did not calibrate, of the labels where there are any."""
        samples = self.real.samples[1::2]
        if labels is None or self.real.labels is None:
            return samples[draws.integers(n, len(samples))]
        known, chosen = self.real.labels[1::2], draws.integers(n, len(samples))
        for label in labels.unique():
            own, wanted = (known == label).nonzero()[:, 0], labels == label
            if len(own):
                chosen[wanted] = own[chosen[wanted] % len(own)]
        return samples[chosen]

    def _logits(self, samples: Tensor, labels: Tensor | None) -> Tensor:
        return self.calibration.calibrated(scores(self.model, samples, labels))


def _where(which: Tensor, one: Tensor, other: Tensor) -> Tensor:
    return torch.where(which.unflatten(0, (-1, *(1,) * (one.dim() - 1))), one, other)
