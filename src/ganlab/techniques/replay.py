"""Fakes of earlier generators for the discriminator, so that the players do not chase each other in circles."""

from typing import Any

import torch
from torch import Tensor, nn

from ganlab.bounds import Share, Whole, bounded
from ganlab.randomness import Draws
from ganlab.techniques.per_process import PerProcess


class NoReplay(nn.Module):
    """Identity: the discriminator sees the present generator's images only."""

    def forward(self, fake: Tensor, draws: Draws) -> Tensor:
        return fake


class ExperienceReplay(PerProcess):
    """A pool of earlier fakes (Shrivastava et al. 2017, section 2.3), as in CycleGAN (Zhu et al. 2017, section 4).

    Image by image: while fewer than ``capacity`` are stored, the image is stored and returned. Afterwards, with
    ``probability``, it takes the place of a stored one, and that one is returned; else it is returned itself.
    Only for the discriminator's step; capacity 0 is the identity.
    """

    @bounded
    def __init__(self, *, capacity: Whole = 50, probability: Share = 0.5) -> None:
        super().__init__()
        self.capacity, self.probability = capacity, probability
        self.stored = torch.empty(0)  # (stored, C, H, W)

    def forward(self, fake: Tensor, draws: Draws) -> Tensor:
        """(B, C, H, W) to the same shape; raises ValueError for images that still carry the generator's graph."""
        if fake.requires_grad:
            raise ValueError(
                "the pool keeps images and not how they were made: call replay(fake.detach(), draws)"
            )
        if self.capacity == 0:
            return fake
        swaps = draws.uniform(len(fake)) < self.probability
        slots = draws.integers(len(fake), self.capacity)
        self.stored = self.stored.to(fake) if len(self.stored) else fake.new_empty(0, *fake.shape[1:])
        room = min(self.capacity - len(self.stored), len(fake))
        self.stored = torch.cat([self.stored, fake[:room]]) if room else self.stored
        if room == len(fake):
            return fake
        return torch.cat([fake[:room], self._exchange(fake[room:], swaps[room:], slots[room:])])

    def _exchange(self, fake: Tensor, swaps: Tensor, slots: Tensor) -> Tensor:
        """Swap one image after the other, all at once: who comes later to a slot finds who came there before."""
        number = torch.arange(1, len(fake) + 1, device=fake.device)  # 0 will mean: nobody
        # (n, n): j > 0 where image j goes to the slot of i
        visits = ((slots[:, None] == slots) & swaps) * number
        before, last = visits.tril(-1).amax(dim=1), visits.amax(dim=1)
        found = self.stored[slots]
        returned = torch.where(_beside(swaps, fake), _choose(before, fake, found), fake)
        self.stored[slots] = _choose(last, fake, found)  # whoever shares a slot writes the same there
        return returned

    def get_extra_state(self) -> dict[str, Any]:
        return {"stored": self.stored.clone()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.stored = state["stored"][: self.capacity].clone()


def _choose(number: Tensor, fake: Tensor, otherwise: Tensor) -> Tensor:
    """``fake[number - 1]``, or ``otherwise`` where the number is 0."""
    return torch.where(_beside(number > 0, fake), fake[(number - 1).clamp_min(0)], otherwise)


def _beside(mask: Tensor, samples: Tensor) -> Tensor:
    """(B,) as it goes with (B, C, H, W) images, or with points (B, 2)."""
    return mask.reshape(-1, *[1] * (samples.dim() - 1))
