"""A discriminator's scores as probabilities: of all images with this score, what share is real?"""

import math
from typing import Protocol

import numpy as np
import torch
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from torch import Tensor


class Calibrator(Protocol):
    """Takes scores (n,) to the logits (n,) of being real, as likely as not beforehand; float64."""

    def __call__(self, scores: Tensor) -> Tensor: ...


class Isotonic:
    """The monotone step function that fits best: assumes nothing but that a higher score is no less real.

    Probabilities are kept off 0 and 1 by one observation in as many as there were, so that no image is beyond compare.
    """

    def __init__(self, real: Tensor, fake: Tensor) -> None:
        scores, is_real, weights = _joined(real, fake)
        self.minimum = 1 / (len(scores) + 2)
        self.regression = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        self.regression.fit(scores, is_real, sample_weight=weights)

    def __call__(self, scores: Tensor) -> Tensor:
        found = torch.from_numpy(self.regression.predict(_numbers(scores)))
        return found.clamp(self.minimum, 1 - self.minimum).logit().to(scores.device)


class Logistic:
    """The logistic curve that fits best (Platt 1999): smooth, so that any two scores can be told apart."""

    def __init__(self, real: Tensor, fake: Tensor) -> None:
        scores, is_real, weights = _joined(real, fake)
        self.middle, self.scale = scores.mean(), max(float(scores.std()), 1e-12)
        regression = LogisticRegression(C=100.0).fit(self._scaled(scores), is_real, sample_weight=weights)
        self.slope, self.offset = max(0.0, float(regression.coef_[0, 0])), float(regression.intercept_[0])

    def __call__(self, scores: Tensor) -> Tensor:
        scaled = torch.from_numpy(self._scaled(_numbers(scores))[:, 0])
        return (self.slope * scaled + self.offset).to(scores.device)

    def _scaled(self, scores: np.ndarray) -> np.ndarray:
        return ((scores - self.middle) / self.scale)[:, None]


def z_statistic(logits_of_real: Tensor, logits_of_fake: Tensor) -> float:
    """How many deviations the number of real images is off what the probabilities promise (Turner et al. 2019).

    Of as many real as generated images with logits (n,) each: sum(y - D) / sqrt(sum(D (1 - D))), about N(0, 1) for
    calibrated ones; positive where the discriminator thinks too little of images.
    """
    n = min(len(logits_of_real), len(logits_of_fake))
    probabilities = torch.cat([logits_of_real[:n], logits_of_fake[:n]]).double().sigmoid()
    spread = float((probabilities * (1 - probabilities)).sum())
    return (n - float(probabilities.sum())) / math.sqrt(max(spread, 1e-12))


def _numbers(scores: Tensor) -> np.ndarray:
    return scores.detach().double().cpu().numpy()


def _joined(real: Tensor, fake: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, 1 for real ones, and weights by which both kinds count alike."""
    scores = np.concatenate([_numbers(real), _numbers(fake)])
    is_real = np.concatenate([np.ones(len(real)), np.zeros(len(fake))])
    weights = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))])
    return scores, is_real, weights * len(scores)
