"""The first conditional GAN: each player embeds image or noise and label by themselves, then joins them."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import ImageSize, Positive, Share, Size
from ganlab.layers.labels import class_shares
from ganlab.layers.maxout import Maxout
from ganlab.networks.images.gan_2014 import uniform_weights
from ganlab.networks.images.mlp import pixels_of
from ganlab.networks.sizes import sides


class CGANGenerator(nn.Module):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1] (Mirza, Osindero 2014).

    noise_width and label_width: what z and the label become before they are joined to ``width``; all ReLU.
    The sources give no initial weights: these are those of the first GAN's generator.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 100,
        classes: Size = 10,
        channels: Size = 1,
        image_size: ImageSize = 28,
        noise_width: Size = 200,
        label_width: Size = 1000,
        width: Size = 1200,
    ) -> None:
        super().__init__()
        self.classes, self.shape = classes, (channels, *sides(image_size))
        self.noise = nn.Linear(latent_size, noise_width)
        self.label = nn.Linear(classes, label_width)
        self.joint = nn.Linear(noise_width + label_width, width)
        self.output = nn.Linear(width, pixels_of(channels, image_size))
        self.apply(uniform_weights)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        shares = class_shares(label, self.classes).to(z.dtype)
        joined = torch.cat([self.noise(z), self.label(shares)], dim=1).relu()
        return self.output(self.joint(joined).relu()).tanh().unflatten(1, self.shape)


class CGANDiscriminator(nn.Module):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,) (Mirza, Osindero 2014).

    Maxout of 240 units for the pixels, 50 for the label and 240 for both joined, of 5, 5 and 4 pieces; dropout
    and initial weights as in the first GAN's discriminator.
    """

    def __init__(
        self,
        *,
        classes: Size = 10,
        channels: Size = 1,
        image_size: ImageSize = 28,
        pixel_dropout: Share = 0.2,
        dropout: Share = 0.5,
        bound: Positive = 0.005,
    ) -> None:
        super().__init__()
        self.classes = classes
        pixels = pixels_of(channels, image_size)
        self.image = nn.Sequential(nn.Flatten(), nn.Dropout(pixel_dropout), Maxout(pixels, 240, pieces=5))
        self.label = Maxout(classes, 50, pieces=5)
        self.joint = nn.Sequential(
            nn.Dropout(dropout), Maxout(240 + 50, 240, pieces=4), nn.Dropout(dropout), nn.Linear(240, 1)
        )
        self.apply(partial(uniform_weights, bound=bound))

    def forward(self, images: Tensor, label: Tensor) -> Tensor:
        one_hot = F.one_hot(label, self.classes).to(images.dtype)
        return self.joint(torch.cat([self.image(images), self.label(one_hot)], dim=1)).squeeze(1)
