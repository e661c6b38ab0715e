"""Auxiliary classifier GAN: the discriminator also says which class it sees."""

from typing import Unpack

from torch import Tensor

from ganlab.bounds import Size, Weight, bounded
from ganlab.losses.information import cross_entropy
from ganlab.models.images.base import LatentOptions
from ganlab.models.images.labelled import LabelledGAN
from ganlab.types import AdversarialLoss, Batch, Observation, observed


class ACGAN(LabelledGAN):
    """Conditional image synthesis with auxiliary classifiers (Odena, Olah, Shlens 2017, section 3).

    With L_S the log-likelihood of the right source and L_C that of the right class, D maximises L_S + L_C and G
    L_C - L_S: both want the class to be recognised. The discriminator gives scores (B,) and class logits (B, classes).

    loss: -L_S. class_weight: of -L_C; 1 in the paper. classes: how many labels there are.
    """

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        classes: Size,
        class_weight: Weight = 1.0,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(classes=classes, **options)
        self.loss = loss
        self.class_weight = class_weight

    def judge(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B,) and class logits (B, classes) of the augmented images."""
        return self.discriminator(self.augment(image, self.draws))

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        return self.judge(image)[0]

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real, label = batch["image"], batch["label"]
        with self.update("discriminator") as terms:
            fake_label = self.draws.integers(len(real), self.classes)
            fake = self.generate(len(real), fake_label).detach()
            (real_score, real_class), (fake_score, fake_class) = self.judge(real), self.judge(fake)
            terms["source"] = self.loss.discriminator(real_score, fake_score)
            terms["real_class"] = self.class_weight * cross_entropy(real_class, label)
            terms["fake_class"] = self.class_weight * cross_entropy(fake_class, fake_label)
        with self.update("generator") as terms:
            fake_label = self.draws.integers(len(real), self.classes)
            fake_score, fake_class = self.judge(self.generate(len(real), fake_label))
            terms["source"] = self.loss.generator(fake_score, lambda: self.score(real))
            terms["class"] = self.class_weight * cross_entropy(fake_class, fake_label)
        self.track("game/class_accuracy", (real_class.argmax(1) == label).float().mean())
        return observed(real, fake, real_score, fake_score)
