"""A class, or a mixture of classes, as numbers that a network can read."""

import torch.nn.functional as F
from torch import Tensor, nn


def class_shares(label: Tensor, classes: int) -> Tensor:
    """(B, classes): the one-hot vectors of labels (B,) int64; shares (B, classes) of each class stay as they are."""
    return label if label.is_floating_point() else F.one_hot(label, classes)


def embedded(embedding: nn.Embedding, label: Tensor) -> Tensor:
    """(B, size): the vectors of labels (B,) int64, or the mean of all by shares (B, classes)."""
    return label @ embedding.weight.to(label) if label.is_floating_point() else embedding(label)
