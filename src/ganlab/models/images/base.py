"""Noise to image: what all generators of images from a latent vector share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, NotRequired, Unpack

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.models.eval_mode import eval_mode
from ganlab.models.players import GameOptions
from ganlab.network_types import StyledGenerator
from ganlab.pixels import shape_in_words
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import Augment, NoAugment
from ganlab.techniques.ema import Average
from ganlab.techniques.priors import Normal
from ganlab.techniques.replay import NoReplay
from ganlab.types import Batch, Mix, Prior


class LatentOptions(GameOptions):
    """The constructor arguments that every noise-to-image variant has.

    generator: (B, latent) -> images (B, C, H, W) in [-1, 1].  discriminator: images -> what the variant needs.
    prior: the distribution of the latent vector.  average: the weights that samples are drawn from.
    replay: which fakes the discriminator learns from; the present ones unless given.
    augment: what is done to all images before the discriminator sees them; nothing unless given.
    optimizers, schedules, gradient_clip, seed: see :class:`~ganlab.models.base.GAN`.
    """

    generator: nn.Module
    discriminator: nn.Module
    prior: Prior
    average: Average
    replay: NotRequired[nn.Module]
    augment: NotRequired[Augment]


class LatentGAN(GAN):
    """A generator of images from noise and the discriminator it plays against."""

    data_kind: ClassVar[str] = "images"
    presents: ClassVar[bool] = False  # whether its discriminator is shown :meth:`presented`
    truncations: ClassVar[tuple[float, ...]] = (4, 2, 1, 0.7, 0.5, 0.3)  # worth a look, from the widest on

    def __init__(
        self,
        *,
        generator: nn.Module,
        discriminator: nn.Module,
        prior: Prior,
        average: Average,
        replay: nn.Module | None = None,
        augment: Augment | None = None,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.generator, self.discriminator = generator, discriminator
        self.prior = prior
        self.average = average
        self.average.follow(generator)
        self.replay = replay or NoReplay()
        self.augment = augment or NoAugment()
        if self.augment.pretends and not self.presents:
            raise UserError(
                f"model/augment: {type(self).__name__} takes no fakes for real images; choose another"
            )

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def generate(self, n: int, *condition: Tensor) -> Tensor:
        """(n, C, H, W) from the generator in training, with fresh z."""
        return self.generator(self.prior(self.draws, n), *condition)

    def forward(self, z: Tensor, *condition: Tensor) -> Tensor:
        """``model(z)``: (n, C, H, W) of latent vectors (n, size), by the averaged weights; gradients reach z."""
        return self.drawn(self.average.current(), *(values.to(self.device) for values in (z, *condition)))

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,) from the discriminator, on the augmented images."""
        return self.discriminator(self.augment(image, self.draws), *condition)

    def presented(self, real: Tensor, *condition: Tensor) -> Tensor:
        """What the discriminator is shown as real: the images, some of them replaced where ``augment`` pretends."""
        return self.augment.presented(real, lambda: self.generate(len(real), *condition).detach(), self.draws)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        super().on_train_batch_start(batch, batch_idx)
        self.augment.at(self.images)

    def after_update(self, player: str) -> None:
        if player == "generator":
            self.average.update(self.images)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: int | None = None,
        averaged: bool = True,
        truncation: float | None = None,
        mix: Mix | None = None,
        batch_size: int = 250,
    ) -> Tensor:
        """(n, C, H, W) in [-1, 1] on the CPU, the same pictures for the same seed on every device.

        averaged: draw from the averaged weights, else from those in training.
        truncation, mix: see :meth:`truncated` and :meth:`mixed`.

        Raises:
            UserError: a label of a model that knows none, truncation without a middle, a mix without styles.
        """
        with self.truncated(truncation), self.mixed(mix):
            parts = self.samples(n, seed=seed, label=label, averaged=averaged, batch_size=batch_size)
            return torch.cat([part.cpu() for part in parts])

    @contextmanager
    def truncated(self, truncation: float | None) -> Iterator[None]:
        """What is drawn within is more typical and less varied: noise within so many standard deviations; None: as is.

        Raises:
            UserError: a bound that is not positive, or a prior without tails to cut.
        """
        prior = self.prior
        if truncation is None:
            yield
            return
        if not isinstance(prior, Normal):
            raise UserError(
                f"this model's prior is {type(prior).__name__.lower()}, which has no tails to cut: truncation is for "
                "model/prior=normal"
            )
        self.prior = prior.truncated(truncation)
        try:
            yield
        finally:
            self.prior = prior

    @contextmanager
    def mixed(self, mix: Mix | None) -> Iterator[None]:
        """What is drawn within has the styles of two latent vectors, where there are styles; None: as is.

        Raises:
            UserError: this generator has no styles.
        """
        if mix is not None:
            raise UserError(
                f"mix={mix}: this model draws from its noise alone and has no styles to mix; model=stylegan2 has"
            )
        yield

    def samples(
        self,
        n: int,
        *,
        seed: int = 0,
        label: int | None = None,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[Tensor]:
        """The pictures of :meth:`sample` in batches, on the module's device; each ``world``-th from ``rank`` on."""
        inputs = self.inputs(n, Draws(seed, "sample"), label)
        return self.pictures_of(inputs, averaged=averaged, batch_size=batch_size, rank=rank, world=world)

    @torch.no_grad()
    def pictures_of(
        self,
        inputs: Sequence[Tensor],
        *,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
        drawn: Callable[..., Tensor] | None = None,
    ) -> Iterator[Tensor]:
        """What :meth:`drawn`, or another, makes of ``inputs``, n rows each, on the module's device; see ``samples``."""
        network, drawn = self.average.current() if averaged else self.generator, drawn or self.drawn
        parts = [values[rank::world].split(batch_size) for values in inputs]
        for batch in zip(*parts, strict=True):
            with eval_mode(network):
                yield drawn(network, *(values.to(self.device) for values in batch)).float()

    def drawn(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        """(n, C, H, W), the samples that a generator makes of ``inputs``, in the size of the data's."""
        return network(*inputs)

    def drawn_of_styles(self, network: StyledGenerator, styles: Tensor) -> Tensor:
        """(n, C, H, W), likewise of the styles (n, layers, size) of a generator that has them."""
        return network.synthesis(styles)

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> tuple[Tensor, ...]:
        """What the generator makes n samples of; here the latent vectors (n, size).

        Raises:
            UserError: if a label is asked of a model that knows none.
        """
        if label is not None:
            raise UserError(
                f"label={label}: this model was trained without labels, so it has no classes to choose from"
            )
        return (self.prior(draws, n),)

    def sheet(self, n: int, columns: int) -> tuple[int, int]:
        """How many samples a picture of them shows, about n, and in how many columns."""
        return n, columns

    def sampled_from(self, averaged: bool = True) -> str:
        """Which weights :meth:`sample` takes, in words."""
        network = self.average.current() if averaged else self.generator
        words = "weights in training" if network is self.generator else "averaged weights"
        return words + (self.average.noted if network is self.average.current() else "")

    @torch.no_grad()
    def check(self, shape: Sequence[int], classes: Sequence[str] = ()) -> None:
        """Send two images through both players before any training.

        shape: of the data's samples, (C, H, W) for images. classes: the data's, empty for data without labels.

        Raises:
            UserError: the generator's images have another shape, or the discriminator cannot read them.
        """
        inputs = self.inputs(2, Draws(0))
        with eval_mode(self.generator, self.discriminator):
            try:
                image = self.drawn(self.generator, *inputs)
            except RuntimeError as error:
                raise UserError(
                    f"the generator cannot read a latent vector of {inputs[0].shape[1]} numbers ({error}); set "
                    "model.generator.latent_size to the size of model.prior, and text_size to that of model.encoder"
                ) from error
            if image.shape[1:] != tuple(shape):
                raise UserError(
                    f"the generator makes {shape_in_words(image.shape[1:])}, the data gives {shape_in_words(shape)}; "
                    "set data.image_size or choose another model/generator"
                )
            try:
                self.score(image, *inputs[1:])
            except RuntimeError as error:
                raise UserError(
                    f"the discriminator cannot read {shape_in_words(image.shape[1:])} ({error}); set data.image_size, "
                    "data.channels or sizes of model.discriminator, or choose another"
                ) from error
