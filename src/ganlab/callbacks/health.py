"""Is training still well? Stops at values that are not finite, and warns once of what a beginner can act on."""

import logging
import math
import time
from typing import Any

import torch
from torch import Tensor

from ganlab.bounds import Count, Share, Weight, Whole, bounded
from ganlab.callbacks.advice import alike, from_noise, ignores_noise
from ganlab.callbacks.base import GameCallback
from ganlab.errors import DivergedError, PeerError
from ganlab.models.base import GAN
from ganlab.pixels import require_range
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation, tensors_of

log = logging.getLogger(__name__)

DIVERSITY = "val/diversity"
WITHIN = {
    "val/diversity_caption": "captions",
    "val/diversity_class": "labelled",
}  # and the data that a model needs


class Health(GameCallback[GAN]):
    """Looks at the losses every ``check_steps`` and at scores, gradients and samples every ``every_steps``.

    The seconds that this has taken so far are published as ``progress/health_seconds``.

    check_steps: how often a loss that is not finite is looked for (on one CPU process each update looks already).
    every_steps: how often the warnings' signs are looked at; a sign must show ``patience`` times in a row.
    warm_up: images before the first warning.
    max_gap, max_accuracy: mean logit of real minus fake images, and share of images that the discriminator judges
        rightly, above which it has won.
    max_loss: of the discriminator, in nats, above which it has lost; a coin toss costs log 4.
    max_any_loss: of any player, in whatever it is measured, above which training has exploded.
    min_feature_diversity: mean distance between fakes, relative to that between real images, in the features of the
        run's metrics, below which the fakes are alike; it must show at two evaluations.
    min_diversity: the same between the pixels of a batch; it counts in runs without metrics, and with batches of
        more than one image.
    min_within_diversity: the same between pictures of one caption, or of one class where the model draws classes,
        below which noise is ignored; it must show at two evaluations.
    consistency_steps: how often the processes of a distributed run compare their weights.
    """

    order = Order.WATCH

    @bounded
    def __init__(
        self,
        *,
        check_steps: Count = 10,
        every_steps: Count = 50,
        patience: Count = 3,
        warm_up: Whole = 20_000,
        max_gap: Weight = 15.0,
        max_accuracy: Share = 0.95,
        max_loss: Weight = 6.93,  # nats: 5 log 4
        max_any_loss: Weight = 1e6,
        min_diversity: Share = 0.3,
        min_feature_diversity: Share = 0.5,
        min_within_diversity: Share = 0.3,
        consistency_steps: Count = 1000,
    ) -> None:
        self.check_steps, self.every_steps = check_steps, every_steps
        self.patience, self.warm_up = patience, warm_up
        self.max_gap, self.max_accuracy, self.max_loss = max_gap, max_accuracy, max_loss
        self.max_any_loss = max_any_loss
        self.min_diversity, self.min_feature_diversity = min_diversity, min_feature_diversity
        self.min_within_diversity = min_within_diversity
        self.consistency_steps = consistency_steps
        self.seconds = 0.0
        self.signs: dict[str, int] = {}
        self.warned: set[str] = set()
        self.last_losses: dict[str, float] = {}

    def on_train_batch_start(self, trainer: Trainer, pl_module: GAN, batch: Batch, batch_idx: int) -> None:
        """Before the first step of all: are the images what every model takes them for?"""
        if pl_module.steps == 0:
            for key, value in tensors_of(batch).items():
                if value.dim() == 4 and key != "mask":
                    require_range(value, key)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        began = time.perf_counter()
        if pl_module.steps % self.check_steps == 0:
            self.require_finite(pl_module)
        if trainer.world_size > 1 and pl_module.steps % self.consistency_steps == 0:
            require_equal_weights(trainer, pl_module)
        self.look_at_scores(pl_module)
        if pl_module.steps % self.every_steps and pl_module.steps != trainer.max_steps:
            self.seconds += time.perf_counter() - began
            return
        self.look_at_game(pl_module)
        measured = gradient_norms(pl_module) | self.look_at_pixels(pl_module, outputs)
        self.seconds += time.perf_counter() - began
        pl_module.publish({**measured, "progress/health_seconds": self.seconds})

    def state_dict(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "signs": self.signs,
            "warned": sorted(self.warned),
            "last_losses": self.last_losses,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.seconds, self.signs = state_dict["seconds"], dict(state_dict["signs"])
        self.warned, self.last_losses = set(state_dict["warned"]), dict(state_dict["last_losses"])

    def require_finite(self, module: GAN) -> None:
        """All processes stop together if one of them has seen a value that is not finite."""
        names = module.non_finite()
        anywhere = module.mean_over_ranks(torch.tensor(float(bool(names)), device=module.device))
        if anywhere > 0:
            where = ", ".join(names) or "a term of another process"
            raise DivergedError(
                f"not finite at step {module.steps}: {where}. Try lower learning rates, model.gradient_clip=1 or "
                "precision=32"
            )

    def look_at_scores(self, module: GAN) -> None:
        """Right after an evaluation: are the samples alike in the features of its extractor, or those of one kind?"""
        news = {name: value for name, value in module.news().items() if name.startswith(DIVERSITY)}
        values = [value for name, value in news.items() if not name.startswith(tuple(WITHIN))]
        if values:  # several where there are several directions
            low = min(values) < self.min_feature_diversity
            self.sign(module, "collapse", low, alike(module, min(values)), patience=2)
        for name, kind in WITHIN.items():
            values = [value for key, value in news.items() if key.startswith(name)]
            if values and module.data_kind == kind:
                ignored = min(values) < self.min_within_diversity
                self.sign(module, "noise_ignored", ignored, ignores_noise(kind, min(values)), patience=2)

    def look_at_pixels(self, module: GAN, measured: Observation) -> dict[str, float]:
        if min(len(measured["fake"]), len(measured["real"])) < 2:
            return {}
        distances = pairwise_distance(measured["fake"]) / pairwise_distance(measured["real"]).clamp_min(1e-8)
        diversity = float(module.mean_over_ranks(distances))
        judged_better = any(
            name.startswith(DIVERSITY) and not name.startswith(tuple(WITHIN)) for name in module.published
        )
        self.sign(
            module,
            "collapse",
            diversity < self.min_diversity and not judged_better,
            alike(module, diversity),
        )
        return {"health/diversity": diversity}

    def look_at_game(self, module: GAN) -> None:
        measured = module.published
        losses = {name: value for name, value in measured.items() if name.endswith("/loss")}
        frozen = losses == self.last_losses and bool(losses)
        self.last_losses = losses
        self.sign(module, "frozen", frozen, "the losses have not changed at all: is a learning rate 0?")
        name, worst = max(losses.items(), key=lambda item: abs(item[1]), default=("", 0.0))
        self.sign(
            module,
            "exploded",
            abs(worst) > self.max_any_loss,
            f"training has exploded ({name} {worst:.3g}). Lower learning rates or model.gradient_clip=1 help",
        )
        gap = measured.get("game/logit_gap")
        if gap is None:
            return
        self.sign(
            module,
            "discriminator_wins",
            gap > self.max_gap and measured["game/accuracy"] > self.max_accuracy,
            f"the discriminator tells real from fake without effort (score gap {gap:.1f}), so the generator "
            "learns little. A lower model.optimizers.discriminator.lr or model/loss=least_squares helps"
            + from_noise(module, ", and so does model=wgan_gp"),
        )
        loss = measured.get("discriminator/loss", 0.0)
        self.sign(
            module,
            "discriminator_lost",
            gap < -1 or loss > self.max_loss,
            f"the discriminator is worse than a coin toss (loss {loss:.1f}, score gap {gap:.1f}), so it teaches the "
            "generator nothing. A lower model.optimizers.generator.lr helps"
            + from_noise(module, ", and so does model.discriminator_steps=2"),
        )

    def sign(self, module: GAN, name: str, shown: bool, advice: str, patience: int | None = None) -> None:
        """Count a sign; warn the first time that it has shown ``patience`` times in a row."""
        self.signs[name] = self.signs.get(name, 0) + 1 if shown else 0
        enough = self.signs[name] >= (patience or self.patience)
        if enough and module.images > self.warm_up and name not in self.warned:
            self.warned.add(name)
            if module.trainer.is_global_zero:
                log.warning("step %d: %s", module.steps, advice)


def gradient_norms(module: GAN) -> dict[str, float]:
    """The norm of the last gradient of each player that has moved since the last time.

    Where gradients are clipped, the update logs it before they are.
    """
    norms = module.gradient_norms() if module.gradient_clip is None else {}
    return {f"health/{player}_gradient_norm": norm for player, norm in norms.items()}


def require_finite_weights(module: GAN) -> None:
    """Raises DivergedError, on all processes, if any weight or buffer is not finite."""
    for player, parameters in module.parameters_of().items():
        total = sum(p.detach().double().abs().sum() for p in parameters)
        if not math.isfinite(float(module.mean_over_ranks(torch.as_tensor(total)))):
            raise DivergedError(
                f"a weight of the {player} is not finite at step {module.steps}; the last checkpoint before is kept. "
                f"Try a lower model.optimizers.{player}.lr or model.gradient_clip=1"
            )


def require_equal_weights(trainer: Trainer, module: GAN) -> None:
    """Raises PeerError if the processes of a distributed run no longer hold the same bits."""
    tensors = [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]
    weights = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    digest = weights.view(torch.int32).to(torch.int64).sum()
    if len(trainer.strategy.all_gather(digest).unique()) > 1:
        raise PeerError(
            f"the processes' weights differ at step {module.steps}: gradients were not averaged. "
            "Use self.update(player) or self.manual_backward(loss), which average them"
        )


def pairwise_distance(images: Tensor) -> Tensor:
    """Mean distance between the images (B, C, H, W) of a batch, a scalar: the root of the mean squared difference."""
    flat = images.float().flatten(1)
    return torch.nn.functional.pdist(flat).mean() / flat.shape[1] ** 0.5
