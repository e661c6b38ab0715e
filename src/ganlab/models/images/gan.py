"""The game of Goodfellow et al. 2014, with any adversarial loss."""

from typing import ClassVar, Unpack

from torch import Tensor

from ganlab.bounds import Count, bounded
from ganlab.errors import UserError
from ganlab.losses.orthogonal import NoWeightPenalty
from ganlab.losses.penalties import NoPenalty, require_no_batch_norm
from ganlab.losses.regularizers import Regularizer
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.techniques.passes import Separate
from ganlab.techniques.replay import NoReplay
from ganlab.techniques.selection import All
from ganlab.types import AdversarialLoss, Batch, Observation, Passes, Penalty, WeightPenalty, observed


class StandardGAN(LatentGAN):
    """Generative adversarial nets (Goodfellow et al. 2014, algorithm 1).

    GAN, MLP-GAN, DCGAN, LSGAN and SNGAN are this algorithm with different networks, losses and numbers; with the
    penalty R1 it is that of Mescheder et al. 2018.

    loss: what the two players minimise.
    discriminator_steps: k of algorithm 1; each has new images and new noise.
    passes: how real and fake images go through the discriminator; each on its own unless given.
    penalty: further terms of the discriminator, such as R1 (Mescheder et al. 2018); none unless given.
    regularizer: further terms of both players, such as LeCam's; none unless given.
    selection: which fakes the generator learns from; all unless given.
    weight_penalty: further terms of the generator, of its weights alone; none unless given.

    Raises:
        UserError: a gradient penalty on a discriminator with batch normalization; earlier fakes, whose noise nobody
            knows, for a regularizer that compares a fake with its neighbours.
    """

    presents: ClassVar[bool] = True

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        discriminator_steps: Count = 1,
        penalty: Penalty | None = None,
        regularizer: Regularizer | None = None,
        selection: All | None = None,
        weight_penalty: WeightPenalty | None = None,
        passes: Passes | None = None,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.loss = loss
        self.discriminator_steps = discriminator_steps
        self.penalty = penalty or NoPenalty()
        self.regularizer = regularizer or Regularizer()
        self.selection = selection or All()
        self.weight_penalty = weight_penalty or NoWeightPenalty()
        self.passes = passes or Separate()
        if self.regularizer.compares and not isinstance(self.replay, NoReplay):
            raise UserError(
                "model/regularizer: this one compares a fake with those of nearly the same noise, and model/replay "
                "gives earlier fakes; choose model/replay=none"
            )
        if self.penalty.differentiates:
            require_no_batch_norm(self.discriminator)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        n = len(batch["image"])
        with self.update("discriminator") as terms:
            real, z = self.presented(batch["image"]), self.prior(self.draws, n)
            fake = self.replay(self.generator(z).detach(), self.draws)
            score = self.penalty.scoring(self.score, step=self.steps)
            real_score, fake_score = self.passes(score, real, fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms |= self.penalty(score, real, fake, draws=self.draws, step=self.steps)
            terms |= self.regularizer.discriminator(
                real_score,
                fake_score,
                lambda std: self.score(self.near(z, std).detach()),
                mean=self.mean_over_ranks,
                step=self.steps,
            )
        if self.every(self.discriminator_steps):
            with self.update("generator") as terms:
                z = self.prior(self.draws, n)  # fresh, as in algorithm 1
                drawn = self.generator(z)
                fake_score = self.score(drawn)
                best = self.selection(fake_score, self.images)
                terms["adversarial"] = self.loss.generator(fake_score[best], lambda: self.score(real)[best])
                terms |= self.regularizer.generator(drawn, lambda std: self.near(z, std))
                terms |= self.weight_penalty(self.generator)
        return observed(real, fake, real_score, fake_score)

    def near(self, z: Tensor, std: float) -> Tensor:
        """(B, C, H, W) of noise that lies N(0, std^2) away from ``z``."""
        return self.generator(z + std * self.draws.normal(*z.shape))
