"""A class, a mixture of classes, or a map of labels, as numbers that a network can read."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size, bounded
from ganlab.network_types import LabelCode


def class_shares(label: Tensor, classes: int) -> Tensor:
    """(B, classes): the one-hot vectors of labels (B,) int64; shares (B, classes) of each class stay as they are."""
    return label if label.is_floating_point() else F.one_hot(label, classes)


def embedded(embedding: nn.Embedding, label: Tensor) -> Tensor:
    """(B, size): the vectors of labels (B,) int64, or the mean of all by shares (B, classes)."""
    return label @ embedding.weight.to(label) if label.is_floating_point() else embedding(label)


class OneHot(LabelCode):
    """Label maps (B, 1, H, W), ids as 8-bit pictures in [-1, 1] hold them, to (B, channels, H, W) of 0 and 1.

    Ids from ``regions`` on, 255 for what nobody knows among them, have a channel of their own, or none is 1 for them.

    regions: how many ids are known. unknown: whether there is that channel.
    """

    ids: Tensor

    @bounded
    def __init__(self, *, regions: Size, unknown: bool = True) -> None:
        super().__init__()
        self.regions, self.channels = regions, regions + unknown
        self.register_buffer("ids", torch.arange(self.channels).view(-1, 1, 1), persistent=False)

    def forward(self, label_map: Tensor) -> Tensor:
        ids = ((label_map.float() + 1) * 127.5).round()
        return (ids.where(ids < self.regions, self.regions) == self.ids).float()
