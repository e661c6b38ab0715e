"""Wasserstein GANs: a critic instead of a discriminator, kept Lipschitz by clipping or by a penalty."""

from typing import Unpack

import torch

from ganlab.bounds import Count, Positive, Weight, Whole, bounded
from ganlab.losses.penalties import gradient_penalty, require_no_batch_norm
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.types import AdversarialLoss, Batch, Observation, observed


class WGAN(LatentGAN):
    """Wasserstein GAN (Arjovsky, Chintala, Bottou 2017, algorithm 1): weights clipped after each critic step.

    loss: the critic's and the generator's; the paper's is Wasserstein, where a high score means real.
    critic_steps: n_critic. clip: c, the largest allowed size of any critic weight.
    boosted_critic_steps: the number of critic steps before each of the first ``boost_first`` generator steps and before
    each ``boost_every``-th; the authors' code has 100, 25 and 500, the paper's algorithm no boost (0 and 0).
    """

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        critic_steps: Count = 5,
        clip: Positive = 0.01,
        boosted_critic_steps: Count = 100,
        boost_first: Whole = 0,
        boost_every: Whole = 0,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.loss = loss
        self.critic_steps = critic_steps
        self.clip = clip
        self.boosted_critic_steps = boosted_critic_steps
        self.boost_first, self.boost_every = boost_first, boost_every
        self.counts = {"critic_steps_taken": 0, "generator_steps": 0}

    def critic_steps_due(self) -> int:
        """Critic steps before the next generator step."""
        done = self.counts["generator_steps"]
        boosted = done < self.boost_first or (self.boost_every > 0 and done % self.boost_every == 0)
        return self.boosted_critic_steps if boosted else self.critic_steps

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            fake = self.replay(self.generate(len(real)).detach(), self.draws)
            real_score, fake_score = self.score(real), self.score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        self.counts["critic_steps_taken"] += 1
        if self.counts["critic_steps_taken"] >= self.critic_steps_due():
            self.counts["critic_steps_taken"] = 0
            self.counts["generator_steps"] += 1
            with self.update("generator") as terms:
                fake_score = self.score(self.generate(len(real)))
                terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
        return observed(real, fake, real_score, fake_score)

    def after_update(self, player: str) -> None:
        super().after_update(player)
        if player == "discriminator":
            self.clip_weights()

    @torch.no_grad()
    def clip_weights(self) -> None:
        """w <- clip(w, -c, c) for every parameter of the critic."""
        for weight in self.discriminator.parameters():
            weight.clamp_(-self.clip, self.clip)


class WGANGP(LatentGAN):
    """Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, algorithm 1).

    loss: as in :class:`WGAN`. critic_steps: n_critic. gp_weight: lambda.

    Raises:
        UserError: the critic has batch normalization, with which the gradient at one sample depends on all others.
    """

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        critic_steps: Count = 5,
        gp_weight: Weight = 10.0,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        require_no_batch_norm(self.discriminator)
        self.loss = loss
        self.critic_steps = critic_steps
        self.gp_weight = gp_weight

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            fake = self.replay(self.generate(len(real)).detach(), self.draws)
            real_score, fake_score = self.score(real), self.score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            epsilon = self.draws.uniform(len(real), 1, 1, 1)  # one for each sample
            terms["gradient_penalty"] = self.gp_weight * gradient_penalty(self.score, real, fake, epsilon)
        if self.every(self.critic_steps):
            with self.update("generator") as terms:
                fake_score = self.score(self.generate(len(real)))
                terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
        return observed(real, fake, real_score, fake_score)
