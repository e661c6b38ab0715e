"""How much an image changes with its styles."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganlab.losses.precision import at_least_float32
from ganlab.randomness import Draws


def path_lengths(synthesis: Callable[[Tensor, Draws], Tensor], styles: Tensor, draws: Draws) -> Tensor:
    """(B,): |J^T y| with y ~ N(0, 1 / pixels) and the image's derivative J by its styles.

    Karras et al. 2020 (StyleGAN2), equation 4. synthesis: styles (B, layers, size) to images (B, C, H, W). The square
    of the length is the mean over layers; for a linear image w -> A w its expectation is |A|_F^2 / pixels.
    Differentiable once more, in float32.
    """
    with torch.autocast(styles.device.type, enabled=False):
        styles = at_least_float32(styles)
        images = synthesis(styles, draws)
        y = draws.normal(len(images), *images.shape[1:]) / math.sqrt(images.shape[2] * images.shape[3])
        (gradient,) = torch.autograd.grad((images * y).sum(), styles, create_graph=True)  # (B, layers, size)
        return gradient.square().sum(dim=2).mean(dim=1).sqrt()
