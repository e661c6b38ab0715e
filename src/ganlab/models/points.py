"""Games with points of the plane in place of images: small enough to see what each player does."""

from typing import ClassVar

from ganlab.models.base import GAN
from ganlab.models.images.gan import StandardGAN
from ganlab.models.images.r3gan import R3GAN
from ganlab.types import Batch, Observation


class OnPoints(GAN):
    """Comes before a model of images and hands it the points (B, 2) of a batch as if they were images."""

    data_kind: ClassVar[str] = "points"

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        return super().training_step(Batch(image=batch["point"]), batch_idx)


class PlaneGAN(OnPoints, StandardGAN):
    """:class:`StandardGAN`, word for word, on points (B, 2); its losses and penalties are those of ``StandardGAN``."""


class PlaneR3GAN(OnPoints, R3GAN):
    """:class:`R3GAN`, word for word, on points (B, 2)."""
