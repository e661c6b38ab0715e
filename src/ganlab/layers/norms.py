"""Norms of generators: one without weights, and those that know a class, a vector, a style or a label map."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, interpolate

from ganlab.layers.equalized import EqualizedLinear
from ganlab.layers.labels import embedded

EQUALIZED = partial(EqualizedLinear, gain=1.0)


class PixelNorm(nn.Module):
    """x / sqrt(mean over channels of x^2 + 1e-8) at each pixel (Karras et al. 2018, section 4.2).

    (B, C, ...) to the same shape with unit mean square over C; for latent vectors (B, C) as well.
    """

    def forward(self, maps: Tensor) -> Tensor:
        mean_square = maps.float().square().mean(dim=1, keepdim=True)
        return maps * (mean_square + 1e-8).rsqrt().to(maps.dtype)


class ConditionalBatchNorm2d(nn.Module):
    """Batch norm with a gain and an offset for each class (de Vries et al. 2017; Miyato, Koyama 2018).

    (B, channels, H, W) and labels (B,) int64, or shares of the classes (B, classes), to (B, channels, H, W). Gains
    start at 1, offsets at 0, so that at first it is plain batch norm.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Embedding.from_pretrained(torch.ones(classes, channels), freeze=False)
        self.offset = nn.Embedding.from_pretrained(torch.zeros(classes, channels), freeze=False)

    def forward(self, maps: Tensor, label: Tensor) -> Tensor:
        gain, offset = (embedded(table, label)[..., None, None] for table in (self.gain, self.offset))
        return torch.addcmul(offset, gain, self.norm(maps))


class VectorBatchNorm2d(nn.Module):
    """Batch norm with a gain and an offset that are linear in a vector (Brock et al. 2019, appendix B).

    (B, channels, H, W) and (B, size) to (B, channels, H, W): gain 1 + W_g v, offset W_b v, without biases.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(size, channels, bias=False)
        self.offset = nn.Linear(size, channels, bias=False)

    def forward(self, maps: Tensor, vector: Tensor) -> Tensor:
        gain, offset = (1 + self.gain(vector))[..., None, None], self.offset(vector)[..., None, None]
        return torch.addcmul(offset, gain, self.norm(maps))


class AdaptiveInstanceNorm(nn.Module):
    """AdaIN: (1 + s) (x - mean) / deviation + b of each map, with s and b linear in w (Karras et al. 2019, equation 1).

    (B, channels, H, W) and (B, style_size) to (B, channels, H, W). linear: makes s and b of w; those of the paper have
    equalized rates, and no bias at first.
    """

    def __init__(
        self,
        channels: int,
        style_size: int,
        *,
        linear: Callable[[int, int], nn.Module] = EQUALIZED,
    ) -> None:
        super().__init__()
        self.style = linear(style_size, 2 * channels)

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        scale, offset = self.style(w)[..., None, None].to(maps.dtype).chunk(2, dim=1)
        return torch.addcmul(offset, 1 + scale, instance_norm(maps.float(), eps=1e-8).to(maps.dtype))


class SpatiallyAdaptiveNorm(nn.Module):
    """SPADE: (1 + gamma(m)) norm(x) + beta(m) (Park et al. 2019, equations 1 to 3).

    maps (B, channels, h, w) and labels (B, label_channels, H, W), nearest-resized, to the shape of maps. gamma and beta
    are two 3 x 3 convolutions of labels, the first of which they share.

    hidden: its channels, 128 in the paper. norm: makes a norm of so many channels without weights.
    """

    def __init__(
        self, channels: int, label_channels: int, *, hidden: int, norm: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.shared = nn.Sequential(nn.Conv2d(label_channels, hidden, 3, padding=1), nn.ReLU())
        self.gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        shared = self.shared(interpolate(labels, maps.shape[2:], mode="nearest"))
        return torch.addcmul(self.beta(shared), 1 + self.gamma(shared), self.norm(maps))


class NormalizedSigmoid(nn.Sequential):
    """Batch norm, then a sigmoid, of scores (B, 1): to (0, 1)."""

    def __init__(self) -> None:
        super().__init__(nn.BatchNorm1d(1), nn.Sigmoid())


def has_offset(norm: nn.Module) -> bool:
    """Whether it adds a number of its own to each channel, which makes a bias before it superfluous."""
    return getattr(norm, "bias", None) is not None
