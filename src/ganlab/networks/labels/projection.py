"""The conditional ResNets of the projection discriminator (Miyato, Koyama 2018) at SNGAN's size."""

from functools import partial

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.layers.norms import ConditionalBatchNorm2d
from ganlab.layers.spectral import spectrally_normalized
from ganlab.networks.images.resnet import ResNetGenerator
from ganlab.networks.images.sngan import SNGANResNetDiscriminator


class ProjectionGenerator(ResNetGenerator):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1].

    The label chooses gains and offsets of the blocks' batch norms; the last norm is common to all classes.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 128,
        classes: Size = 10,
        channels: Size = 3,
        image_size: ImageSize = 32,
        width: Size = 32,
    ) -> None:
        super().__init__(
            latent_size=latent_size,
            channels=channels,
            image_size=image_size,
            width=width,
            norm=partial(ConditionalBatchNorm2d, classes=classes),
        )

    def forward(self, z: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        return super().forward(z, label)


class ProjectionDiscriminator(SNGANResNetDiscriminator):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,): psi(h) + <V_y, h>.

    h are the features, psi a linear layer and V_y a learned vector for label y, all spectrally normalized.
    """

    def __init__(
        self, *, classes: Size = 10, channels: Size = 3, image_size: ImageSize = 32, width: Size = 32
    ) -> None:
        super().__init__(channels=channels, image_size=image_size, width=width)
        embedding = nn.Embedding(classes, width)
        nn.init.xavier_uniform_(embedding.weight)
        self.embedding = spectrally_normalized(embedding)

    def forward(self, images: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]  # a label besides
        h = self.features(images)  # (B, width)
        return self.head(h).squeeze(1) + (self.embedding(label) * h).sum(1)
