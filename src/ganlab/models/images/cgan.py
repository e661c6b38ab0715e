"""Conditional GANs: both players are told what the image should show."""

from typing import Unpack

from ganlab.bounds import Count, Size, bounded
from ganlab.losses.orthogonal import NoWeightPenalty
from ganlab.losses.penalties import NoPenalty
from ganlab.models.images.base import LatentOptions, require_no_batch_norm
from ganlab.models.images.labelled import LabelledGAN
from ganlab.types import AdversarialLoss, Batch, Observation, Penalty, WeightPenalty, observed


class CGAN(LabelledGAN):
    """Conditional generative adversarial nets (Mirza, Osindero 2014, equation 2).

    The generator is G(z | y), the discriminator D(x | y). How a network takes y is its own business: one-hot
    vectors beside the pixels, a map for each class, or the projection of Miyato, Koyama 2018. A fake has the label of
    the real image that it is paired with.

    loss, discriminator_steps, penalty: see :class:`~ganlab.models.images.gan.StandardGAN`. classes: how many labels
        there are. weight_penalty: further terms of the generator, of its weights alone; none unless given.
    """

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        classes: Size,
        discriminator_steps: Count = 1,
        penalty: Penalty | None = None,
        weight_penalty: WeightPenalty | None = None,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(classes=classes, **options)
        self.loss = loss
        self.discriminator_steps = discriminator_steps
        self.penalty = penalty or NoPenalty()
        self.weight_penalty = weight_penalty or NoWeightPenalty()
        if not isinstance(self.penalty, NoPenalty):
            require_no_batch_norm(self.discriminator)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real, label = batch["image"], batch["label"]
        with self.update("discriminator") as terms:
            fake = self.generate(len(real), label).detach()
            score = self.penalty.scoring(lambda image: self.score(image, label), step=self.steps)
            real_score, fake_score = score(real), score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms |= self.penalty(score, real, fake, draws=self.draws, step=self.steps)
        if self.every(self.discriminator_steps):
            with self.update("generator") as terms:
                fake_score = self.score(self.generate(len(real), label), label)
                terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real, label))
                terms |= self.weight_penalty(self.generator)
        return observed(real, fake, real_score, fake_score)
