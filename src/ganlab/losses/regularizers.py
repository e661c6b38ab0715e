"""Terms of both players' updates that speak of scores and of noise, and may remember earlier ones."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.bounds import Positive, Share, Weight, Whole, bounded
from ganlab.losses.precision import at_least_float32

Nearby = Callable[[float], Tensor]
Mean = Callable[[Tensor], Tensor]


class Regularizer(nn.Module):
    """No term; what others derive from. ``compares`` says whether it compares a z with its neighbours."""

    compares = False

    def discriminator(
        self, real_score: Tensor, fake_score: Tensor, nearby: Nearby, *, mean: Mean, step: int
    ) -> dict[str, Tensor]:
        """Terms by name. Scores: (B,). nearby: scores of fakes whose noise lies so far from that of the scored ones.

        mean: over all processes. step: counts from 1.
        """
        return {}

    def generator(self, fake: Tensor, nearby: Nearby) -> dict[str, Tensor]:
        """Terms by name. fake: (B, C, H, W). nearby: images whose noise lies so far from theirs."""
        return {}


class LeCam(Regularizer):
    """weight * (E[max(0, D(x) - a_F)^2] + E[max(0, a_R - D(G(z)))^2]) (Tseng et al. 2021, equations 4 and 5).

    a_R and a_F are moving averages of the mean scores of real images and of fakes, over all processes; they take in a
    step before its terms are made. With few images the scores of real and fake drift apart; this holds them together.

    decay: of the averages. start: the step from which on there is a term; before it the averages are those of the step.
    """

    real_mean: Tensor
    fake_mean: Tensor

    @bounded
    def __init__(self, *, weight: Weight = 0.3, decay: Share = 0.9, start: Whole = 1000) -> None:
        super().__init__()
        self.weight, self.decay, self.start = weight, decay, start
        self.register_buffer("real_mean", torch.zeros(()))
        self.register_buffer("fake_mean", torch.zeros(()))

    def discriminator(
        self, real_score: Tensor, fake_score: Tensor, nearby: Nearby, *, mean: Mean, step: int
    ) -> dict[str, Tensor]:
        real_score, fake_score = at_least_float32(real_score), at_least_float32(fake_score)
        forget = 1 - self.decay if step >= self.start else 1.0
        for average, score in ((self.real_mean, real_score), (self.fake_mean, fake_score)):
            average.lerp_(mean(score.detach().mean()).to(average), forget)
        if step < self.start:
            return {}
        real = (real_score - self.fake_mean).relu().square().mean()
        fake = (self.real_mean - fake_score).relu().square().mean()
        return {"lecam": self.weight * (real + fake)}


class LatentConsistency(Regularizer):
    """zCR: scores stay where the noise moves a little, images do not (Zhao et al. 2021, section 3.2).

    D: discriminator_weight * E[(D(G(z)) - D(G(z + delta)))^2]. G: -generator_weight * E[(G(z) - G(z + delta))^2], a
    mean over pixels too. delta ~ N(0, std^2).
    """

    compares = True

    @bounded
    def __init__(
        self,
        *,
        std: Positive = 0.05,
        discriminator_weight: Weight = 20.0,
        generator_weight: Weight = 0.5,
    ) -> None:
        super().__init__()
        self.std, self.discriminator_weight, self.generator_weight = (
            std,
            discriminator_weight,
            generator_weight,
        )

    def discriminator(
        self, real_score: Tensor, fake_score: Tensor, nearby: Nearby, *, mean: Mean, step: int
    ) -> dict[str, Tensor]:
        change = at_least_float32(fake_score) - at_least_float32(nearby(self.std))
        return {"consistency_latent": self.discriminator_weight * change.square().mean()}

    def generator(self, fake: Tensor, nearby: Nearby) -> dict[str, Tensor]:
        change = at_least_float32(fake) - at_least_float32(nearby(self.std))
        return {"consistency_latent": -self.generator_weight * change.square().mean()}
