"""Fully connected generator and discriminator, for images of any size."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import NotRequired, TypedDict

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.init import keep_default, xavier_uniform
from ganlab.networks.sizes import require_size, sides


class PerceptronOptions(TypedDict):
    """What a network of images takes to be a perceptron: see ``MLPGenerator``."""

    channels: Size
    image_size: ImageSize
    widths: Sequence[Size]
    norm: NotRequired[Callable[[int], nn.Module]]
    activation: NotRequired[Callable[[], nn.Module]]
    init: NotRequired[Callable[[nn.Module], None]]


class MLPGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1].

    widths: the sizes of the hidden layers; after each comes ``norm(width)``, then ``activation()``.
    norm, activation, output: what makes these modules and the last one, which leaves images in [-1, 1].
    init: what sets the weights of each module; output_init: of the last layer, after that.
    """

    def __init__(
        self,
        *,
        latent_size: Size,
        channels: Size,
        image_size: ImageSize,
        widths: Sequence[Size],
        norm: Callable[[int], nn.Module] = nn.Identity,
        activation: Callable[[], nn.Module] = nn.ReLU,
        output: Callable[[], nn.Module] = nn.Tanh,
        init: Callable[[nn.Module], None] = xavier_uniform,
        output_init: Callable[[nn.Module], None] = keep_default,
    ) -> None:
        super().__init__()
        self.shape = (channels, *sides(image_size))
        pixels = pixels_of(channels, image_size)
        self.layers = perceptron([latent_size, *widths, pixels], norm, activation)
        self.output = output()
        self.apply(init)
        self.layers[-1].apply(output_init)

    def forward(self, z: Tensor) -> Tensor:
        return self.output(self.layers(z)).unflatten(1, self.shape)


class MLPDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,); arguments as in :class:`MLPGenerator`.

    input: what makes the module that images go through first. output: what makes the last one, of the scores (B, 1);
        losses want it to be an identity.
    """

    def __init__(
        self,
        *,
        channels: Size,
        image_size: ImageSize,
        widths: Sequence[Size],
        norm: Callable[[int], nn.Module] = nn.Identity,
        activation: Callable[[], nn.Module] = nn.ReLU,
        input: Callable[[], nn.Module] = nn.Identity,
        output: Callable[[], nn.Module] = nn.Identity,
        init: Callable[[nn.Module], None] = xavier_uniform,
        output_init: Callable[[nn.Module], None] = keep_default,
    ) -> None:
        super().__init__()
        pixels = pixels_of(channels, image_size)
        self.input = input()
        self.layers = perceptron([pixels, *widths, 1], norm, activation)
        self.output = output()
        self.apply(init)
        self.layers[-1].apply(output_init)

    def forward(self, images: Tensor) -> Tensor:
        return self.output(self.layers(self.input(images).flatten(1))).squeeze(1)


def pixels_of(channels: int, image_size: ImageSize) -> int:
    """Numbers in an image. Raises UserError for a size that is not one."""
    require_size(image_size, range(1, 4097), "an MLP needs at least one pixel, and at most 4096 x 4096")
    return channels * prod(sides(image_size))


def perceptron(
    sizes: Sequence[int], norm: Callable[[int], nn.Module], activation: Callable[[], nn.Module]
) -> nn.Sequential:
    """Linear layers of these ``sizes``; after each but the last come a norm and an activation."""
    *hidden, output = [nn.Linear(before, after) for before, after in pairwise(sizes)]
    blocks = [module for linear in hidden for module in (linear, norm(linear.out_features), activation())]
    return nn.Sequential(*blocks, output)
