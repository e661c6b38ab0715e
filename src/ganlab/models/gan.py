"""The game of Goodfellow et al. 2014, with any adversarial loss."""

from typing import Unpack

from ganlab.models.latent import LatentGAN, LatentOptions
from ganlab.types import AdversarialLoss, Batch, Observation


class StandardGAN(LatentGAN):
    """Generative adversarial nets (Goodfellow et al. 2014, algorithm 1).

    GAN, MLP-GAN, DCGAN and LSGAN are this algorithm with different networks, losses and numbers.

    loss: what the two players minimise.
    discriminator_steps: k of algorithm 1; each has new images and new noise.
    """

    scores_are_logits = True

    def __init__(
        self, *, loss: AdversarialLoss, discriminator_steps: int = 1, **options: Unpack[LatentOptions]
    ) -> None:
        super().__init__(**options)
        self.loss = loss
        self.discriminator_steps = discriminator_steps

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            fake = self.generate(len(real)).detach()
            real_score = self.discriminator(real)
            fake_score = self.discriminator(
                fake
            )  # on its own: batch statistics of real and fake are not mixed
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        if self.every(self.discriminator_steps):
            with self.update("generator") as terms:
                fake = self.generate(len(real))  # fresh z, as in algorithm 1
                terms["adversarial"] = self.loss.generator(self.discriminator(fake))
        return {
            "real": real,
            "fake": fake.detach(),
            "real_score": real_score.detach(),
            "fake_score": fake_score.detach(),
        }
