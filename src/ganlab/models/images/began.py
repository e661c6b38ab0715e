"""Boundary equilibrium GAN: the discriminator is an autoencoder."""

from collections.abc import Callable
from typing import Unpack

import torch
from torch import Tensor

from ganlab.bounds import Share, Weight, bounded
from ganlab.losses.similarity import reconstruction_l1
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.techniques.learning_rates import NoDecay
from ganlab.types import Batch, Observation, observed


class BEGAN(LatentGAN):
    """Boundary equilibrium GAN (Berthelot, Schumm, Metz 2017, section 3.4).

    diversity: gamma, the balance E[L(G(z))] / E[L(x)] that k keeps; lower makes sharper and more uniform images; 0.5 in
        the paper. k_rate: lambda_k, how fast k follows; 0.001 in the paper.
    distance: (B, C, H, W) twice to (B,), the energy L of an image and its reconstruction; with a sum over pixels in the
        place of the paper's mean k moves C * H * W times as fast, unless k_rate is divided by as much.
    decay: what happens to both learning rates as the convergence measure goes down or stalls (section 4.1).
    """

    k: Tensor

    @bounded
    def __init__(
        self,
        *,
        diversity: Share = 0.95,
        k_rate: Weight = 0.3,
        distance: Callable[[Tensor, Tensor], Tensor] = reconstruction_l1,
        decay: NoDecay | None = None,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.diversity = diversity
        self.k_rate = k_rate
        self.distance = distance
        self.decay = decay or NoDecay()
        self.register_buffer("k", torch.zeros(()))  # k_0 = 0

    def energy(self, image: Tensor) -> Tensor:
        """L(v), the distance between v and D(v), one for each image: (B,)."""
        image = self.augment(image, self.draws)
        return self.distance(image, self.discriminator(image))

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            real_energy = self.energy(real)
            terms["real"] = real_energy.mean()
            past = self.replay(self.generate(len(real)).detach(), self.draws)
            terms["fake"] = -self.k * self.energy(past).mean()
        with self.update("generator") as terms:
            fake = self.generate(len(real))
            fake_energy = self.energy(fake)
            terms["fake"] = fake_energy.mean()
        self.balance(real_energy, fake_energy)
        return observed(real, fake, -real_energy, -fake_energy)

    @torch.no_grad()
    def balance(self, real_energy: Tensor, fake_energy: Tensor) -> None:
        """k <- k + lambda_k (gamma L(x) - L(G(z))), within [0, 1] and the same on every process."""
        real, fake = self.mean_over_ranks(torch.stack([real_energy.mean(), fake_energy.mean()]).float())
        error = self.diversity * real - fake
        self.k.add_(self.k_rate * error).clamp_(0, 1)
        self.track("game/k", self.k)
        convergence = real + error.abs()  # M_global, section 3.4.1
        self.track("game/convergence", convergence)
        if self.last_part and (factor := self.decay(convergence, self.images)) != 1:
            self.slow_down(factor)

    def slow_down(self, factor: float) -> None:
        """Multiply both players' learning rates."""
        for player in self.players():
            for group in self.parameter_groups(player):
                group["lr"] *= factor
