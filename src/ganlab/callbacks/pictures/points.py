"""Both players of a game in the plane, as training goes on."""

import torch
from torch import Tensor

from ganlab.bounds import Count, Pictured, Side, bounded
from ganlab.callbacks.interval import images_of_run
from ganlab.callbacks.pictures.base import Pictures
from ganlab.callbacks.pictures.canvas import FAKE, INK, REAL, Canvas
from ganlab.models.points import PlaneGAN
from ganlab.training.trainer import Trainer


class Plane(Pictures[PlaneGAN]):
    """Draws ``samples/<points seen>.png``, and ``samples/animation.gif`` at the end.

    Blue points are real, orange ones generated. The ground shows the discriminator: blue where it says real, white
    where it cannot tell, orange where it says fake. Arrows show where the generator's loss pulls a sample at that
    place; their lengths are as the square roots of the pull.

    every_images: how often, in points; null makes ``frames`` pictures of a run. n: points of each kind. seed: of the
    noise. size: of the pictures, in pixels. surface, arrows: how many places to a side are asked.
    """

    @bounded
    def __init__(
        self,
        *,
        every_images: Count | None = None,
        frames: Pictured = 40,
        n: Pictured = 1000,
        seed: int = 0,
        size: Side = 480,
        surface: Side = 96,
        arrows: Side = 20,
    ) -> None:
        super().__init__(every_images=every_images or 1)
        self.chosen = every_images
        self.n, self.seed, self.frames, self.size = n, seed, frames, size
        self.surface_side, self.arrows_side = surface, arrows

    def on_train_start(self, trainer: Trainer, pl_module: PlaneGAN) -> None:
        seen = images_of_run(trainer, pl_module)
        self.every_images = self.chosen or max(1, seen // self.frames)
        self.real = trainer.datamodule.dataset("train").points[: self.n]
        self.reach = 1.3 * float(self.real.abs().max())
        super().on_train_start(trainer, pl_module)

    def picture(self, module: PlaneGAN) -> Tensor:
        canvas = Canvas(reach=self.reach, size=self.size)
        fake = module.sample(self.n, seed=self.seed)
        canvas.surface(heights(module, canvas.lattice(self.surface_side), self.real, fake))
        places = canvas.lattice(self.arrows_side)
        canvas.arrows(places, pull(module, places, self.real), longest=1.8 * self.reach / self.arrows_side)
        canvas.dots(self.real, REAL, radius=2.5, alpha=0.6)
        canvas.dots(fake, FAKE, radius=1.7, alpha=0.8)
        count = f"{module.images:,} points seen"
        canvas.captions([("real", 0.02, REAL), ("generated", 0.11, FAKE), (count, 0.62, INK)])
        return canvas.picture()


@torch.no_grad()
def heights(module: PlaneGAN, places: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """(n,) from -1 (fake) to 1 (real): the scores at ``places`` (n, 2), 0 halfway between real and generated points.

    A unit is that of a logit, or the standard deviation of all scores shown where that is more, as a critic's may be.
    """
    score, real_score, fake_score = (
        module.discriminator(p.to(module.device)).float().cpu() for p in (places, real, fake)
    )
    middle = (real_score.mean() + fake_score.mean()) / 2
    return ((score - middle) / score.std().clamp_min(1) / 2).tanh()


@torch.enable_grad()
def pull(module: PlaneGAN, places: Tensor, real: Tensor) -> Tensor:
    """(n, 2): minus the gradient of the generator's loss with respect to a sample at each of ``places`` (n, 2)."""
    sample = places.clone().to(module.device).requires_grad_()
    beside = real.to(module.device)[torch.arange(len(places)) % len(real)]
    loss = module.loss.generator(module.discriminator(sample), real=lambda: module.discriminator(beside))
    (gradient,) = torch.autograd.grad(loss, sample)
    return -gradient.float().cpu()
