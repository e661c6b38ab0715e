"""CycleGAN: two domains without pairs, joined by going there and back."""

from typing import Unpack

from torch import Tensor, nn

from ganlab.bounds import Size, Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.similarity import l1
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import NetworkFactory, TranslationFactory, observation
from ganlab.models.translation.two_domains import TwoDomains
from ganlab.types import AdversarialLoss, Batch, Observation


class CycleGAN(TwoDomains):
    """Unpaired image-to-image translation using cycle-consistent adversarial networks (Zhu et al. 2017, equation 3).

    G: A -> B and F: B -> A move together, then D_A and D_B. Each D learns from a pool of earlier fakes and has half
    the usual loss (section 7.1).

    generator: makes G and F of in_channels and out_channels. discriminator: makes each D of channels.
    loss: what the players minimise, over all patches.
    cycle_weight: lambda of |F(G(a)) - a| + |G(F(b)) - b|.
    identity_weight: of |G(b) - b| + |F(a) - a|, as a share of ``cycle_weight``: 0.5 in the authors' code, 0 in the
        paper but for paintings (section 5.2).
    replay_a, replay_b: the pools, one for each domain.

    Raises:
        UserError: an identity term between domains of different channels.
    """

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        a_channels: Size,
        b_channels: Size,
        loss: AdversarialLoss,
        replay_a: nn.Module,
        replay_b: nn.Module,
        cycle_weight: Weight = 10.0,
        identity_weight: Weight = 0.5,
        **options: Unpack[GameOptions],
    ) -> None:
        if identity_weight and a_channels != b_channels:
            raise UserError(
                f"model.identity_weight={identity_weight}: domains of {a_channels} and {b_channels} channels have no "
                "identity between them; set model.identity_weight=0"
            )
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            a_channels=a_channels,
            b_channels=b_channels,
            **options,
        )
        self.loss, self.replay_a, self.replay_b = loss, replay_a, replay_b
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        a, b = batch["a"], batch["b"]
        d_a, d_b = self.discriminator_a, self.discriminator_b
        with self.update("generator") as terms:
            fake_a, fake_b = self.b_to_a(b), self.a_to_b(a)
            terms["adversarial_a"] = self.loss.generator(d_a(fake_a).flatten(), lambda: d_a(a).flatten())
            terms["adversarial_b"] = self.loss.generator(d_b(fake_b).flatten(), lambda: d_b(b).flatten())
            terms["cycle_a"] = self.cycle_weight * l1(self.b_to_a(fake_b), a)
            terms["cycle_b"] = self.cycle_weight * l1(self.a_to_b(fake_a), b)
            if self.identity_weight:
                weight = self.identity_weight * self.cycle_weight
                terms["identity_a"] = weight * l1(self.b_to_a(a), a)  # F leaves what is an A already
                terms["identity_b"] = weight * l1(self.a_to_b(b), b)
        with self.update("discriminator") as terms:
            earlier_a = self.replay_a(fake_a.detach(), self.draws)
            earlier_b = self.replay_b(fake_b.detach(), self.draws)
            terms["a"] = self.half_loss(d_a(a), d_a(earlier_a))
            real_score, fake_score = d_b(b), d_b(earlier_b)
            terms["b"] = self.half_loss(real_score, fake_score)
        return observation(b, fake_b, real_score, fake_score)

    def half_loss(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        """Half of a discriminator's loss, so that it learns more slowly than the generators."""
        return self.loss.discriminator(real_score.flatten(), fake_score.flatten()) / 2
