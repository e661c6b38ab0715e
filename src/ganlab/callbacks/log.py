"""Everything tracked in training, to the loggers, every few steps."""

import time

import torch

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.metrics.distances.divergence import jensen_shannon
from ganlab.models.base import GAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation


class MetricsLog(GameCallback[GAN]):
    """Publishes the means of all terms since the last time, the scores of the last batch, and the speed.

    every_steps: how often; the first step is always logged. Logging each step can double the time of a small GAN.
    """

    order = Order.LOG

    @bounded
    def __init__(self, *, every_steps: Count = 50) -> None:
        self.every_steps = every_steps

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        self.last_time, self.last_images = time.monotonic(), pl_module.images

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        steps = pl_module.steps
        if steps != 1 and steps % self.every_steps and steps != trainer.max_steps:
            return
        metrics = pl_module.tracked() | _scores(pl_module, outputs) | _learning_rates(pl_module)
        now = time.monotonic()
        speed = (pl_module.images - self.last_images) / (now - self.last_time)
        self.last_time, self.last_images = now, pl_module.images
        pl_module.publish({**metrics, "progress/images_per_second": speed})


def _scores(module: GAN, observation: Observation) -> dict[str, float]:
    """Mean scores and how often a real image outscores a fake one: 0.5 is a tie, 1 a discriminator that wins.

    Where scores are logits also the share that the discriminator judges rightly, the mean real minus fake logit, and
    the Jensen-Shannon divergence in nats that they tell, from 0 to log 2 where the discriminator is the best.
    """
    if "real_score" not in observation:
        return {}
    real, fake = observation["real_score"].float(), observation["fake_score"].float()
    values = {
        "game/real_score": real.mean(),
        "game/fake_score": fake.mean(),
        "game/real_wins": (real[:, None] > fake[None, :]).float().mean(),
    }
    if module.scores_are_logits:
        values["game/accuracy"] = torch.cat([real > 0, fake < 0]).float().mean()
        values["game/logit_gap"] = real.mean() - fake.mean()
        values["game/jsd"] = jensen_shannon(real, fake)
    means = module.mean_over_ranks(torch.stack(list(values.values()))).tolist()
    return dict(zip(values, means, strict=True))


def _learning_rates(module: GAN) -> dict[str, float]:
    return {f"{player}/lr": module.learning_rate(player) for player in module.players()}
