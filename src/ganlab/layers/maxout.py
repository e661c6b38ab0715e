"""The activation of the first GAN's discriminator."""

from torch import Tensor, nn


class Maxout(nn.Module):
    """The largest of ``pieces`` linear functions: (..., in_features) to (..., out_features).

    Goodfellow et al. 2013, Maxout networks. It has pieces * out_features * (in_features + 1) weights.
    """

    def __init__(self, in_features: int, out_features: int, *, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(in_features, out_features * pieces)

    def forward(self, features: Tensor) -> Tensor:
        return self.linear(features).unflatten(-1, (-1, self.pieces)).amax(dim=-1)
