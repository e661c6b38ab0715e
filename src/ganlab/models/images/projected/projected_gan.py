"""Projected GAN: the discriminator learns little, for it sees what a trained network sees."""

from torch import Tensor

from ganlab.losses.precision import at_least_float32
from ganlab.models.images.base import LatentGAN
from ganlab.network_types import NoisyGenerator
from ganlab.types import Batch, Observation, observed


class ProjectedGAN(LatentGAN):
    """Projected GANs converge faster (Sauer, Chitta, Müller, Geiger 2021, section 3; arXiv:2111.01007).

    P are fixed features of the augmented images, mixed by fixed random weights; D scores places of each, d(P(x)). D
    minimises E[max(0, 1 - d(P(x)))] + E[max(0, 1 + d(P(G(z))))], and G minimises -E[d(P(G(z)))], over all places of all
    sizes (equation 3). Gradients reach the images through P, which nothing moves.

    discriminator: images to scores of places (B, places), P and d in one.
    """

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            real_scores = self.scores(real)
            fake_scores = self.scores(self.generate(len(real)).detach())
            terms["adversarial"] = (1 - real_scores).relu().mean() + (1 + fake_scores).relu().mean()
        with self.update("generator") as terms:
            fake = self.generate(len(real))
            terms["adversarial"] = -self.scores(fake).mean()
        return observed(real, fake, real_scores.mean(1), fake_scores.mean(1))

    def generate(self, n: int, *condition: Tensor) -> Tensor:
        z = self.prior(self.draws, n)
        return (
            self.generator(z, self.draws) if isinstance(self.generator, NoisyGenerator) else self.generator(z)
        )

    def scores(self, image: Tensor) -> Tensor:
        """(B, places) of the augmented images."""
        return at_least_float32(self.discriminator(self.augment(image, self.draws)))

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,): the mean over places."""
        return self.scores(image).mean(1)
