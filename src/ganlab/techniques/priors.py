"""Where the input of a generator comes from: p_z."""

import math

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ganlab.bounds import Pair, Positive, Size, Whole, bounded
from ganlab.errors import UserError
from ganlab.randomness import Draws


class Normal:
    """z ~ N(0, std^2), independent in ``size`` dimensions."""

    @bounded
    def __init__(self, *, size: Size = 100, std: Positive = 1.0) -> None:
        self.size, self.std = size, std

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32."""
        return self.std * draws.normal(n, self.size)

    def truncated(self, bound: float) -> "Truncated":
        """What of it lies within ``bound`` standard deviations; raises UserError for one that is not positive."""
        return Truncated(self, bound)


class Truncated(Normal):
    """N(0, std^2) of which only what lies within ``bound`` deviations is drawn (Brock et al. 2019, section 3.1).

    The paper draws numbers beyond the bound anew; this one inverts the distribution, so that each number takes one
    draw: the same noise is squeezed into the middle, and strips of several bounds show the same samples.
    """

    def __init__(self, normal: Normal, bound: float) -> None:
        if not bound > 0:
            raise UserError(
                f"truncation={bound}: expected a number of standard deviations above 0, such as 1"
            )
        super().__init__(size=normal.size, std=normal.std)
        self.bound = bound

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32, within ``bound`` standard deviations."""
        place = torch.special.ndtr(draws.normal(n, self.size).double())  # uniform
        tail = torch.special.ndtr(torch.tensor(-self.bound, dtype=torch.float64, device=place.device))
        inside = torch.special.ndtri(tail + place * (1 - 2 * tail))
        return self.std * inside.clamp(-self.bound, self.bound).float()


class Uniform:
    """z ~ U(low, high), independent in ``size`` dimensions. Raises UserError unless low < high."""

    @bounded
    def __init__(self, *, size: Size = 100, low: float = -1.0, high: float = 1.0) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise UserError(
                f"low={low}, high={high}: a uniform prior needs finite low < high; "
                "try model.prior.low=-1 model.prior.high=1"
            )
        self.size, self.low, self.high = size, low, high

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32 in [low, high)."""
        return draws.uniform(n, self.size, low=self.low, high=self.high)


class Codes:
    """Noise and codes side by side: U(-1, 1) in ``noise`` dimensions, a one-hot category, continuous codes U(-1, 1).

    Chen et al. 2016, appendix C.1, for MNIST: 62 of noise, ten categories, two continuous codes.
    """

    @bounded
    def __init__(self, *, noise: Size = 62, categories: Pair = 10, continuous: Whole = 2) -> None:
        self.noise, self.categories, self.continuous = noise, categories, continuous
        self.size = noise + categories + continuous

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32."""
        return self._joined(draws, n, draws.integers(n, self.categories))

    def sorted(self, draws: Draws, n: int, category: int | None = None) -> Tensor:
        """(n, size) of one category, or of each as often, in order. Raises UserError for one that does not exist."""
        if category is not None and not 0 <= category < self.categories:
            raise UserError(f"label={category}: this model has the categories 0 to {self.categories - 1}")
        chosen = torch.arange(n) * self.categories // n if category is None else torch.full((n,), category)
        return self._joined(draws, n, chosen)

    def codes(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """The category (n,) and the continuous codes (n, continuous) in (n, size)."""
        one_hot = latent[:, self.noise : self.noise + self.categories]
        return one_hot.argmax(1), latent[:, self.noise + self.categories :]

    def _joined(self, draws: Draws, n: int, category: Tensor) -> Tensor:
        noise = draws.uniform(n, self.noise, low=-1.0)
        continuous = draws.uniform(n, self.continuous, low=-1.0)
        return torch.cat([noise, one_hot(category, self.categories).to(noise), continuous], dim=1)
