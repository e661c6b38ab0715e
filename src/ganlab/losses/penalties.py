"""Penalties on a discriminator's gradient with respect to its input, in float32 even under autocast.

A penalty object is called ``penalty(score, real, fake, draws=draws, step=step)``, where ``score`` takes images to
(B,) raw scores and ``step`` counts from 1; the terms that it returns belong to the discriminator's update. The
discriminator must score each sample by itself, which batch normalization does not (Gulrajani et al. 2017, section 4).
"""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.bounds import Count, Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.precision import at_least_float32
from ganlab.randomness import Draws
from ganlab.torch_internals import BatchNorm
from ganlab.types import Penalty

Score = Callable[[Tensor], Tensor]


class OnePass:
    """A score that remembers its passes, so that R1 and R2 differentiate those of the loss and make none of their own.

    The gradient is the same, and a forward pass is saved; augmented images are penalised as the loss has seen them.
    A penalty under autocast makes its own pass all the same, in float32, and so does one at images that were scored
    together with others.
    """

    def __init__(self, score: Score) -> None:
        self.score = score
        self.passes: list[tuple[Tensor, Tensor, Tensor]] = []

    def __call__(self, images: Tensor) -> Tensor:
        """(B,) scores of images (B, ...); those that require no gradient may be differentiated at all the same."""
        points = images if images.requires_grad else images.detach().requires_grad_()
        scores = self.score(points)
        self.passes.append((images, points, scores))
        return scores

    def of(self, images: Tensor) -> tuple[Tensor, Tensor] | None:
        """The points (B, ...) at which these very images were scored, and their scores (B,); else None."""
        return next(((points, scores) for scored, points, scores in self.passes if scored is images), None)


def gradient_penalty(
    critic: Score, real: Tensor, fake: Tensor, epsilon: Tensor, target: float = 1.0
) -> Tensor:
    """E[(|grad D(m)| - target)^2] at m = real + epsilon (fake - real) (Gulrajani et al. 2017, equation 3).

    real, fake: (B, ...), treated as constants, so that only the critic gets a gradient. epsilon: (B, 1, ...),
    one number for each sample. The norm is over all dimensions of a sample. Raises ValueError for other shapes.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have the same shape")
    per_sample = (len(real), *[1] * (real.ndim - 1))
    if epsilon.shape != per_sample:
        raise ValueError(f"epsilon {tuple(epsilon.shape)} must have one number for each sample: {per_sample}")
    with torch.autocast(real.device.type, enabled=False):
        real, fake, epsilon = (at_least_float32(tensor.detach()) for tensor in (real, fake, epsilon))
        gradient = _gradient(critic, torch.lerp(real, fake, epsilon))
        norm = torch.linalg.vector_norm(gradient, dim=tuple(range(1, gradient.ndim)))  # (B,)
        return (norm - target).square().mean()


def zero_centred(score: Score, images: Tensor) -> Tensor:
    """E[|grad D(x)|^2] / 2 (Mescheder et al. 2018, equation 9): R1 for real images, R2 for fakes, without gamma.

    images: (B, ...), treated as constants, so that only the discriminator gets a gradient. score: from images to (B,);
    of a :class:`OnePass` the pass that was made counts.
    """
    device = images.device.type
    shared = (
        score.of(images) if isinstance(score, OnePass) and not torch.is_autocast_enabled(device) else None
    )
    with torch.autocast(device, enabled=False):
        gradient = _slope(*shared) if shared else _gradient(score, at_least_float32(images.detach()))
        return gradient.flatten(1).square().sum(dim=1).mean() / 2


class NoPenalty(Penalty):
    """No term."""

    differentiates: ClassVar[bool] = False

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        return {}


class R1(Penalty):
    """gamma / 2 E[|grad D(x)|^2] at real images (Mescheder et al. 2018, section 4.1).

    gamma: the paper's; its authors' code leaves out the half, so that its 10 is a gamma of 20.
    every: compute it in each n-th step only and count it n times (Karras et al. 2020, StyleGAN2, section 3.1).
    """

    @bounded
    def __init__(self, *, gamma: Weight = 10.0, every: Count = 1) -> None:
        self.gamma, self.every = gamma, every

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        if step % self.every:
            return {}
        return {"r1": self.every * self.gamma * zero_centred(score, real)}

    def scoring(self, score: Score, *, step: int) -> Score:
        """Where the penalty is due, one whose passes it differentiates."""
        return score if step % self.every else OnePass(score)


class R1R2(R1):
    """gamma / 2 (E[|grad D(x)|^2] + E[|grad D(G(z))|^2]), at real images and at fakes (Huang et al. 2024, section 2).

    gamma: grows with the resolution; theirs starts at 0.05 for 32 pixels and at 2 for 64. every: as in :class:`R1`.
    """

    @bounded
    def __init__(self, *, gamma: Weight = 0.05, every: Count = 1) -> None:
        super().__init__(gamma=gamma, every=every)

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        terms = super().__call__(score, real, fake, draws=draws, step=step)
        if terms:
            terms["r2"] = self.every * self.gamma * zero_centred(score, fake)
        return terms


class GradientPenalty(Penalty):
    """weight * E[(|grad D(m)| - target)^2] at points m between real images and fakes (Gulrajani et al. 2017)."""

    @bounded
    def __init__(self, *, weight: Weight = 10.0, target: Weight = 1.0) -> None:
        self.weight, self.target = weight, target

    def __call__(
        self, score: Score, real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]:
        epsilon = draws.uniform(len(real), *[1] * (real.ndim - 1))  # one for each sample
        return {"gradient_penalty": self.weight * gradient_penalty(score, real, fake, epsilon, self.target)}


def _gradient(score: Score, images: Tensor) -> Tensor:
    """grad D at each sample, (B, ...), differentiable once more. Raises ValueError unless ``score`` gives (B,)."""
    images = images.requires_grad_()
    return _slope(images, score(images))


def _slope(images: Tensor, scores: Tensor) -> Tensor:
    if scores.shape != images.shape[:1]:
        raise ValueError(
            f"scores of shape {tuple(scores.shape)}: a gradient penalty needs one for each image"
        )
    # samples do not meet in the discriminator, so the gradient of the sum holds each sample's own
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient


def require_no_batch_norm(discriminator: nn.Module) -> None:
    """Raises UserError for batch normalization, with which the gradient at one sample depends on all others."""
    if any(isinstance(module, BatchNorm) for module in discriminator.modules()):
        raise UserError(
            "a gradient penalty needs a discriminator without batch normalization (Gulrajani et al. 2017, section 4); "
            "choose model/discriminator=wgan_gp or dcgan_no_norm"
        )
