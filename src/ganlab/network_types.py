"""What games ask of the networks that they are given, beside an input and an output.

A network that shows more than its output says so by the class that it derives from; one of a user's need only have what
the class names.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from ganlab.randomness import Draws


class Autoencoder(nn.Module):
    """Images to images of the same shape, by way of codes."""

    encoder: nn.Module  # images to codes (B, d)


class FeatureDiscriminator(nn.Module):
    """Images to scores (B,), by way of features that a further network may read."""

    features: nn.Module  # images to features

    def score(self, features: Tensor) -> Tensor:
        """(B,)"""
        raise NotImplementedError


class GrowingGenerator(nn.Module):
    """Called with a level and a fade besides; ends at images of ``image_size``."""

    image_size: int


class GrowingDiscriminator(GrowingGenerator):
    """Likewise; compares samples in groups of ``group``."""

    group: int


class StyledSynthesis(nn.Module):
    """Styles (B, layers, style_size) and where noise is drawn from to images."""

    layers: int


class MeasuredSynthesis(StyledSynthesis):
    """One whose layers divide their maps by a moving average of their magnitude."""

    def measured(self, decay: float, mean: Callable[[Tensor], Tensor]) -> AbstractContextManager[None]:
        """What is drawn within moves the averages: each keeps ``decay`` of itself; mean: over all processes."""
        raise NotImplementedError


class MovableSynthesis(MeasuredSynthesis):
    """One whose pictures begin with something that is known between pixels too."""

    def moved(self, right: float, down: float) -> AbstractContextManager[None]:
        """What is drawn within begins with it moved by so many of the picture's pixels, whole or not."""
        raise NotImplementedError


class StyledGenerator(nn.Module):
    """z, perhaps with a label, to images, by way of a style w for each of ``layers`` layers.

    w_mean: (style_size,), the mean style, which truncation brings styles to.
    """

    mapping: nn.Module  # z (B, latent_size), perhaps with a label, to w (B, style_size)
    synthesis: nn.Module  # styles (B, layers, style_size) and where noise is drawn from to images
    layers: int
    w_mean: Tensor

    def styles(self, z: Tensor, *condition: Tensor, truncation: float = 1.0) -> Tensor:
        """(B, layers, style_size): w for every layer, nearer to the mean style where ``truncation`` is below 1."""
        raise NotImplementedError


class GrowingStyledGenerator(StyledGenerator, GrowingGenerator):
    """Both; the last level draws unless another is given."""


class PairGenerator(nn.Module):
    """z (B, latent_size) to images (B, C, H, W)."""

    def both(self, z: Tensor, draws: Draws | None = None) -> tuple[Tensor, Tensor]:
        """The images and small ones of the same z; draws: where noise within comes from, None: always the same."""
        raise NotImplementedError


class NoisyGenerator(nn.Module):
    """z (B, latent_size) to images (B, C, H, W); called with draws besides, where noise within comes from them."""


class FeaturePyramid(Protocol):
    """Knows pictures and is not trained: images to maps, each half as large as the one before; it is no module.

    widths: how many channels each map has, of images with so many. sides: twice those of the first map, of images of so
    many pixels.
    """

    def widths(self, channels: int) -> Sequence[int]: ...

    def sides(self, height: int, width: int) -> tuple[int, int]: ...

    def pyramid(self, images: Tensor) -> Sequence[Tensor]: ...

    def to(self, device: torch.device) -> "FeaturePyramid": ...


class RebuildingDiscriminator(nn.Module):
    """Images (B, C, H, W), perhaps with small ones, to scores (B, places)."""

    def rebuilt(self, images: Tensor, quarter: int) -> tuple[Tensor, dict[str, tuple[Tensor, Tensor]]]:
        """Scores, and by name what was to be rebuilt and what was. quarter: 0 to 3, which one is rebuilt by itself."""
        raise NotImplementedError


class Translation(nn.Module):
    """(B, in_channels, H, W), multiples of ``stride`` and at least ``minimum``, to (B, C', scale * H, scale * W)."""

    in_channels: int
    stride: int
    minimum: int
    scale: int


class Encoder(Translation):
    """A translation that shows what it sees: maps at places 0, 1, ... on its way, of ``tap_widths`` channels.

    usual_taps: the places that its paper looks at.
    """

    tap_widths: tuple[int, ...]
    usual_taps: tuple[int, ...]

    def encode(self, images: Tensor, taps: Sequence[int]) -> list[Tensor]:
        """The maps (B, C, h, w) at these places, in rising order."""
        raise NotImplementedError


class EnhancedTranslation(Translation):
    """A translation by way of a coarse one, at half of the size.

    coarse_layers: the names of the modules that are the coarse one. coarse_learns: whether gradients reach it.
    """

    coarse_layers: ClassVar[tuple[str, ...]]
    coarse_learns: bool


class LabelCode(nn.Module):
    """Label maps (B, 1, H, W) in [-1, 1] to what networks read of them, (B, channels, H, W)."""

    regions: int  # how many ids are known
    channels: int


class LabelTranslation(Translation):
    """A translation of label maps, which it reads by ``labels``."""

    labels: LabelCode


class StyledTranslation(Translation):
    """A translation that is called with a style (B, style_size) besides."""


class NoiseToStyle(nn.Module):
    """z (B, latent_size) and domains (B,) to styles."""

    latent_size: int


class PictureToStyle(nn.Module):
    """Images (B, C, image_size, image_size) and their domains (B,) to styles."""

    image_size: int


class Completion(Translation):
    """Images with a hole, of ``image_size`` and no other, to their middles."""

    image_size: int


class TextEncoder(nn.Module):
    """(B, L) ids of words or letters, as ``reads`` says, to embeddings (B, size)."""

    reads: Literal["words", "letters"]
    size: int
    words: int  # how many it knows; of an encoder that reads words
    elsewhere = False  # whether the embeddings come from a model that is no part of it


class TextDiscriminator(nn.Module):
    """Images (B, C, H, W) and text (B, size) to scores (B,); each image is looked at once."""

    def features(self, images: Tensor) -> Tensor:
        """What the images show."""
        raise NotImplementedError

    def match(self, features: Tensor, text: Tensor) -> Tensor:
        """(B,) scores of images with these features as pictures of these texts."""
        raise NotImplementedError


class Stage(nn.Module):
    """Draws text (B, size) given as a condition, which is drawn from a Gaussian that depends on the text."""

    condition: nn.Module  # text to mean and log variance


class FirstStage(Stage):
    """z, text to small images."""

    def paint(self, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B, C, h, w) for a condition N(mean, exp(log_variance))."""
        raise NotImplementedError


class SecondStage(Stage):
    """epsilon, small images, text to images."""

    def paint(self, epsilon: Tensor, small: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B, C, H, W) for a condition N(mean, exp(log_variance))."""
        raise NotImplementedError


class TwoStages(nn.Module):
    """z, text to images, by both stages; until the second has begun, those of the first, enlarged."""

    first: FirstStage
    second: SecondStage
    small_size: int
    second_has_begun: Tensor  # a flag

    def split(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The first stage's z, and the second's epsilon."""
        raise NotImplementedError

    def draw(self, z: Tensor, text: Tensor, *, both: bool) -> Tensor:
        """(B, C, H, W) by both stages, or by the first alone, enlarged."""
        raise NotImplementedError
