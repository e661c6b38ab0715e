"""DCGAN's discriminator where samples of a batch meet, against the collapse onto a few."""

from math import prod
from typing import Unpack

from torch import Tensor, nn

from ganlab.bounds import Size, bounded
from ganlab.layers.init import init_normal
from ganlab.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev, packed, unpacked
from ganlab.networks.images.dcgan import DCGANDiscriminator, DiscriminatorOptions


class MinibatchDCGANDiscriminator(DCGANDiscriminator):
    """:class:`DCGANDiscriminator` with minibatch discrimination before its last layer (Salimans et al. 2016).

    kernels, dimensions: B and C of the paper.
    """

    def __init__(
        self,
        *,
        channels: Size = 3,
        kernels: Size = 100,
        dimensions: Size = 5,
        **options: Unpack[DiscriminatorOptions],
    ) -> None:
        super().__init__(channels=channels, **options)
        compare = MinibatchDiscrimination(
            features=prod(self.last) * self.widest, kernels=kernels, dimensions=dimensions
        )
        head = nn.Linear(compare.out_features, 1)
        self.layers = nn.Sequential(*self.layers[:-1], nn.Flatten(), compare, head)
        head.apply(init_normal)


class StdDevDCGANDiscriminator(DCGANDiscriminator):
    """:class:`DCGANDiscriminator` with one more map before its last layer: how much a group of samples differs.

    Karras et al. 2018, section 3. group: samples that are compared; it divides the batch.
    """

    def __init__(
        self, *, channels: Size = 3, group: Size = 4, **options: Unpack[DiscriminatorOptions]
    ) -> None:
        super().__init__(channels=channels, **options)
        head = nn.Conv2d(self.widest + 1, 1, self.last, bias=False)
        self.layers = nn.Sequential(*self.layers[:-1], MinibatchStdDev(group=group), head)
        head.apply(init_normal)


class PackedDCGANDiscriminator(DCGANDiscriminator):
    """:class:`DCGANDiscriminator` of ``packing`` images at once, each with their score (Lin et al. 2018, PacGAN).

    packing: m of the paper. Real images come with real ones, fakes with fakes.
    """

    @bounded
    def __init__(
        self, *, channels: Size = 3, packing: Size = 2, **options: Unpack[DiscriminatorOptions]
    ) -> None:
        super().__init__(channels=packing * channels, **options)
        self.packing = packing

    def forward(self, images: Tensor) -> Tensor:
        return unpacked(super().forward(packed(images, self.packing)), len(images), self.packing)
