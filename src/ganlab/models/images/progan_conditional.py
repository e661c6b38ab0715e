"""ProGAN with labels."""

from typing import Literal, Unpack

from torch import Tensor

from ganlab.bounds import Positive, Size, Weight, bounded
from ganlab.losses.information import cross_entropy
from ganlab.models.images.base import LatentOptions
from ganlab.models.images.labelled import LabelledGAN
from ganlab.models.images.progan import ProGAN
from ganlab.techniques.growth import Growth
from ganlab.types import AdversarialLoss, Batch, Observation, observed


class ConditionalProGAN(LabelledGAN, ProGAN):
    """ProGAN with labels: the critic also says which class it sees, as in :class:`~ganlab.models.images.acgan.ACGAN`.

    class_weight: of the class terms, which both players minimise. classes: how many labels there are.
    """

    @bounded
    def __init__(
        self,
        *,
        growth: Growth,
        loss: AdversarialLoss,
        classes: Size,
        class_weight: Weight = 1.0,
        gp_weight: Weight = 10.0,
        gp_target: Positive = 1.0,
        gp_resolution: Literal["present", "final"] = "present",
        drift_weight: Weight = 0.001,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(
            classes=classes,
            growth=growth,
            loss=loss,
            gp_weight=gp_weight,
            gp_target=gp_target,
            gp_resolution=gp_resolution,
            drift_weight=drift_weight,
            **options,
        )
        self.class_weight = class_weight

    def judge(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B,) and class logits (B, classes)."""
        return self.discriminator(self.augment(self.shrunk(image), self.draws), *self.stage)

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        return self.judge(image)[0]

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real, label = self.faded(batch["image"]), batch["label"]
        with self.update("discriminator") as terms:
            fake_label = self.draws.integers(len(real), self.classes)
            fake = self.generate(len(real), fake_label).detach()
            (real_score, real_class), (fake_score, fake_class) = self.judge(real), self.judge(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["gradient_penalty"] = self.penalty(real, fake)
            terms["drift"] = self.drift_weight * real_score.square().mean()
            terms["real_class"] = self.class_weight * cross_entropy(real_class, label)
            terms["fake_class"] = self.class_weight * cross_entropy(fake_class, fake_label)
        with self.update("generator") as terms:
            fake_label = self.draws.integers(len(real), self.classes)
            fake_score, fake_class = self.judge(self.generate(len(real), fake_label))
            terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
            terms["class"] = self.class_weight * cross_entropy(fake_class, fake_label)
        self.track("game/class_accuracy", (real_class.argmax(1) == label).float().mean())
        return observed(real, fake, real_score, fake_score)
