"""Differentiable augmentation (Zhao et al. 2020), with the strengths of the authors' code."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import Augment


class DiffAugment(Augment):
    """T(x), for real and fake images in both players' steps (Zhao et al. 2020, section 3).

    policy: which of color, translation and cutout, in which order. Raises UserError for other names.
    """

    def __init__(self, *, policy: Sequence[str] = ("color", "translation", "cutout")) -> None:
        super().__init__()
        if unknown := [name for name in policy if name not in POLICIES]:
            raise UserError(
                f"policy={list(policy)}: there is no {unknown[0]!r}; choose from {', '.join(POLICIES)}, as in "
                "model.augment.policy=[color,translation]"
            )
        self.policy = tuple(policy)

    def forward(self, images: Tensor, draws: Draws) -> Tensor:
        for name in self.policy:
            images = POLICIES[name](images, draws)
        return images


def color(images: Tensor, draws: Draws) -> Tensor:
    """Brightness + U(-.5, .5), then saturation x U(0, 2), then contrast x U(.5, 1.5); of RGBA alpha stays."""
    if images.shape[1] == 4:
        return torch.cat([color(images[:, :3], draws), images[:, 3:]], dim=1)
    images = images + _one_each(images, draws, -0.5, 0.5)
    gray = images.mean(dim=1, keepdim=True)
    images = gray + (images - gray) * _one_each(images, draws, 0.0, 2.0)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * _one_each(images, draws, 0.5, 1.5)


def translation(images: Tensor, draws: Draws, *, ratio: float = 0.125) -> Tensor:
    """Shift by whole pixels, up to ``ratio`` of each side, and fill with zeros."""
    for dim in (2, 3):
        size = images.shape[dim]
        maximum = int(size * ratio + 0.5)
        shift = draws.integers(len(images), 2 * maximum + 1) - maximum
        source = torch.arange(size, device=images.device) - shift[:, None]  # (B, size)
        inside = (source >= 0) & (source < size)
        rows = _along(source.clamp(0, size - 1), dim).expand_as(images)
        images = images.gather(dim, rows) * _along(inside, dim)
    return images


def cutout(images: Tensor, draws: Draws, *, ratio: float = 0.5) -> Tensor:
    """A rectangle of ``ratio`` of each side becomes zero; its centre is anywhere, so that it may reach outside."""
    hidden = torch.ones((), dtype=torch.bool, device=images.device)
    for dim in (2, 3):
        size = images.shape[dim]
        length = int(size * ratio + 0.5)
        start = draws.integers(len(images), size + 1 - length % 2) - length // 2
        distance = torch.arange(size, device=images.device) - start[:, None]  # (B, size)
        hidden = hidden & _along((distance >= 0) & (distance < length), dim)
    return images * ~hidden


def _one_each(images: Tensor, draws: Draws, low: float, high: float) -> Tensor:
    """(B, 1, 1, 1): one number for each sample."""
    return draws.uniform(len(images), 1, 1, 1, low=low, high=high)


def _along(values: Tensor, dim: int) -> Tensor:
    """(B, size) to (B, 1, size, 1) for dim 2, to (B, 1, 1, size) for dim 3."""
    return values[:, None, :, None] if dim == 2 else values[:, None, None, :]


POLICIES = {"color": color, "translation": translation, "cutout": cutout}
