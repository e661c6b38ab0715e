"""The discriminator of the first GAN; its generator is a perceptron of two hidden layers (:mod:`.mlp`)."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Positive, Share, Size
from ganlab.layers.maxout import Maxout
from ganlab.networks.images.mlp import pixels_of


class MaxoutDiscriminator(nn.Module):
    """(B, channels, image_size, image_size) to raw scores (B,) (Goodfellow et al. 2014; the code for MNIST).

    Layers of maxout ``widths`` with ``pieces`` each. Dropout takes a fifth of the pixels and half of everything
    else. bound: initial weights are uniform between -bound and bound, biases 0.
    """

    def __init__(
        self,
        *,
        channels: Size = 1,
        image_size: ImageSize = 28,
        widths: Sequence[Size] = (240, 240),
        pieces: Size = 5,
        pixel_dropout: Share = 0.2,
        dropout: Share = 0.5,
        bound: Positive = 0.005,
    ) -> None:
        super().__init__()
        before = pixels_of(channels, image_size)
        blocks = [nn.Flatten(), nn.Dropout(pixel_dropout)]
        for width in widths:
            blocks += [Maxout(before, width, pieces=pieces), nn.Dropout(dropout)]
            before = width
        self.layers = nn.Sequential(*blocks, nn.Linear(before, 1))
        self.apply(partial(uniform_weights, bound=bound))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def uniform_weights(module: nn.Module, *, bound: Positive = 0.05) -> None:
    """Linear weights uniform between -bound and bound, biases 0; .05 is that of the first GAN's generator."""
    if isinstance(module, nn.Linear):
        nn.init.uniform_(module.weight, -bound, bound)
        nn.init.zeros_(module.bias)
