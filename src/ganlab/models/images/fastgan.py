"""FastGAN: a hundred pictures are enough where the discriminator has to remember them."""

from collections.abc import Callable
from typing import Unpack

from torch import Tensor

from ganlab.bounds import Share, bounded
from ganlab.losses.precision import at_least_float32
from ganlab.losses.similarity import reconstruction_l1
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.network_types import PairGenerator, RebuildingDiscriminator
from ganlab.randomness import Draws
from ganlab.types import Batch, Observation, observed


class FastGAN(LatentGAN):
    """FastGAN (Liu, Zhu, Song, Elgammal 2021, section 3; arXiv:2101.04775).

    G draws an image and a small one of the same z; D scores places of both. D minimises E[max(0, m - r)] +
    E[max(0, m + f)], m uniform from ``1 - softness`` to 1 for each place, and rebuilds real images of its own maps: all
    of one, and a quarter. G minimises -E[f] on the same fakes. Both sides are augmented, and what is rebuilt is the
    augmented image.

    rebuilding: the distance of an image from what is rebuilt of it, (B,); the paper's is LPIPS.
    """

    generator: PairGenerator
    discriminator: RebuildingDiscriminator

    @bounded
    def __init__(
        self,
        *,
        softness: Share = 0.2,
        rebuilding: Callable[[Tensor, Tensor], Tensor] = reconstruction_l1,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        self.softness, self.rebuilding = softness, rebuilding

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = self.augment(batch["image"], self.draws)
        drawn = self.generator.both(self.prior(self.draws, len(real)), self.draws)
        fake, small = (self.augment(images, self.draws) for images in drawn)
        with self.update("discriminator") as terms:
            real_scores, pairs = self.discriminator.rebuilt(real, int(4 * self.draws.shared()))
            fake_scores = self.discriminator(fake.detach(), small.detach())
            terms["adversarial"] = self.hinge(real_scores) + self.hinge(-fake_scores)
            for name, (image, rebuilt) in pairs.items():
                terms[f"rebuilt_{name}"] = self.rebuilding(image, rebuilt).mean()
        with self.update("generator") as terms:
            terms["adversarial"] = -self.discriminator(fake, small).float().mean()
        return observed(batch["image"], drawn[0], real_scores.mean(1), fake_scores.mean(1))

    def hinge(self, scores: Tensor) -> Tensor:
        """E[max(0, m - s)] of scores (B, places), with a margin m for each."""
        return soft_hinge(scores, self.draws, self.softness)

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,): the mean over places."""
        return super().score(image).mean(1)


def soft_hinge(scores: Tensor, draws: Draws, softness: float) -> Tensor:
    """E[max(0, m - s)], m ~ U(1 - softness, 1) for each of (B, places) scores."""
    margin = draws.uniform(*scores.shape, low=1 - softness)
    return (margin - at_least_float32(scores)).relu().mean()
