"""Noise to image: what all generators of images from a latent vector share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, NotRequired, TypedDict, Unpack

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.randomness import Draws
from ganlab.types import OptimizerFactory, Prior, ScheduleFactory


class LatentOptions(TypedDict):
    """The constructor arguments that every noise-to-image variant has.

    generator: (B, latent) -> images (B, C, H, W) in [-1, 1].  discriminator: images -> what the variant needs.
    prior: the distribution of the latent vector.  average: the weights that samples are drawn from.
    optimizers, schedules, gradient_clip, seed: see :class:`~ganlab.models.base.GAN`.
    """

    generator: nn.Module
    discriminator: nn.Module
    prior: Prior
    average: nn.Module
    optimizers: Mapping[str, OptimizerFactory]
    schedules: NotRequired[Mapping[str, ScheduleFactory] | None]
    gradient_clip: NotRequired[float | None]
    seed: NotRequired[int]


class LatentGAN(GAN):
    """A generator of images from noise and the discriminator it plays against."""

    data_kind: ClassVar[str] = "images"

    def __init__(self, **options: Unpack[LatentOptions]) -> None:
        generator, discriminator = options.pop("generator"), options.pop("discriminator")
        prior, average = options.pop("prior"), options.pop("average")
        super().__init__(**options)
        self.generator, self.discriminator = generator, discriminator
        self.prior = prior
        self.average = average
        self.average.follow(generator)

    def players(self) -> dict[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def generate(self, n: int) -> Tensor:
        """(n, C, H, W) from the generator in training, with fresh z."""
        return self.generator(self.prior(self.draws, n))

    def after_update(self, player: str) -> None:
        if player == "generator":
            self.average.update(self.images)

    @torch.no_grad()
    def sample(
        self, n: int, *, seed: int = 0, label: int | None = None, averaged: bool = True, batch_size: int = 250
    ) -> Tensor:
        """(n, C, H, W) in [-1, 1] on the CPU, the same pictures for the same seed on every device.

        averaged: draw from the averaged weights, else from those in training.

        Raises:
            UserError: if a label is asked of a model that knows none.
        """
        if label is not None:
            raise UserError(
                f"label={label}: this model was trained without labels, so it has no classes to choose from"
            )
        return torch.cat(
            [part.cpu() for part in self.samples(n, seed=seed, averaged=averaged, batch_size=batch_size)]
        )

    @torch.no_grad()
    def samples(
        self,
        n: int,
        *,
        seed: int = 0,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[Tensor]:
        """The pictures of :meth:`sample` in batches, on the module's device; each ``world``-th from ``rank`` on."""
        latents = self.prior(Draws(seed, "sample"), n)[rank::world]
        network = self.average.current() if averaged else self.generator
        for z in latents.split(batch_size):
            with _eval_mode(network):
                yield network(z.to(self.device)).float()

    def sampled_from(self, averaged: bool = True) -> str:
        """Which weights :meth:`sample` takes, in words."""
        is_average = averaged and self.average.current() is not self.generator
        return "averaged weights" if is_average else "weights in training"

    @torch.no_grad()
    def check(self, channels: int, height: int, width: int) -> None:
        """Send two images through both players before any training.

        Raises:
            UserError: the generator's images are not (channels, height, width), or the discriminator cannot read them.
        """
        with _eval_mode(self.generator), _eval_mode(self.discriminator):
            image = self.generator(self.prior(Draws(0), 2))
            if image.shape[1:] != (channels, height, width):
                raise UserError(
                    f"the generator makes images of {_size(image.shape[1:])}, the data's are "
                    f"{_size((channels, height, width))}; set data.image_size or choose another model/generator"
                )
            try:
                self.discriminator(image)
            except RuntimeError as error:
                raise UserError(
                    f"the discriminator cannot read images of {_size(image.shape[1:])} ({error}); set data.image_size, "
                    "data.channels or choose another model/discriminator"
                ) from error


def _size(shape: Sequence[int]) -> str:
    channels, height, width = shape
    return f"{height}x{width} pixels and {channels} channel{'s' if channels > 1 else ''}"


@contextmanager
def _eval_mode(network: nn.Module) -> Iterator[None]:
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)
