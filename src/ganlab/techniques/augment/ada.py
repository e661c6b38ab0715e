"""Augmentation that becomes as strong as the discriminator's overfitting asks for (Karras et al. 2020, ADA)."""

from typing import Annotated, Any

import torch
from torch import Tensor

from ganlab.bounds import Count, Range, bounded
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import Augment, Pipe

Sign = Annotated[float, Range(above=-1, below=1)]


class FollowsOverfitting(Augment):
    """Something of strength p that follows the discriminator's overfitting (Karras et al. 2020, section 3).

    r_t = E[sign(D(x))] over the training images says how far D overfits: near 0 it does not, at 1 every real image is
    known as one. Every ``every`` steps p goes up where r_t is above ``target`` and down, though not below 0, where it
    is below. p is a buffer and hence in the checkpoint.

    target: of r_t; the discriminator's scores must be logits, with 0 for "real or fake, I cannot tell".
    images_to_full: how many images p takes from 0 to 1.
    """

    p: Tensor
    signs: Tensor

    @bounded
    def __init__(self, *, target: Sign = 0.6, images_to_full: Count = 500_000, every: Count = 4) -> None:
        super().__init__()
        self.target, self.images_to_full, self.every = target, images_to_full, every
        self.register_buffer("p", torch.zeros(()))
        self.register_buffer("signs", torch.zeros(()))  # the sum of E[sign(D(x))] since the last adjustment
        self.steps, self.images = 0, 0  # likewise

    def rests(self) -> bool:
        """Whether p is 0; only on a CPU is it known, elsewhere looking would wait for the device."""
        return self.p.device.type == "cpu" and bool(self.p == 0)

    @torch.no_grad()
    def observe(self, real_sign: Tensor, images: int) -> None:
        """Take in a step: E[sign(D(x))], a scalar, and how many images it was of, both over all processes."""
        self.signs += real_sign
        self.steps += 1
        self.images += images
        if self.steps == self.every:
            overfitting = self.signs / self.steps
            self.p += (overfitting - self.target).sign() * self.images / self.images_to_full
            self.p.clamp_(min=0)
            self.signs.zero_()
            self.steps, self.images = 0, 0

    def get_extra_state(self) -> dict[str, Any]:
        return {"steps": self.steps, "images": self.images}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.steps, self.images = state["steps"], state["images"]


class AdaptiveAugment(FollowsOverfitting):
    """Adaptive discriminator augmentation: images are changed with probability p (Karras et al. 2020, section 3).

    pipe: what is done to the images, for instance :class:`~ganlab.techniques.augment.bgc.BGC`.
    target, images_to_full, every: see :class:`FollowsOverfitting`.
    """

    @bounded
    def __init__(
        self, *, pipe: Pipe, target: Sign = 0.6, images_to_full: Count = 500_000, every: Count = 4
    ) -> None:
        super().__init__(target=target, images_to_full=images_to_full, every=every)
        self.pipe = pipe

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        return images if self.rests() else self.pipe(images, self.p, draws)
