"""Self-attention: each place of a map is told of all others, however far away."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """(B, channels, H, W) to the same shape: x + gamma o(sum over j of beta_j g(x_j)) (Zhang et al. 2019, section 3).

    beta is the softmax over j of theta(x_i)^T phi(x_j), with an eighth of the channels; g and o have half of them;
    all four are 1 x 1 without bias. As in the authors' code the places j are maxima of 2 x 2, a quarter of all; H and
    W are even. gamma starts at 0, so that at first it is the identity.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.theta = nn.Conv2d(channels, narrow, 1, bias=False)
        self.phi = nn.Conv2d(channels, narrow, 1, bias=False)
        self.g = nn.Conv2d(channels, half, 1, bias=False)
        self.o = nn.Conv2d(half, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, maps: Tensor) -> Tensor:
        theta = self.theta(maps).flatten(2)  # (B, C / 8, places)
        phi = F.max_pool2d(self.phi(maps), 2).flatten(2)  # (B, C / 8, places / 4)
        g = F.max_pool2d(self.g(maps), 2).flatten(2)  # (B, C / 2, places / 4)
        beta = torch.einsum("bci,bcj->bij", theta, phi).softmax(dim=2)
        attended = torch.einsum("bcj,bij->bci", g, beta).unflatten(2, maps.shape[2:])
        return maps + self.gamma * self.o(attended)
