"""Strengthens the augmentation while the discriminator overfits, weakens it while it does not."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from ganlab.callbacks.base import GameCallback
from ganlab.errors import UserError
from ganlab.models.images.base import LatentGAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation


@runtime_checkable
class Adaptive(Protocol):
    """An augmentation of strength ``p``: see :class:`~ganlab.techniques.augment.ada.AdaptiveAugment`."""

    p: Tensor

    def observe(self, real_sign: Tensor, images: int) -> None: ...


class AdaptAugmentation(GameCallback[LatentGAN]):
    """After each step tells the module's ``augment`` the mean sign of the real images' logits over all processes.

    It publishes ``game/augment_p``, and acts before the callbacks that log and save.

    Raises:
        UserError: before training, if a score of 0 does not mean "real or fake, I cannot tell", or the augmentation is
            of another kind.
    """

    order = Order.ADAPT

    def on_fit_start(self, trainer: Trainer, pl_module: LatentGAN) -> None:
        if not pl_module.scores_are_logits:
            raise UserError(
                "model/augment=ada reads overfitting from the sign of logits, and this loss gives other scores; "
                "choose model/loss=non_saturating or model/augment=diffaugment"
            )
        adaptive(pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LatentGAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        augment = adaptive(pl_module)
        real_score = outputs["real_score"]
        sign = pl_module.mean_over_ranks(real_score.float().sign().mean())
        augment.observe(sign, len(real_score) * trainer.world_size)
        pl_module.track("game/augment_p", augment.p)


def adaptive(module: LatentGAN) -> Adaptive:
    """The module's augmentation; raises UserError for one that does not adapt."""
    if not isinstance(module.augment, Adaptive):
        raise UserError(
            f"callbacks.adapt_augmentation: {type(module.augment).__name__} does not follow the discriminator; choose "
            "model/augment=ada, or callbacks.adapt_augmentation=null"
        )
    return module.augment
