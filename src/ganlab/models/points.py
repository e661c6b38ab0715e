"""Games with points of the plane in place of images: small enough to see what each player does."""

from collections.abc import Mapping
from typing import ClassVar, Unpack

import torch
from torch import Tensor
from torch.func import functional_call

from ganlab.bounds import Positive, Whole, bounded
from ganlab.models.base import GAN
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.models.images.gan import StandardGAN
from ganlab.models.images.r3gan import R3GAN
from ganlab.types import AdversarialLoss, Batch, Observation, observed


class OnPoints(GAN):
    """Comes before a model of images and hands it the points (B, 2) of a batch as if they were images."""

    data_kind: ClassVar[str] = "points"

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        return super().training_step(Batch(image=batch["point"]), batch_idx)


class PlaneGAN(OnPoints, StandardGAN):
    """:class:`StandardGAN`, word for word, on points (B, 2); its losses and penalties are those of ``StandardGAN``."""


class PlaneR3GAN(OnPoints, R3GAN):
    """:class:`R3GAN`, word for word, on points (B, 2)."""


class PlaneUnrolledGAN(LatentGAN):
    """Unrolled GAN (Metz, Poole, Pfau, Sohl-Dickstein 2017, section 2) on points (B, 2).

    G plays against D as it would be after k steps of gradient descent on its loss (equations 5 to 7), and knows how its
    points change those steps: a crowd in one place would be found out. D itself moves by one step, as ever.

    Each process imagines them on its own samples.

    loss: of both; ``Saturating`` is the paper's game, in which G stands still where D wins.
    unrolled_steps: k. unrolled_rate: eta of the imagined steps.
    """

    data_kind: ClassVar[str] = "points"
    # G's gradient goes through a loss of means over the batch
    compares_samples = True

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        unrolled_steps: Whole = 5,
        unrolled_rate: Positive = 0.01,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.loss = loss
        self.unrolled_steps, self.unrolled_rate = unrolled_steps, unrolled_rate

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["point"]
        with self.update("discriminator") as terms:
            fake = self.replay(self.generate(len(real)).detach(), self.draws)
            real_score, fake_score = self.score(real), self.score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        with self.update("generator") as terms:
            drawn = self.generate(len(real))
            real_then, fake_then = self.scores(self.unrolled(real, drawn), real, drawn)
            terms["adversarial"] = self.loss.generator(fake_then, lambda: real_then)
        return observed(real, fake, real_score, fake_score)

    def unrolled(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """D's parameters after k steps, as a function of the fakes."""
        theta = {name: p.detach().requires_grad_() for name, p in self.discriminator.named_parameters()}
        for _ in range(self.unrolled_steps):
            loss = self.loss.discriminator(*self.scores(theta, real, fake))
            slopes = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
            theta = {
                name: p - self.unrolled_rate * slope
                for (name, p), slope in zip(theta.items(), slopes, strict=True)
            }
        return theta

    def scores(self, theta: Mapping[str, Tensor], *parts: Tensor) -> list[Tensor]:
        """What D would say of each part, (B, 2) to (B,), if its parameters were ``theta``."""
        return [
            functional_call(self.discriminator, dict(theta), (self.augment(points, self.draws),))
            for points in parts
        ]
