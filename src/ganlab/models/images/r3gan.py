"""R3GAN: the modern baseline, a regularised relativistic GAN without tricks."""

from typing import Unpack

from torch import Tensor

from ganlab.bounds import Size, bounded
from ganlab.losses.adversarial import Relativistic
from ganlab.losses.penalties import OnePass, zero_centred
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.models.images.labelled import LabelledGAN
from ganlab.techniques.schedules import Cosine
from ganlab.types import Batch, Observation, observed


class R3GAN(LatentGAN):
    """Regularised relativistic GAN (Huang, Gokaslan, Kuleshov, Tompkin 2024, section 2).

    D minimises E[softplus(-(D(x) - D(G(z))))] + gamma / 2 (E|grad D(x)|^2 + E|grad D(G(z))|^2), G the same difference
    the other way round; the i-th fake is compared with the i-th real image.

    gamma: weight of R1 and R2. learning_rate, beta2: of both players' Adam. All three as functions of the images seen.
    """

    def __init__(
        self, *, gamma: Cosine, learning_rate: Cosine, beta2: Cosine, **options: Unpack[LatentOptions]
    ) -> None:
        super().__init__(**options)
        self.loss = Relativistic()
        self.gamma, self.learning_rate_at, self.beta2_at = gamma, learning_rate, beta2

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        """What both players are told besides; nothing."""
        return ()

    def fakes(self, batch: Batch) -> Tensor:
        """One for each real image, with fresh z."""
        return self.generate(len(batch["image"]))

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        self.schedule()
        real, condition = batch["image"], self.condition(batch)
        gamma = self.gamma(self.images)

        def score(image: Tensor) -> Tensor:
            return self.score(image, *condition)

        with self.update("discriminator") as terms:
            score_once = OnePass(score)
            fake = self.fakes(batch).detach()
            real_score, fake_score = score_once(real), score_once(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["r1"] = gamma * zero_centred(score_once, real)
            terms["r2"] = gamma * zero_centred(score_once, fake)
        with self.update("generator") as terms:
            terms["adversarial"] = self.loss.generator(score(self.fakes(batch)), lambda: score(real))
        return observed(real, fake, real_score, fake_score)

    def schedule(self) -> None:
        """Set both players' learning rate and beta2 for this step."""
        for player in self.players():
            for group in self.parameter_groups(player):
                group["lr"] = self.learning_rate_at(self.images)
                group["betas"] = (group["betas"][0], self.beta2_at(self.images))
        self.track("game/gamma", self.gamma(self.images))


class ConditionalR3GAN(LabelledGAN, R3GAN):
    """R3GAN with labels; a pair shares its label (Huang et al. 2024, section 4)."""

    @bounded
    def __init__(
        self,
        *,
        classes: Size,
        gamma: Cosine,
        learning_rate: Cosine,
        beta2: Cosine,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(classes=classes, gamma=gamma, learning_rate=learning_rate, beta2=beta2, **options)

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        return (batch["label"],)

    def fakes(self, batch: Batch) -> Tensor:
        return self.generate(len(batch["label"]), batch["label"])
