"""Penalties on a discriminator's gradient with respect to its input, in float32 even under autocast."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor, target: float = 1.0
) -> Tensor:
    """E[(|grad D(m)| - target)^2] at m = real + epsilon (fake - real) (Gulrajani et al. 2017, equation 3).

    real, fake: (B, ...), treated as constants, so that only the critic gets a gradient. epsilon: (B, 1, ...),
    one number for each sample. The norm is over all dimensions of a sample. The critic must score each sample
    by itself, which batch norm does not (section 4). Raises ValueError for other shapes.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must have the same shape")
    per_sample = (len(real), *[1] * (real.ndim - 1))
    if epsilon.shape != per_sample:
        raise ValueError(f"epsilon {tuple(epsilon.shape)} must have one number for each sample: {per_sample}")
    with torch.autocast(real.device.type, enabled=False):
        real, fake, epsilon = (_at_least_float32(tensor.detach()) for tensor in (real, fake, epsilon))
        mixed = torch.lerp(real, fake, epsilon).requires_grad_()
        # samples do not meet in the critic, so the gradient of the sum holds each sample's own
        (gradient,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        norm = torch.linalg.vector_norm(gradient, dim=tuple(range(1, gradient.ndim)))  # (B,)
        return (norm - target).square().mean()


def _at_least_float32(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
