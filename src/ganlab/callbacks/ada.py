"""Strengthens the augmentation while the discriminator overfits, weakens it while it does not."""

from typing import Protocol

from lightning.pytorch import Callback, Trainer
from torch import Tensor

from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.types import Batch, Observation


class Adaptive(Protocol):
    """An augmentation of strength ``p``: see :class:`~ganlab.techniques.augment.ada.AdaptiveAugment`."""

    p: Tensor

    def observe(self, real_sign: Tensor, images: int) -> None: ...


class AdaptAugmentation(Callback):
    """After each step tells the module's ``augment`` the mean sign of the real images' logits over all processes.

    It publishes ``game/augment_p``, and acts before the callbacks that log and save.

    Raises:
        UserError: before training, if a score of 0 does not mean "real or fake, I cannot tell".
    """

    def on_fit_start(self, trainer: Trainer, pl_module: GAN) -> None:
        if not pl_module.scores_are_logits:
            raise UserError(
                "model/augment=ada reads overfitting from the sign of logits, and this loss gives other scores; "
                "choose model/loss=non_saturating or model/augment=diffaugment"
            )

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        augment: Adaptive = pl_module.augment
        real_score = outputs["real_score"]
        sign = pl_module.mean_over_ranks(real_score.float().sign().mean())
        augment.observe(sign, len(real_score) * trainer.world_size)
        pl_module.track("game/augment_p", augment.p)
