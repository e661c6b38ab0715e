"""What the two players minimise, as functions of raw scores: r = D(x) of real and f = D(G(z)) of fake images.

All are means over (B,) scores, without a sigmoid before them, in at least float32. They raise ValueError for
scores of another shape, because (B, 1) against (B,) would broadcast to (B, B) silently.

``estimates_density_ratio`` says whether the best score is the log of how much likelier real data is than generated, up
to a constant or a monotone map that calibration finds. ``scores_are_logits`` says whether a score of 0 lies between
real and fake, so that its sign is a judgement.
``generator(fake, real)`` takes a function that gives the scores of real images. Only a loss that compares the two
calls it, so that the others cost no pass of real images through the discriminator.
"""

from collections.abc import Callable
from typing import Annotated, ClassVar

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor
from torch.distributed.nn.functional import all_reduce

from ganlab.bounds import Positive, Range, bounded
from ganlab.losses.precision import at_least_float32

RealScores = Callable[[], Tensor] | None


def _checked(*scores: Tensor) -> list[Tensor]:
    shapes = [tuple(score.shape) for score in scores]
    if any(len(shape) != 1 for shape in shapes) or len(set(shapes)) > 1:
        raise ValueError(
            f"scores of shape {' and '.join(map(str, shapes))}: an adversarial loss needs (B,), one raw "
            "score for each image and as many real as fake; flatten the discriminator's output"
        )
    return [at_least_float32(score) for score in scores]


class NonSaturating:
    """D: -E[log s(r)] - E[log(1 - s(f))], G: -E[log s(f)] (Goodfellow et al. 2014, section 3).

    s is the logistic function, softplus(-t) = -log s(t) and softplus(t) = -log(1 - s(t)). The generator's
    gradient, -(1 - s(f)), does not vanish where the discriminator recognises the fake.

    real_label: what the discriminator should say of real images; 0.9 is one-sided label smoothing (Salimans et al.
    2016, section 3.4), with which the best s(D) for densities p and q is 0.9 p / (p + q). Fakes keep the label 0.
    discriminator_weight: of what D minimises; 0.5 makes it the mean over real and fake images, as in Keras's tutorials.
    """

    scores_are_logits: ClassVar[bool] = True
    estimates_density_ratio: ClassVar[bool] = True

    @bounded
    def __init__(
        self,
        *,
        real_label: Annotated[float, Range(above=0.5, maximum=1)] = 1.0,
        discriminator_weight: Positive = 1.0,
    ) -> None:
        self.real_label = real_label
        self.discriminator_weight = discriminator_weight

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        # softplus(t) = softplus(-t) + t: what the label leaves to "fake" costs (1 - label) r more
        of_real = torch.add(F.softplus(-real), real, alpha=1 - self.real_label)
        return self.discriminator_weight * (of_real.mean() + F.softplus(fake).mean())

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        (fake,) = _checked(fake)
        return F.softplus(-fake).mean()


class Saturating(NonSaturating):
    """D as above, G: E[log(1 - s(f))], the minimax game itself (Goodfellow et al. 2014, equation 1).

    The generator's gradient, -s(f), vanishes where the discriminator recognises the fake.
    """

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        (fake,) = _checked(fake)
        return -F.softplus(fake).mean()


class LeastSquares:
    """D: E[(r - b)^2] / 2 + E[(f - a)^2] / 2, G: E[(f - c)^2] / 2 (Mao et al. 2017, equation 2).

    a, b: what the discriminator should say of fakes and of real images; c: what the generator wants to hear.
    a, b, c = -1, 1, 0 makes it Pearson's chi-squared divergence (section 3.2).
    factor: of every square; 1 in place of the paper's 1/2 is what CycleGAN weighs its other terms against.
    """

    scores_are_logits: ClassVar[bool] = False
    estimates_density_ratio: ClassVar[bool] = False

    def __init__(self, *, a: float = 0.0, b: float = 1.0, c: float = 1.0, factor: float = 0.5) -> None:
        self.a, self.b, self.c, self.factor = a, b, c, factor

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return self.factor * ((real - self.b).square().mean() + (fake - self.a).square().mean())

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        (fake,) = _checked(fake)
        return self.factor * (fake - self.c).square().mean()


class Wasserstein:
    """D: E[f] - E[r], G: -E[f] (Arjovsky et al. 2017, algorithm 1); the critic must be kept Lipschitz.

    A high score means real, as in the paper; the authors' first code has the opposite sign.
    """

    scores_are_logits: ClassVar[bool] = False
    estimates_density_ratio: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return fake.mean() - real.mean()

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        (fake,) = _checked(fake)
        return -fake.mean()


class Hinge:
    """D: E[max(0, 1 - r)] + E[max(0, 1 + f)], G: -E[f] (Lim, Ye 2017; Miyato et al. 2018, equations 16 and 17).

    Scores beyond the margin, r > 1 and f < -1, teach the discriminator nothing more.
    """

    scores_are_logits: ClassVar[bool] = True
    estimates_density_ratio: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        (fake,) = _checked(fake)
        return -fake.mean()


class Relativistic:
    """D: E[-log s(r - f)], G: E[-log s(f - r)] over pairs (Jolicoeur-Martineau 2019; Huang et al. 2024).

    The i-th fake is compared with the i-th real image. Only differences count: the same number added to every score
    changes nothing, so a score by itself says neither real nor fake.
    """

    scores_are_logits: ClassVar[bool] = False
    estimates_density_ratio: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        return F.softplus(fake - real).mean()

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        """Raises ValueError where ``real`` is None: there is nothing to compare with."""
        real_score, fake = _checked(_real_scores(real), fake)
        return F.softplus(real_score - fake).mean()


class RelativisticAverage:
    """D: (E[-log s(r - E f)] + E[-log s(E r - f)]) / 2, G: r and f exchanged (Jolicoeur-Martineau 2019, section 4).

    Each score is compared with the mean of the other side's, over the batch of all processes. The halves are those of
    ESRGAN's code (Wang et al. 2018, equations 1 and 2, have none).
    """

    scores_are_logits: ClassVar[bool] = False
    estimates_density_ratio: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = _checked(real, fake)
        of_real = F.softplus(_batch_mean(fake) - real).mean()
        return (of_real + F.softplus(fake - _batch_mean(real)).mean()) / 2

    def generator(self, fake: Tensor, real: RealScores = None) -> Tensor:
        """Raises ValueError where ``real`` is None: there is nothing to compare with."""
        return self.discriminator(fake, _real_scores(real))


def _real_scores(real: RealScores) -> Tensor:
    if real is None:
        raise ValueError(
            "real=None: a relativistic loss compares each fake with real images; "
            "call generator(fake, real=lambda: discriminator(images))"
        )
    return real()


def _batch_mean(score: Tensor) -> Tensor:
    """The mean of (B,) scores over the batches of all processes, a scalar; differentiable."""
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return score.mean()
    return all_reduce(score.mean()) / dist.get_world_size()
