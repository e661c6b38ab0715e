"""SRGAN: super-resolution that looks sharp instead of being close in every pixel."""

from collections.abc import Mapping, Sequence
from typing import Protocol, Unpack

from torch import Tensor, nn

from ganlab.bounds import Weight, Whole, bounded
from ganlab.losses.similarity import l2
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import Shape, observation
from ganlab.models.translation.srresnet import SRResNet
from ganlab.network_types import Translation
from ganlab.types import AdversarialLoss, Batch, Observation


class Perceptual(Protocol):
    """A distance between two batches of images, a scalar, with a name that says what it is."""

    name: str

    def prepare(self) -> None: ...

    def __call__(self, image: Tensor, target: Tensor) -> Tensor: ...


class SRGAN(SRResNet):
    """Photo-realistic single image super-resolution using a GAN (Ledig et al. 2017, equations 2, 3, 5 and 6).

    G minimises a distance in the features of a network that knows pictures, adversarial_weight * -log D(G(low)) and,
    where the features do not see all that the eye does, mse_weight * the squared error of pixels.
    It starts as an SRResNet: that of a finished run (start=RUN), or its own after ``pretraining_images``.

    discriminator: high-resolution images to scores (B,).
    loss: what D minimises, and G beside the distance.
    perceptual: that distance; its name is the term's in the log.
    adversarial_weight: 1e-3 in the paper.
    mse_weight: 0 in the paper.
    pretraining_images: for so many images, over all processes, G minimises the squared error alone.
    game_rate: what its learning rate is multiplied by when the game begins; 1 in the paper.
    """

    @bounded
    def __init__(
        self,
        *,
        generator: Translation,
        discriminator: nn.Module,
        loss: AdversarialLoss,
        perceptual: Perceptual,
        adversarial_weight: Weight = 1e-3,
        mse_weight: Weight = 1.0,
        pretraining_images: Whole = 8000,
        game_rate: Weight = 0.1,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(generator=generator, **options)
        self.discriminator, self.loss, self.perceptual = discriminator, loss, perceptual
        self.adversarial_weight, self.mse_weight = adversarial_weight, mse_weight
        self.pretraining_images, self.game_rate = pretraining_images, game_rate

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        if self.pretraining:
            return super().training_step(batch, batch_idx)  # an SRResNet's
        low, high = batch["low"], batch["high"]
        self.game_begins(len(low))
        fake = self.generator(low)  # once, for both players
        with self.update("discriminator") as terms:
            real_score, fake_score = self.discriminator(high), self.discriminator(fake.detach())
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        with self.update("generator") as terms:
            terms[self.perceptual.name] = self.perceptual(fake, high)
            if self.mse_weight:
                terms["mse"] = self.mse_weight * l2(fake, high)
            terms["adversarial"] = self.adversarial_weight * self.loss.generator(
                self.discriminator(fake), lambda: self.discriminator(high)
            )
        return observation(high, fake, real_score, fake_score)

    @property
    def pretraining(self) -> bool:
        """Whether the present step is one before the game."""
        return self.images <= self.pretraining_images

    def game_begins(self, n: int) -> bool:
        """Whether the present step, of n images in each process, is the game's first: rates then fall."""
        begins = not self.pretraining and self.images - n * self.draws.world <= self.pretraining_images
        if begins:
            for group in self.parameter_groups("generator"):
                group["lr"] *= self.game_rate
        return begins

    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        """As for every translator; also that the weights of the distance can be had."""
        super().check(shapes, classes)
        self.perceptual.prepare()

    def judge(self, batch: Batch) -> Tensor:
        return self.discriminator(batch["high"])
