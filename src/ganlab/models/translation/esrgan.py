"""ESRGAN: SRGAN with a judge that compares, and a way back to what it was before the game."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Unpack

import torch
from torch import nn

from ganlab.bounds import Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.similarity import l1
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import observation
from ganlab.models.translation.srgan import SRGAN, Perceptual
from ganlab.network_types import Translation
from ganlab.types import AdversarialLoss, Batch, Observation


class ESRGAN(SRGAN):
    """Enhanced super-resolution generative adversarial networks (Wang et al. 2018, equations 1 to 3 and section 3.4).

    G minimises L_percep + lambda L_G + eta |G(low) - high| of pixels in [0, 1], where L_G is the relativistic average
    loss; it moves first, as in the authors' code. Before the game it minimises |G(low) - high| alone. What it was then
    stays in ``before``, for pictures between the two: ``interpolated``.

    generator, discriminator, perceptual, pretraining_images, game_rate: see :class:`SRGAN`.
    loss: the paper's is relativistic. adversarial_weight: lambda, 5e-3 in the paper. l1_weight: eta, 1e-2 there,
        where features see what those of glyphs do not.
    """

    @bounded
    def __init__(
        self,
        *,
        generator: Translation,
        discriminator: nn.Module,
        loss: AdversarialLoss,
        perceptual: Perceptual,
        adversarial_weight: Weight = 5e-3,
        l1_weight: Weight = 1.0,
        pretraining_images: Whole = 8000,
        game_rate: Weight = 0.1,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            loss=loss,
            perceptual=perceptual,
            adversarial_weight=adversarial_weight,
            mse_weight=0.0,
            pretraining_images=pretraining_images,
            game_rate=game_rate,
            **options,
        )
        self.l1_weight = l1_weight
        self.before = deepcopy(generator).requires_grad_(False)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        low, high = batch["low"], batch["high"]
        if self.game_begins(len(low)):
            self.before.load_state_dict(self.generator.state_dict())
        fake = self.generator(low)  # once, for both players
        with self.update("generator") as terms:
            if self.pretraining:
                terms["l1"] = l1(fake, high) / 2  # in [0, 1]
            else:
                terms[self.perceptual.name] = self.perceptual(fake, high)
                terms["adversarial"] = self.adversarial_weight * self.loss.generator(
                    self.discriminator(fake), lambda: self.discriminator(high).detach()
                )
                terms["l1"] = self.l1_weight * l1(fake, high) / 2
        if self.pretraining:
            return {"real": high, "fake": fake.detach()}
        with self.update("discriminator") as terms:
            real_score, fake_score = self.discriminator(high), self.discriminator(fake.detach())
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        return observation(high, fake, real_score, fake_score)

    @contextmanager
    def interpolated(self, alpha: float | None) -> Iterator[None]:
        """The generator is (1 - alpha) before + alpha generator within (section 3.4): 0 blurs; None: as it is.

        Raises:
            UserError: a share outside 0 to 1, or a game that has not begun.
        """
        if alpha is not None and not 0 <= alpha <= 1:
            raise UserError(f"alpha={alpha:g}: expected a number from 0, the network before its game, to 1")
        if alpha is not None and self.images and self.pretraining:
            raise UserError(
                f"alpha={alpha:g} is a network between those before and after the game, and this one has not played: "
                f"it has seen {self.images:,} images, and its game begins after {self.pretraining_images:,}"
            )
        if alpha is None:
            yield
            return
        before, after = self.before.state_dict(), deepcopy(self.generator.state_dict())
        self.generator.load_state_dict({key: torch.lerp(before[key], after[key], alpha) for key in after})
        try:
            yield
        finally:
            self.generator.load_state_dict(after)
