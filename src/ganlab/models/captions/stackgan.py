"""StackGAN: a small picture of a caption first, then a larger one of both."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.information import gaussian_kl
from ganlab.losses.penalties import require_no_batch_norm
from ganlab.models.captions.base import TextGAN
from ganlab.models.eval_mode import eval_mode
from ganlab.network_types import FirstStage, SecondStage, TextDiscriminator, TwoStages
from ganlab.randomness import Draws
from ganlab.types import Batch, Observation, observed


class StackGAN(TextGAN):
    """Stacked generative adversarial networks (Zhang, Xu, Li, Zhang, Wang, Huang, Metaxas 2017, section 3).

    For the first ``first_stage_images`` images D_0 and G_0 play for small pictures; from then on D and G play for large
    ones, made of those that G_0 draws, while D_0, G_0 and the encoder stay as they are. Each stage is GAN-CLS with
    conditioning augmentation: the generator's condition is drawn from a Gaussian that depends on the text, and is held
    near N(0, 1).

    encoder, loss, mismatch_weight: see :class:`~ganlab.models.captions.base.TextGAN`.
    generator: of both stages; see :class:`~ganlab.networks.captions.stackgan.StackedGenerator`.
    discriminator: of the first stage, D_0. second_discriminator: of the second.
    kl_weight: lambda, for the mean over the condition's numbers; 2 in the authors' code.
    """

    @bounded
    def __init__(
        self,
        *,
        second_discriminator: TextDiscriminator,
        first_stage_images: Whole,
        kl_weight: Weight = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if first_stage_images < 1:
            raise UserError(
                f"model.first_stage_images={first_stage_images}: the second stage needs a first one, of 1 image or more"
            )
        if self.penalty.differentiates:
            require_no_batch_norm(second_discriminator)
        self.second_discriminator = second_discriminator
        self.first_stage_images, self.kl_weight = first_stage_images, kl_weight

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {
            "discriminator": [self.discriminator, self.generator.encoder],
            "generator": [self.stacked.first],
            "second_discriminator": [self.second_discriminator],
            "second_generator": [self.stacked.second],
        }

    @property
    def stacked(self) -> TwoStages:
        """The generators of both stages."""
        return cast("TwoStages", self.generator.network)

    @property
    def in_second_stage(self) -> bool:
        return self.images > self.first_stage_images

    def after_update(self, player: str) -> None:
        super().after_update(player)
        if player == "second_generator":
            self.average.update(self.images)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real, prefix = self.real(batch["image"]), "second_" if self.in_second_stage else ""
        self.stacked.second_has_begun.fill_(self.in_second_stage)
        with self.update(prefix + "discriminator") as terms:
            text, wrong_text = self.read(batch["caption"]), self.read(batch["mismatch"])
            fake = self.paint(self.latent(text), text.detach()).detach()
            right, wrong = self.match_both(self.look(real), text, wrong_text)
            fake_score = self.match(self.look(fake), text)
            terms |= self.matching_aware(right, wrong, fake_score) | self.penalised(real, fake, text)
        with self.update(prefix + "generator") as terms:
            text = self.read(batch["caption"])
            mean, log_variance = self.painter.condition(text)
            z, draw = (
                self.latent(text),
                partial(self.paint_given, text=text, mean=mean, log_variance=log_variance),
            )
            drawn = draw(z)
            fake_score = self.match(self.look(drawn), text)
            terms["adversarial"] = self.loss.generator(fake_score, lambda: self.match(self.look(real), text))
            terms["kl"] = self.kl_weight * gaussian_kl(mean, log_variance)
            terms |= self.mode_seeking(draw, z, drawn, partial(self.latent, text))
        return observed(real, fake, right, fake_score)

    # -- what belongs to the present stage -----------------------------------------------------------------------

    @property
    def judge(self) -> TextDiscriminator:
        """D_0 or D."""
        return self.second_discriminator if self.in_second_stage else self.discriminator

    @property
    def painter(self) -> FirstStage | SecondStage:
        """G_0 or G."""
        return self.stacked.second if self.in_second_stage else self.stacked.first

    def real(self, image: Tensor) -> Tensor:
        """The data's images in the size that the stage draws."""
        return image if self.in_second_stage else F.interpolate(image, self.stacked.small_size, mode="area")

    def paint(self, z: Tensor, text: Tensor) -> Tensor:
        return self.paint_given(z, text, *self.painter.condition(text))

    def paint_given(self, z: Tensor, text: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B, C, H, W) from G_0, or from G and what G_0 draws of the text, for a condition N(mean, its variance)."""
        own, epsilon = self.stacked.split(z)
        if not self.in_second_stage:
            return self.stacked.first.paint(own, mean, log_variance)
        with torch.no_grad(), eval_mode(self.stacked.first):
            small = self.stacked.first(own, text)
        return self.stacked.second.paint(epsilon, small, mean, log_variance)

    def look(self, image: Tensor) -> Tensor:
        return self.judge.features(self.augment(image, self.draws))

    def match(self, features: Tensor, text: Tensor) -> Tensor:
        return self.judge.match(features, text)

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,) from D, for large images and captions (B, L)."""
        return self.second_discriminator(self.augment(image, self.draws), self.read(*condition))

    @torch.no_grad()
    def check(self, shape: Sequence[int], classes: Sequence[str] = ()) -> None:
        """Both stages: until the second begins, samples are the first's alone."""
        super().check(shape, classes)
        z, caption = self.inputs(2, Draws(0))
        with eval_mode(self.generator, self.discriminator):
            text, (own, epsilon) = self.read(caption), self.stacked.split(z)
            small = self.stacked.first(own, text)
            large = self.stacked.second(epsilon, small, text)
            try:
                fits = self.discriminator(small, text).shape == (2,) and large.shape[1:] == tuple(shape)
            except RuntimeError:
                fits = False
            if not fits:
                raise UserError(
                    f"the first stage makes {_size(small)}, the second {_size(large)}, and the data gives {shape}; set "
                    "data.image_size, model.generator.small_size and the image_size of both discriminators alike"
                )


def _size(images: Tensor) -> tuple[int, ...]:
    return tuple(images.shape[1:])
