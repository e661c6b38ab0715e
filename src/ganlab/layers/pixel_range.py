"""Between the images of ganlab, in [-1, 1], and networks that know pixels in [0, 1]."""

from torch import Tensor, nn


class Sigmoid(nn.Module):
    """A generator's last activation: s(t) in [0, 1], handed on as 2 s(t) - 1 in [-1, 1]."""

    def forward(self, values: Tensor) -> Tensor:
        return 2 * values.sigmoid() - 1


class ToUnit(nn.Module):
    """What a discriminator does first: images in [-1, 1] to pixels in [0, 1]."""

    def forward(self, images: Tensor) -> Tensor:
        return (images + 1) / 2
