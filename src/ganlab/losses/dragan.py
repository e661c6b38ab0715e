"""A gradient penalty around real images alone."""

from torch import Tensor

from ganlab.bounds import Weight, bounded
from ganlab.losses.penalties import Score, gradient_penalty
from ganlab.randomness import Draws
from ganlab.types import Penalty


class DRAGAN(Penalty):
    """weight * E[(|grad D(x + alpha delta)| - 1)^2] near real images x (Kodali et al. 2017, section 2.3).

    delta is uniform from 0 to ``spread`` deviations of all pixels of the batch, for each pixel by itself; alpha is
    uniform from 0 to 1, one for each image. So it is in the authors' code.
    """

    compares_samples = True

    @bounded
    def __init__(self, *, weight: Weight = 10.0, spread: Weight = 0.5) -> None:
        self.weight, self.spread = weight, spread

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        delta = self.spread * real.std() * draws.uniform(*real.shape)
        alpha = draws.uniform(len(real), *[1] * (real.ndim - 1))
        return {"dragan": self.weight * gradient_penalty(score, real, real + delta, alpha)}
