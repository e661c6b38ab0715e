"""Discriminators that say whether an image is real and shows what a text says: those of GAN-CLS and StackGAN."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import init_normal
from ganlab.network_types import TextDiscriminator
from ganlab.networks.captions.gan_cls import bottleneck, gan_cls_doublings
from ganlab.networks.captions.stackgan import conv3, down
from ganlab.networks.sizes import doublings


class MatchingDiscriminator(TextDiscriminator):
    """images (B, channels, H, W), text (B, text_size) to raw scores (B,).

    What the image shows is found without the text and then compared with it: with one text or with several, without
    looking again. A subclass makes ``look``, ``project`` and ``compare``.
    """

    look: nn.Module  # images to maps
    project: nn.Module  # (B, text_size) to (B, projection)
    compare: nn.Module  # maps and projection at each place to a score

    def features(self, images: Tensor) -> Tensor:
        """(B, wide, 4, 4): what the images show."""
        return self.look(images)

    def match(self, features: Tensor, text: Tensor) -> Tensor:
        """(B,) scores of images with these features as pictures of these texts."""
        condition = self.project(text)[:, :, None, None].expand(-1, -1, *features.shape[2:])
        return self.compare(torch.cat([features, condition], dim=1)).flatten()

    def forward(self, images: Tensor, text: Tensor) -> Tensor:
        return self.match(self.features(images), text)


class GANCLSDiscriminator(MatchingDiscriminator):
    """images (B, channels, image_size, image_size), text (B, text_size) to raw scores (B,).

    DCGAN's convolutions and a residual block at 4 x 4; the text becomes ``projection`` numbers, which join at each
    place (Reed et al. 2016, section 4.2; their code has 64 pixels).

    norm: what makes the norm after every convolution but the first and the last. text_norm: likewise after the layer
    that reads the text; batch norm in the authors' code of GAN-INT, none in that of GAN-CLS.
    """

    def __init__(
        self,
        *,
        text_size: Size = 1024,
        projection: Size = 128,
        channels: Size = 3,
        image_size: Size = 64,
        width: Size = 24,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        text_norm: Callable[[int], nn.Module] = nn.Identity,
        init: Callable[[nn.Module], None] = init_normal,
    ) -> None:
        super().__init__()
        widest = width * 2 ** (gan_cls_doublings(image_size) - 1)
        blocks = [
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        while width < widest:
            blocks += [nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), norm(2 * width)]
            width *= 2
            blocks += [nn.LeakyReLU(0.2, inplace=True)] if width < widest else []
        blocks += [bottleneck(widest, norm, lambda: nn.LeakyReLU(0.2, inplace=True))]
        self.look = nn.Sequential(*blocks, nn.LeakyReLU(0.2, inplace=True))
        self.project = nn.Sequential(
            nn.Linear(text_size, projection), text_norm(projection), nn.LeakyReLU(0.2, inplace=True)
        )
        self.compare = nn.Sequential(
            nn.Conv2d(widest + projection, widest, 1),
            norm(widest),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(widest, 1, 4),
        )
        self.look.apply(init)
        self.compare.apply(init)


class StackGANDiscriminator(MatchingDiscriminator):
    """images (B, channels, image_size, image_size), text (B, text_size) to raw scores (B,).

    Maps halve to 4 x 4 while their channels double from ``width``; where there come to be more than 8 times as many,
    they are brought back to that. The text becomes ``projection`` numbers, which join at each place.

    norm: what makes the norm after every convolution but the first and the last.
    """

    def __init__(
        self,
        *,
        text_size: Size = 1024,
        projection: Size = 128,
        channels: Size = 3,
        image_size: Size = 64,
        width: Size = 24,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        init: Callable[[nn.Module], None] = init_normal,
    ) -> None:
        super().__init__()
        steps = doublings("StackGAN", image_size)
        leaky = nn.LeakyReLU(0.2, inplace=True)
        blocks: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False), leaky]
        wide = width
        for _ in range(steps - 1):
            blocks += down(wide, 2 * wide, leaky, norm)
            wide *= 2
        while wide > 8 * width:
            blocks += [conv3(wide, wide // 2), norm(wide // 2), leaky]
            wide //= 2
        self.look = nn.Sequential(*blocks)
        self.project = nn.Sequential(nn.Linear(text_size, projection), leaky)
        self.compare = nn.Sequential(conv3(wide + projection, wide), norm(wide), leaky, nn.Conv2d(wide, 1, 4))
        self.apply(init)
