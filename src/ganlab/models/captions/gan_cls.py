"""GAN-CLS and GAN-INT: text to image with a discriminator that knows which caption belongs to an image."""

from functools import partial
from typing import Any

from ganlab.bounds import Share, Weight, bounded
from ganlab.models.captions.base import TextGAN
from ganlab.types import Batch, Observation, observed


class GANCLS(TextGAN):
    """Matching-aware GAN (Reed, Akata, Yan, Logeswaran, Schiele, Lee 2016, algorithm 1).

    s_r is the score of an image with its text, s_w with a wrong text, s_f of a fake with the text that it was made of.
    The authors' code pairs the right text with a wrong image: the same pairs, for which it needs a second image.

    encoder, loss, mismatch_weight: see :class:`~ganlab.models.captions.base.TextGAN`.
    """

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            text, wrong_text = self.read(batch["caption"]), self.read(batch["mismatch"])
            fake = self.paint(self.latent(text), text.detach()).detach()
            features = self.look(real)  # the same image with two texts is looked at once
            right, wrong = self.match_both(features, text, wrong_text)  # s_r, s_w
            fake_score = self.match(self.look(fake), text)  # s_f
            terms |= self.matching_aware(right, wrong, fake_score) | self.penalised(real, fake, text)
        with self.update("generator") as terms:
            text = self.read(batch["caption"])
            z = self.latent(text)
            drawn = self.paint(z, text)
            fake_score = self.match(self.look(drawn), text)
            terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real, batch["caption"]))
            terms |= self.mode_seeking(partial(self.paint, text=text), z, drawn, partial(self.latent, text))
        return observed(real, fake, right, fake_score)


class GANINT(TextGAN):
    """GAN-CLS with text manifold interpolation, GAN-INT-CLS (Reed et al. 2016, section 4.3, equation 5).

    The generator also draws beta t_1 + (1 - beta) t_2, for which there is no image: the discriminator judges whether it
    goes with the text between the two. With ``mismatch_weight=0`` it is the paper's GAN-INT.

    beta: 0.5 in the paper. interpolation_weight: of the term; 1 in the paper, 0.5 in the authors' code, which draws
    half as many interpolations as images.
    """

    @bounded
    def __init__(self, *, beta: Share = 0.5, interpolation_weight: Weight = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.beta, self.interpolation_weight = beta, interpolation_weight

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            text, wrong_text = self.read(batch["caption"]), self.read(batch["mismatch"])
            fake = self.paint(self.latent(text), text.detach()).detach()
            features = self.look(real)
            right, wrong = self.match_both(features, text, wrong_text)
            fake_score = self.match(self.look(fake), text)
            terms |= self.matching_aware(right, wrong, fake_score) | self.penalised(real, fake, text)
        with self.update("generator") as terms:
            text, other = self.read(batch["caption"]), self.read(batch["mismatch"])  # t_1, t_2
            between = self.beta * text + (1 - self.beta) * other
            z = self.latent(text)
            drawn = self.paint(z, text)
            fake_score = self.match(self.look(drawn), text)
            made_between = self.match(self.look(self.paint(self.latent(between), between)), between)
            real_score = partial(self.score, real, batch["caption"])
            terms["adversarial"] = self.loss.generator(fake_score, real_score)
            terms["interpolation"] = self.interpolation_weight * self.loss.generator(made_between, real_score)
            terms |= self.mode_seeking(partial(self.paint, text=text), z, drawn, partial(self.latent, text))
        return observed(real, fake, right, fake_score)
