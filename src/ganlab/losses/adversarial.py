"""What the two players minimise, as functions of raw scores: r = D(x) of real and f = D(G(z)) of fake images.

All are means over (B,) scores, without a sigmoid before them, in at least float32. They raise ValueError for
scores of another shape, because (B, 1) against (B,) would broadcast to (B, B) silently.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def _checked(*scores: Tensor) -> list[Tensor]:
    shapes = [tuple(score.shape) for score in scores]
    if any(len(shape) != 1 for shape in shapes) or len(set(shapes)) > 1:
        raise ValueError(
            f"scores of shape {' and '.join(map(str, shapes))}: an adversarial loss needs (B,), one raw "
            "score for each image and as many real as fake; flatten the discriminator's output"
        )
    return [score.to(torch.promote_types(score.dtype, torch.float32)) for score in scores]


class NonSaturating:
    """D: -E[log s(r)] - E[log(1 - s(f))], G: -E[log s(f)] (Goodfellow et al. 2014, section 3).

    s is the logistic function, softplus(-t) = -log s(t) and softplus(t) = -log(1 - s(t)). The generator's
    gradient, -(1 - s(f)), does not vanish where the discriminator recognises the fake.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(self, fake: Tensor) -> Tensor:
        (fake,) = _checked(fake)
        return F.softplus(-fake).mean()


class Saturating(NonSaturating):
    """D as above, G: E[log(1 - s(f))], the minimax game itself (Goodfellow et al. 2014, equation 1).

    The generator's gradient, -s(f), vanishes where the discriminator recognises the fake.
    """

    def generator(self, fake: Tensor) -> Tensor:
        (fake,) = _checked(fake)
        return -F.softplus(fake).mean()


class LeastSquares:
    """D: E[(r - b)^2] / 2 + E[(f - a)^2] / 2, G: E[(f - c)^2] / 2 (Mao et al. 2017, equation 2).

    a, b: what the discriminator should say of fakes and of real images; c: what the generator wants to hear.
    a, b, c = -1, 1, 0 makes it Pearson's chi-squared divergence (section 3.2).
    """

    def __init__(self, *, a: float = 0.0, b: float = 1.0, c: float = 1.0) -> None:
        self.a, self.b, self.c = a, b, c

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return (real - self.b).square().mean() / 2 + (fake - self.a).square().mean() / 2

    def generator(self, fake: Tensor) -> Tensor:
        (fake,) = _checked(fake)
        return (fake - self.c).square().mean() / 2


class Wasserstein:
    """D: E[f] - E[r], G: -E[f] (Arjovsky et al. 2017, algorithm 1); the critic must be kept Lipschitz.

    A high score means real, as in the paper; the authors' first code has the opposite sign.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return fake.mean() - real.mean()

    def generator(self, fake: Tensor) -> Tensor:
        (fake,) = _checked(fake)
        return -fake.mean()
