"""The game of Goodfellow et al. 2014, with any adversarial loss."""

from typing import Unpack

from ganlab.bounds import Count, bounded
from ganlab.losses.penalties import NoPenalty
from ganlab.models.images.base import LatentGAN, LatentOptions, require_no_batch_norm
from ganlab.techniques.passes import Separate
from ganlab.types import AdversarialLoss, Batch, Observation, Passes, Penalty, observed


class StandardGAN(LatentGAN):
    """Generative adversarial nets (Goodfellow et al. 2014, algorithm 1).

    GAN, MLP-GAN, DCGAN, LSGAN and SNGAN are this algorithm with different networks, losses and numbers; with the
    penalty R1 it is that of Mescheder et al. 2018.

    loss: what the two players minimise.
    discriminator_steps: k of algorithm 1; each has new images and new noise.
    passes: how real and fake images go through the discriminator; each on its own unless given.
    penalty: further terms of the discriminator, such as R1 (Mescheder et al. 2018); none unless given.

    Raises:
        UserError: a gradient penalty on a discriminator with batch normalization.
    """

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        discriminator_steps: Count = 1,
        penalty: Penalty | None = None,
        passes: Passes | None = None,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.loss = loss
        self.discriminator_steps = discriminator_steps
        self.penalty = penalty or NoPenalty()
        self.passes = passes or Separate()
        if not isinstance(self.penalty, NoPenalty):
            require_no_batch_norm(self.discriminator)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            fake = self.replay(self.generate(len(real)).detach(), self.draws)
            score = self.penalty.scoring(self.score, step=self.steps)
            real_score, fake_score = self.passes(score, real, fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms |= self.penalty(score, real, fake, draws=self.draws, step=self.steps)
        if self.every(self.discriminator_steps):
            with self.update("generator") as terms:
                fake_score = self.score(self.generate(len(real)))  # fresh z, as in algorithm 1
                terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
        return observed(real, fake, real_score, fake_score)
