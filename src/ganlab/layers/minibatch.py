"""Layers that let a discriminator compare the samples of a batch, so that it notices when all are alike.

Samples meet in them: the batch is that of one process, and a gradient at one sample depends on the others.
"""

import math

import torch
from torch import Tensor, nn

from ganlab.bounds import Size, bounded
from ganlab.errors import UserError


class MinibatchDiscrimination(nn.Module):
    """Appends how close each sample is to the others: (B, features) to (B, features + kernels).

    o_b = sum over j != i of exp(-|M_i,b - M_j,b|_1) with M = T f(x) of kernels x dimensions (Salimans et al. 2016,
    section 3.2). As in the authors' code a sample is not compared with itself, which only ever adds 1; their -1
    beside it is left to the bias of the next layer. o is 0 for a sample far from all others, B - 1 among its copies.
    """

    compares_samples = True

    @bounded
    def __init__(self, *, features: Size, kernels: Size = 100, dimensions: Size = 5) -> None:
        super().__init__()
        self.kernels, self.dimensions = kernels, dimensions
        self.out_features = features + kernels
        # a row of M then has the scale of a feature, whatever their number
        self.projection = nn.Parameter(torch.randn(features, kernels * dimensions) / math.sqrt(features))

    def forward(self, features: Tensor) -> Tensor:
        m = (features @ self.projection).float()  # (B, kernels * dimensions)
        m = m.unflatten(1, (self.kernels, self.dimensions))  # (B, kernels, dimensions)
        closeness = (-(m[:, None] - m).abs().sum(dim=3)).exp()  # (B, B, kernels)
        itself = torch.eye(len(m), dtype=torch.bool, device=m.device)[..., None]
        o = closeness.masked_fill(itself, 0).sum(dim=1)  # (B, kernels)
        return torch.cat([features, o.to(features.dtype)], dim=1)


class MinibatchStdDev(nn.Module):
    """Appends one map with the mean standard deviation over a group: (B, C, H, W) to (B, C + 1, H, W).

    Karras et al. 2018, section 3; groups are strided as in the authors' code: with M groups in the batch, sample i is
    in group i mod M. A batch smaller than ``group`` is one group.
    Raises UserError where the group does not divide the batch.
    """

    compares_samples = True

    @bounded
    def __init__(self, *, group: Size = 4) -> None:
        super().__init__()
        if group < 2:
            raise UserError(f"group={group}: a standard deviation needs at least two samples; try group=4")
        self.group = group

    def forward(self, maps: Tensor) -> Tensor:
        batch, _, height, width = maps.shape
        group = min(self.group, batch)
        if batch % group:
            raise UserError(
                f"a batch of {batch} does not split into groups of {group} for the standard deviation over a "
                f"minibatch; try data.batch_size={batch + group - batch % group}"
            )
        grouped = maps.float().unflatten(0, (group, -1))  # (group, M, C, H, W)
        deviation = (grouped.var(dim=0, correction=0) + 1e-8).sqrt()  # (M, C, H, W)
        of_group = deviation.mean(dim=(1, 2, 3))  # (M,)
        extra = of_group.repeat(group).to(maps.dtype)  # (B,)
        return torch.cat([maps, extra[:, None, None, None].expand(batch, 1, height, width)], dim=1)


def packed(samples: Tensor, size: int) -> Tensor:
    """(B, C, ...) to (packs, size * C, ...): neighbours in the batch, side by side in the channels.

    So a discriminator can tell many samples from the same one again (Lin et al. 2018, PacGAN). What the last pack lacks
    where size does not divide B are the batch's first samples again.
    """
    missing = -len(samples) % size
    if missing:
        again = samples.repeat(-(-missing // len(samples)), *[1] * (samples.ndim - 1))
        samples = torch.cat([samples, again[:missing]])
    return samples.unflatten(0, (-1, size)).flatten(1, 2)


def unpacked(scores: Tensor, batch: int, size: int) -> Tensor:
    """(packs,) scores of :func:`packed` to (B,): each sample has its pack's."""
    return scores.repeat_interleave(size)[:batch]
