"""What the parts of ganlab agree on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Literal, NamedTuple, Protocol, TypedDict, cast, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ganlab.randomness import Draws

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
ScheduleFactory = Callable[[Optimizer], LRScheduler]


class Batch(TypedDict, total=False):
    """One training batch; a data module promises the keys of its kind.

    image, source, target, a, b, low, high: (B, C, H, W) float32 in [-1, 1]; label_map: likewise with one channel, the
    ids of regions as 8-bit pictures hold them, 255 where nobody knows; label: (B,) int64; point: (B, 2) float32;
    reference, second: like image; wanted: like label.
    mask: (B, 1, H, W) float32, 1 where the image is missing, else 0. caption, mismatch: (B, L) int64 ids of words or
    letters, 0 after the end of a caption.
    """

    image: Tensor
    label: Tensor
    point: Tensor
    source: Tensor  # paired: the input ...
    target: Tensor  # ... and what it should become; so of a label map
    label_map: Tensor
    a: Tensor  # unpaired: the two domains
    b: Tensor
    low: Tensor  # super-resolution: high, made smaller
    high: Tensor
    mask: Tensor
    reference: Tensor  # domains: two pictures ...
    second: Tensor
    wanted: Tensor  # ... of this domain, which the image is to be taken to
    caption: Tensor  # of the image ...
    mismatch: Tensor  # ... and one that does not describe it


def tensors_of(batch: Batch) -> dict[str, Tensor]:
    """The batch as the plain dict that it is, for what treats all of its tensors alike."""
    return cast("dict[str, Tensor]", batch)


def batch_of(tensors: Mapping[str, Tensor]) -> Batch:
    """A batch of tensors by key; the caller answers for the keys, which are those of its kind of data."""
    return cast("Batch", dict(tensors))


class Observation(TypedDict, total=False):
    """What a training step lets callbacks see, all detached: images (B, C, H, W), scores (B,)."""

    real: Tensor
    fake: Tensor
    real_score: Tensor
    fake_score: Tensor


def observed(real: Tensor, fake: Tensor, real_score: Tensor, fake_score: Tensor) -> Observation:
    """The four of them, detached."""
    return Observation(
        real=real.detach(),
        fake=fake.detach(),
        real_score=real_score.detach(),
        fake_score=fake_score.detach(),
    )


class AdversarialLoss(Protocol):
    """What two players minimise, as a function of raw scores (B,); each returns a scalar mean.

    ``real`` gives the generator's loss the scores of real images if it asks: a relativistic loss does, others do not.
    One whose scores are logits, with 0 between real and fake, says so by ``scores_are_logits = True``.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def generator(self, fake: Tensor, real: Callable[[], Tensor] | None = None) -> Tensor: ...


class Penalty(Protocol):
    """Further terms of a discriminator's update, by name; ``score`` takes images to (B,), ``step`` counts from 1.

    differentiates: whether it asks for the gradient at each image, which batch normalization makes one of all images.
    """

    differentiates: ClassVar[bool] = True

    def __call__(
        self, score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, *, draws: Draws, step: int
    ) -> dict[str, Tensor]: ...

    def scoring(self, score: Callable[[Tensor], Tensor], *, step: int) -> Callable[[Tensor], Tensor]:
        """What the update scores its images with, and then hands to the penalty."""
        return score


class WeightPenalty(Protocol):
    """Further terms of a player's update, by name, of the weights of its network."""

    def __call__(self, network: nn.Module) -> dict[str, Tensor]: ...


class Passes(Protocol):
    """How real and fake images go through a discriminator: ``score`` takes images to (B,); both scores come back."""

    def __call__(
        self, score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor
    ) -> tuple[Tensor, Tensor]: ...


Mix = int | Literal["random"]  # the layer from which on a second style draws


class Prior(Protocol):
    """Where a generator's input comes from: (n, size) drawn with ``draws``."""

    size: int

    def __call__(self, draws: Draws, n: int) -> Tensor: ...


@runtime_checkable
class CodedPrior(Prior, Protocol):
    """A prior of noise and codes; see :class:`~ganlab.techniques.priors.Codes`."""

    categories: int

    def codes(self, latent: Tensor) -> tuple[Tensor, Tensor]: ...

    def sorted(self, draws: Draws, n: int, category: int | None = None) -> Tensor: ...


@runtime_checkable
class Translator(Protocol):
    """A model that makes images of images; see :class:`~ganlab.models.translation.base.ImageToImage`.

    ``translate`` gives each output under the key of the batch that it predicts, and may add others; it draws with
    ``seed`` alone. ``panels`` gives what a picture of the batch shows side by side, by caption. ``has_styles``: that
    ``convert`` draws a style with its seed, or takes it from a ``reference``. ``interpolated``: by the weights between
    those before and after a game.
    """

    data_kind: ClassVar[str]
    has_styles: ClassVar[bool]
    directions: tuple[str, ...]

    def translate(self, batch: Batch, *, seed: int = 0) -> dict[str, Tensor]: ...

    def panels(self, batch: Batch) -> dict[str, Tensor]: ...

    def convert(
        self,
        image: Tensor,
        direction: str,
        *,
        mask: Tensor | None = None,
        seed: int = 0,
        tile: int | None = None,
    ) -> Tensor: ...

    def interpolated(self, alpha: float | None) -> AbstractContextManager[None]: ...


@runtime_checkable
class Growing(Protocol):
    """A model whose batches change as training goes on; ``ImageData`` asks it.

    usual: the data's batch size, which is the largest. world: the number of processes.
    """

    def batch_at(self, step: int, usual: int, world: int) -> tuple[int, int]:
        """Images that all processes have seen before ``step``, counted from 0, and how many each sees in it."""
        ...

    def side_at(self, step: int, usual: int, world: int) -> int:
        """Pixels on a side that it makes of the images of ``step``: they need no more, and a multiple of them."""
        ...

    def skip_to(self, images: int) -> None:
        """Go on as if so many images had been seen."""
        ...


class NoiseToImage(Protocol):
    """A model that makes pictures of nothing; see :class:`~ganlab.models.images.base.LatentGAN`."""

    def samples(
        self, n: int, *, seed: int, averaged: bool, batch_size: int, rank: int, world: int
    ) -> Iterator[Tensor]: ...

    def sampled_from(self, averaged: bool) -> str: ...


class TextToImage(NoiseToImage, Protocol):
    """A model that draws captions; see :class:`~ganlab.models.captions.base.TextGAN`."""

    def draw(
        self, captions: Sequence[str], *, seed: int, averaged: bool, batch_size: int, rank: int, world: int
    ) -> Iterator[Tensor]: ...


class Features(NamedTuple):
    """What a network says of B images: features (B, size) and logits (B, classes), float32."""

    features: Tensor
    logits: Tensor


class Extractor(Protocol):
    """A fixed network whose features quality is measured in.

    name: of the network. suffix: what names of scores end with; empty for the true Inception only. size: number of
    features. classes: what the logits tell apart. weights: SHA-256 of the weights' file. resize: how images are brought
    to the network's input, in words.
    """

    name: str
    suffix: str
    size: int
    classes: tuple[str, ...]
    weights: str
    resize: str

    def prepare(self) -> None:
        """Find, verify and read the weights; a second call does nothing. Raises UserError if they cannot be had."""
        ...

    def to(self, device: torch.device) -> "Extractor": ...

    def __call__(self, images: Tensor) -> Features:
        """(B, C, H, W) uint8 of any size, with 1, 3 or 4 channels (RGBA); raises TypeError for others."""
        ...
