"""ProGAN: both players learn small images first, and grow."""

import logging
from typing import Any, Literal, Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Positive, Weight, bounded
from ganlab.errors import UserError
from ganlab.lightning_internals import accumulation_of
from ganlab.losses.penalties import gradient_penalty
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.network_types import GrowingDiscriminator, GrowingGenerator, StyledGenerator
from ganlab.techniques.growth import Growth, Stage
from ganlab.techniques.growth_plan import GrowthPlan
from ganlab.types import AdversarialLoss, Batch, Observation, observed

log = logging.getLogger(__name__)


class GrowingGAN(LatentGAN):
    """A game whose networks grow: both are called with the level and the fade of growth's present stage.

    At the beginning and at the end of each fade the optimizers forget their moments, as in the code of ProGAN's
    authors. Samples have the final size from the beginning; until it is reached, each of their pixels is repeated.

    growth: level, fade, batch size and learning rate by images seen.

    Raises:
        UserError: networks, growth or data of different sizes.
    """

    generator: GrowingGenerator
    discriminator: GrowingDiscriminator

    @bounded
    def __init__(self, *, growth: Growth, **options: Unpack[LatentOptions]) -> None:
        super().__init__(**options)
        self.growth = growth
        self.counts = {"grown_at": -1}  # images seen when the last step began
        self.begun_at = (0, 0)  # steps and images when this training began, or was resumed
        sizes = [growth.resolutions[-1], self.generator.image_size, self.discriminator.image_size]
        if len(set(sizes)) > 1:
            raise UserError(
                f"growth, generator and discriminator end at {', '.join(map(str, sizes))} pixels; set only "
                "data.image_size, which all three take"
            )

    @property
    def stage(self) -> Stage:
        """Of the last training step; the first one's before any."""
        return self.growth.at(max(0, self.counts["grown_at"]))

    def generate(self, n: int, *condition: Tensor) -> Tensor:
        return self.generator(self.prior(self.draws, n), *condition, *self.stage)

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,) from the critic; images larger than the present resolution are averaged down."""
        return self.discriminator(self.augment(self.shrunk(image), self.draws), *self.stage)

    def shrunk(self, image: Tensor) -> Tensor:
        """(B, C, H, W) at the present resolution."""
        factor = image.shape[2] // self.stage.resolution
        return F.avg_pool2d(image, factor) if factor > 1 else image

    def faded(self, image: Tensor) -> Tensor:
        """Real images as they should look at the present stage."""
        image, alpha = self.shrunk(image), self.stage.alpha
        if alpha < 1:
            image = torch.lerp(F.interpolate(F.avg_pool2d(image, 2), scale_factor=2), image, alpha)
        return image

    # -- growth --------------------------------------------------------------------------------------------------

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        self.grow()
        super().on_train_batch_start(batch, batch_idx)

    def grow(self) -> None:
        """Go to the stage of the step that begins; both optimizers start anew where its phase does."""
        before, first = self.stage.phase, self.counts["grown_at"] < 0
        self.counts["grown_at"] = self.images
        self.track("game/resolution", self.stage.resolution)
        self.track("game/alpha", self.stage.alpha)
        if self.stage.phase == before and not first:
            return
        rate = self.growth.learning_rate(self.stage.level)
        for player in self.players():
            self.optimizers_by_player()[player].state.clear()
            for group in self.parameter_groups(player):
                group["lr"] = group["lr"] if rate is None else rate

    def batch_at(self, step: int, usual: int, world: int) -> tuple[int, int]:
        """See :class:`~ganlab.types.Growing`; a resumed run goes on from its images, on any number of processes."""
        steps, images = self.begun_at
        return self.growth.batch_at(step - steps, usual, world, images)

    def side_at(self, step: int, usual: int, world: int) -> int:
        """See :class:`~ganlab.types.Growing`."""
        return self.growth.at(self.batch_at(step, usual, world)[0]).resolution

    def skip_to(self, images: int) -> None:
        """See :class:`~ganlab.types.Growing`."""
        self.images, self.begun_at = images, (self.steps, images)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.skip_to(self.images)

    def drawn(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        image = network(*inputs, *self.stage)
        return F.interpolate(image, self.growth.resolutions[-1])

    def drawn_of_styles(self, network: StyledGenerator, styles: Tensor) -> Tensor:
        image = network.synthesis(styles, None, *self.stage)
        return F.interpolate(image, self.growth.resolutions[-1])

    # -- before training -----------------------------------------------------------------------------------------

    def on_fit_start(self) -> None:
        """Tell the schedule, and warn if the run ends before it does.

        Raises:
            UserError: the batch of some resolution does not split into the critic's groups.
        """
        data = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it in fit
        parts = accumulation_of(self.trainer)
        plan = GrowthPlan(self.growth, parts * data.batch_size, self.trainer.world_size)
        plan.require_groups(self.discriminator.group, parts)
        if self.trainer.is_global_zero and self.trainer.loggers:  # not in a trial of a few steps
            rates = dict.fromkeys(f"{self.learning_rate(player):g}" for player in self.players())
            log.info("growth, by images seen:\n%s", plan.table("/".join(rates)))
            if shortfall := plan.shortfall(self.trainer.max_steps):
                log.warning("%s", shortfall)


class ProGAN(GrowingGAN):
    """Progressive growing of GANs (Karras, Aila, Laine, Lehtinen 2018, sections 2 to 4 and appendix A.1).

    The critic minimises E[D(G(z))] - E[D(x)] + lambda E[(|grad D| - gamma)^2] / gamma^2 + epsilon E[D(x)^2], the
    generator -E[D(G(z))]. Real images are brought to the present stage, too: averaged down, and faded as the fakes are.

    growth: see :class:`GrowingGAN`. loss: the paper's is Wasserstein.
    gp_weight: lambda. gp_target: gamma. drift_weight: epsilon, which keeps the scores of real images near 0.
    gp_resolution: of the images that D is differentiated with respect to, of which the paper says nothing. Both of the
    authors' codes repeat each pixel up to the final size, where the gradient's norm is that at the present size times
    present / final: small images are held to a steeper critic than with "present".
    """

    @bounded
    def __init__(
        self,
        *,
        growth: Growth,
        loss: AdversarialLoss,
        gp_weight: Weight = 10.0,
        gp_target: Positive = 1.0,
        gp_resolution: Literal["present", "final"] = "present",
        drift_weight: Weight = 0.001,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(growth=growth, **options)
        self.loss = loss
        self.gp_weight, self.gp_target, self.drift_weight = gp_weight, gp_target, drift_weight
        self.gp_resolution = gp_resolution

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """lambda E[(s |grad D| - gamma)^2] / gamma^2, with s = present / final size for the gradient at the final size.

        Samples meet in the standard deviation over the batch; as in the authors' code the gradient is that of
        the sum of all scores, so a sample's holds what it does to the others' scores.
        """
        epsilon = self.draws.uniform(len(real), 1, 1, 1)  # one for each sample
        final = self.growth.resolutions[-1]
        shrink = self.stage.resolution / final if self.gp_resolution == "final" else 1.0
        # each of the 1 / s^2 copies of a pixel has s^2 of its gradient: s n for n, and (s n - g)^2 = s^2 (n - g / s)^2
        penalty = shrink**2 * gradient_penalty(self.score, real, fake, epsilon, self.gp_target / shrink)
        return self.gp_weight / self.gp_target**2 * penalty

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = self.faded(batch["image"])
        with self.update("discriminator") as terms:
            fake = self.generate(len(real)).detach()
            real_score, fake_score = self.score(real), self.score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["gradient_penalty"] = self.penalty(real, fake)
            terms["drift"] = self.drift_weight * real_score.square().mean()
        with self.update("generator") as terms:
            fake_score = self.score(self.generate(len(real)))
            terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
        return observed(real, fake, real_score, fake_score)
