"""DiscoGAN: two domains without pairs, with features that must match and a reconstruction that counts later."""

from typing import Unpack

from torch import Tensor

from ganlab.bounds import Count, Share, Size, Weight, Whole, bounded
from ganlab.losses.similarity import feature_matching, l2
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import NetworkFactory, TranslationFactory, observation
from ganlab.models.translation.two_domains import TwoDomains
from ganlab.types import AdversarialLoss, Batch, Observation


class DiscoGAN(TwoDomains):
    """Learning to discover cross-domain relations with GANs (Kim et al. 2017, equations 3 to 8; the authors' code).

    With rho, the share of the reconstruction, G and F minimise
    (1 - rho) (0.1 adversarial + 0.9 feature matching) + rho |F(G(a)) - a|^2, and the same for b. rho is small at
    first, so that the domains are met before they are joined. The discriminators move in every third step, the
    generators in the two others. Distances between images are those of the authors' range, [0, 1].

    generator: makes G and F of in_channels and out_channels.
    discriminator: makes each D of channels, which gives scores (B,) and features.
    loss: what the players minimise. adversarial_weight, features_weight: 0.1 and 0.9.
    first_rate, rate: rho for ``curriculum`` steps, and from then on.
    generator_steps: how many follow each other before the discriminators' turn.
    """

    compares_samples = True  # by the mean features of a batch

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        a_channels: Size,
        b_channels: Size,
        loss: AdversarialLoss,
        adversarial_weight: Weight = 0.1,
        features_weight: Weight = 0.9,
        first_rate: Share = 0.9,
        rate: Share = 0.9,
        curriculum: Whole = 500,
        generator_steps: Count = 2,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            a_channels=a_channels,
            b_channels=b_channels,
            **options,
        )
        self.loss = loss
        self.adversarial_weight, self.features_weight = adversarial_weight, features_weight
        self.first_rate, self.rate, self.curriculum = first_rate, rate, curriculum
        self.generator_steps = generator_steps

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        a, b = batch["a"], batch["b"]
        d_a, d_b = self.discriminator_a, self.discriminator_b
        if self.every(self.generator_steps + 1):
            with self.update("discriminator") as terms:
                fake_a, fake_b = self.b_to_a(b).detach(), self.a_to_b(a).detach()
                real, fake = d_b(b), d_b(fake_b)
                terms["a"] = self.loss.discriminator(d_a(a).score, d_a(fake_a).score) / 2
                terms["b"] = self.loss.discriminator(real.score, fake.score) / 2
            return observation(b, fake_b, real.score, fake.score)
        rho = self.first_rate if self.steps <= self.curriculum else self.rate
        with self.update("generator") as terms:
            fake_a, fake_b = self.b_to_a(b), self.a_to_b(a)
            for name, image, made, back, judge in (
                ("a", a, fake_a, self.b_to_a(fake_b), d_a),
                ("b", b, fake_b, self.a_to_b(fake_a), d_b),
            ):
                real, fake = judge(image), judge(made)
                fooling = self.loss.generator(fake.score, lambda real=real: real.score)  # type: ignore[misc]  # this turn's
                matching = feature_matching(real.features, fake.features)
                terms[f"adversarial_{name}"] = (1 - rho) * self.adversarial_weight * fooling
                terms[f"features_{name}"] = (1 - rho) * self.features_weight * matching
                terms[f"reconstruction_{name}"] = rho * unit_error(back, image)
        self.track("game/reconstruction_share", rho)
        return observation(b, fake_b, real.score, fake.score)


def unit_error(image: Tensor, other: Tensor) -> Tensor:
    """The mean squared error of images in [-1, 1] as it is between the same images in [0, 1]."""
    return l2(image, other) / 4
