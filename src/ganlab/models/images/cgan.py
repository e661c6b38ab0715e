"""Conditional GANs: both players are told what the image should show."""

from typing import ClassVar, Unpack

from torch import Tensor

from ganlab.bounds import Count, Size, bounded
from ganlab.losses.orthogonal import NoWeightPenalty
from ganlab.losses.penalties import NoPenalty, require_no_batch_norm
from ganlab.losses.regularizers import Regularizer
from ganlab.models.images.base import LatentOptions
from ganlab.models.images.labelled import LabelledGAN
from ganlab.techniques.selection import All
from ganlab.types import AdversarialLoss, Batch, Observation, Penalty, WeightPenalty, observed


class CGAN(LabelledGAN):
    """Conditional generative adversarial nets (Mirza, Osindero 2014, equation 2).

    The generator is G(z | y), the discriminator D(x | y). How a network takes y is its own business: one-hot
    vectors beside the pixels, a map for each class, or the projection of Miyato, Koyama 2018. A fake has the label of
    the real image that it is paired with.

    loss, discriminator_steps, penalty, regularizer, selection, weight_penalty: see
        :class:`~ganlab.models.images.gan.StandardGAN`.
    classes: how many labels there are.
    """

    presents: ClassVar[bool] = True

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        classes: Size,
        discriminator_steps: Count = 1,
        penalty: Penalty | None = None,
        regularizer: Regularizer | None = None,
        selection: All | None = None,
        weight_penalty: WeightPenalty | None = None,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(classes=classes, **options)
        self.loss = loss
        self.discriminator_steps = discriminator_steps
        self.penalty = penalty or NoPenalty()
        self.regularizer = regularizer or Regularizer()
        self.selection = selection or All()
        self.weight_penalty = weight_penalty or NoWeightPenalty()
        if self.penalty.differentiates:
            require_no_batch_norm(self.discriminator)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        label, n = batch["label"], len(batch["label"])
        with self.update("discriminator") as terms:
            real, z = self.presented(batch["image"], label), self.prior(self.draws, n)
            fake = self.generator(z, label).detach()
            score = self.penalty.scoring(lambda image: self.score(image, label), step=self.steps)
            real_score, fake_score = score(real), score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms |= self.penalty(score, real, fake, draws=self.draws, step=self.steps)
            terms |= self.regularizer.discriminator(
                real_score,
                fake_score,
                lambda std: self.score(self.near(z, std, label).detach(), label),
                mean=self.mean_over_ranks,
                step=self.steps,
            )
        if self.every(self.discriminator_steps):
            with self.update("generator") as terms:
                z = self.prior(self.draws, n)
                drawn = self.generator(z, label)
                fake_score = self.score(drawn, label)
                best = self.selection(fake_score, self.images)
                terms["adversarial"] = self.loss.generator(
                    fake_score[best], lambda: self.score(real, label)[best]
                )
                terms |= self.regularizer.generator(drawn, lambda std: self.near(z, std, label))
                terms |= self.weight_penalty(self.generator)
        return observed(real, fake, real_score, fake_score)

    def near(self, z: Tensor, std: float, label: Tensor) -> Tensor:
        """(B, C, H, W) of noise that lies N(0, std^2) away from ``z``, with the same labels."""
        return self.generator(z + std * self.draws.normal(*z.shape), label)
