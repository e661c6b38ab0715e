"""The generator of GAN-CLS: DCGAN's with residual blocks, and an embedding of the text beside the noise."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import init_normal
from ganlab.layers.resblocks import Residual
from ganlab.networks.sizes import doublings


class GANCLSGenerator(nn.Module):
    """z (B, latent_size), text (B, text_size) to (B, channels, image_size, image_size) in [-1, 1].

    The text becomes ``projection`` numbers and joins the noise; maps of 4 x 4 double as DCGAN's do, with a residual
    block at 4 and one at 8 pixels (Reed et al. 2016; their code has 64 pixels). Sizes: 16, 32, 64, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 100,
        text_size: Size = 1024,
        projection: Size = 128,
        channels: Size = 3,
        image_size: Size = 64,
        width: Size = 24,
    ) -> None:
        super().__init__()
        wide = width * 2 ** (gan_cls_doublings(image_size) - 1)
        self.project = nn.Sequential(nn.Linear(text_size, projection), nn.LeakyReLU(0.2, inplace=True))
        blocks = [nn.ConvTranspose2d(latent_size + projection, wide, 4), nn.BatchNorm2d(wide)]
        blocks += [bottleneck(wide, nn.BatchNorm2d, nn.ReLU), nn.ReLU(inplace=True)]
        blocks += [nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1), nn.BatchNorm2d(wide // 2)]
        wide //= 2
        blocks += [bottleneck(wide, nn.BatchNorm2d, nn.ReLU), nn.ReLU(inplace=True)]  # (B, wide, 8, 8)
        while wide > width:
            blocks += [nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1)]
            wide //= 2
            blocks += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(
            *blocks, nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1), nn.Tanh()
        )
        self.layers.apply(init_normal)

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        return self.layers(torch.cat([z, self.project(text)], dim=1)[:, :, None, None])


def bottleneck(width: int, norm: Callable[[int], nn.Module], activation: Callable[[], nn.Module]) -> Residual:
    """(B, width, H, W) to the same shape: 1 x 1 to a quarter of the width, 3 x 3, 3 x 3 back, and the input."""
    narrow = width // 4
    return Residual(
        nn.Sequential(
            nn.Conv2d(width, narrow, 1),
            norm(narrow),
            activation(),
            nn.Conv2d(narrow, narrow, 3, padding=1),
            norm(narrow),
            activation(),
            nn.Conv2d(narrow, width, 3, padding=1),
            norm(width),
        ),
        nn.Identity(),
    )


def gan_cls_doublings(image_size: int) -> int:
    return doublings("GAN-CLS", image_size, minimum=2)
