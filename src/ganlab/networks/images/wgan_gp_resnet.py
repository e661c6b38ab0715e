"""The critic of WGAN-GP's ResNet; its generator is :class:`ganlab.networks.images.resnet.ResNetGenerator`."""

from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import xavier_uniform
from ganlab.networks.images.resnet import resnet_trunk


class WGANGPResNetCritic(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (code of Gulrajani et al. 2017).

    No norm at all; the maps are averaged over pixels before the last layer. Sizes: 16, 32, 64, ...
    """

    def __init__(self, *, channels: Size = 3, image_size: Size = 32, width: Size = 128) -> None:
        super().__init__()
        self.trunk = resnet_trunk(channels=channels, image_size=image_size, width=width)
        self.head = nn.Linear(width, 1)
        self.head.apply(xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.trunk(images).mean((2, 3))).squeeze(1)
