"""The DCGAN that everybody means: kernels of 4, stride 2, no biases, at 8, 16, 32, 64, ... pixels."""

from collections.abc import Callable

from torch import Tensor, nn

from ganlab.bounds import Size, Weight
from ganlab.layers.init import init_normal
from ganlab.networks.sizes import doublings


class DCGANGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1] (Radford, Metz, Chintala 2016).

    A 4 x 4 map of width * image_size / 8 channels halves its channels as it doubles its size.
    Batch norm and ReLU after every layer but the last. At 64 pixels this is PyTorch's DCGAN example.
    """

    def __init__(
        self, *, latent_size: Size = 100, channels: Size = 3, image_size: Size = 64, width: Size = 64
    ) -> None:
        super().__init__()
        wide = width * 2 ** (doublings("DCGAN", image_size) - 1)
        blocks = [
            nn.ConvTranspose2d(latent_size, wide, 4, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(inplace=True),
        ]
        while wide > width:
            blocks += [nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1, bias=False)]
            wide //= 2
            blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(
            *blocks, nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1, bias=False)
        )
        self.apply(init_normal)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None]).tanh()


class DCGANDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,): the generator's mirror with leaky ReLU.

    norm: what makes the norm after every convolution but the first and the last; ``nn.Identity`` for critics
    under a gradient penalty, where batch norm is wrong.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        image_size: Size = 64,
        width: Size = 64,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        negative_slope: Weight = 0.2,
    ) -> None:
        super().__init__()
        widest = width * 2 ** (doublings("DCGAN", image_size) - 1)
        blocks = [
            nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(negative_slope, inplace=True),
        ]
        while width < widest:
            blocks += [nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)]
            width *= 2
            blocks += [norm(width), nn.LeakyReLU(negative_slope, inplace=True)]
        self.layers = nn.Sequential(*blocks, nn.Conv2d(widest, 1, 4, bias=False))
        self.apply(init_normal)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).reshape(len(images))
