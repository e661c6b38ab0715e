"""R-precision: can the caption that an image was drawn from be told from others by the image?"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.bounds import Pair, Samples, Size, bounded
from ganlab.metrics.captions.attributes import said
from ganlab.metrics.captions.base import CaptionScores
from ganlab.metrics.captions.shape_reader import WORDS, read
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.sets import CaptionedSet


class Matcher(Protocol):
    """A pair of encoders into one space, in which images lie near their captions.

    name: of the encoders. suffix: what names of scores end with.
    """

    name: str
    suffix: str

    def prepare(self) -> None:
        """Find the weights; a second call does nothing. Raises UserError if they cannot be had."""
        ...

    def to(self, device: torch.device) -> "Matcher": ...

    def images(self, pixels: Tensor) -> Tensor:
        """(B, C, H, W) uint8 to (B, d)."""
        ...

    def texts(self, captions: Sequence[str]) -> Tensor:
        """(n, d)."""
        ...


class RPrecision(CaptionScores):
    """Share of images whose own caption is the nearest of ``candidates``, by cosine (Xu et al. 2018, section 4).

    The others are drawn from all captions that are scored. Where several are nearest, each counts for its share.

    matcher: what embeds images and captions. candidates: captions for each image, its own among them; 100 in the paper.

    Raises:
        UserError: for fewer than two candidates.
    """

    @bounded
    def __init__(
        self,
        *,
        matcher: Matcher,
        candidates: Pair = 100,
        n_fake: Samples = 1000,
        averaged: bool = True,
        seed: int = 0,
        batch_size: Size = 250,
    ) -> None:
        super().__init__(n_fake=n_fake, averaged=averaged, seed=seed, batch_size=batch_size)
        self.matcher, self.candidates = matcher, candidates
        self.higher = (f"r_precision_{matcher.suffix}",)
        matcher.prepare()

    def prepare(
        self, train: CaptionedSet, test: CaptionedSet, device: torch.device, ranks: Ranks = ALONE
    ) -> None:
        self.matcher.to(device)
        super().prepare(train, test, device, ranks)

    def learn(self, captions: Sequence[str]) -> None:
        """Embed the captions among which each image looks for its own."""
        self.places = {caption: place for place, caption in enumerate(captions)}
        self.pool = F.normalize(self.matcher.texts(captions).float(), dim=1).cpu()

    def describe(self, pixels: Tensor) -> Tensor:
        return F.normalize(self.matcher.images(pixels).float(), dim=1)

    def values(self, described: Tensor, captions: Sequence[str]) -> dict[str, float]:
        own = torch.tensor([self.places[caption] for caption in captions])
        nearness = described @ self.pool.T  # (n, captions of the data)
        chance = torch.rand(nearness.shape, generator=torch.Generator().manual_seed(self.seed))
        chance.scatter_(1, own[:, None], -1.0)
        others = nearness.gather(1, chance.topk(self.chosen - 1, dim=1).indices)
        right = nearness.gather(1, own[:, None])
        best = (others <= right + 1e-6).all(1)
        ties = ((others - right).abs() <= 1e-6).sum(1)
        return {self.higher[0]: float((best.double() / (1 + ties)).mean())}

    @property
    def chosen(self) -> int:
        """Candidates, where there are so many captions."""
        return min(self.candidates, len(self.places))

    def chance(self) -> Mapping[str, float]:
        return {self.higher[0]: 1 / self.chosen}

    def measured(self) -> str:
        return f"the own one of {self.chosen} captions is nearest, by {self.matcher.name}"


class ShapeMatcher:
    """For data=shapes: which of the words an image shows, and which a caption says."""

    name, suffix = "the attributes of shapes", "shapes"

    def prepare(self) -> None:
        """There are no weights."""

    def to(self, device: torch.device) -> "ShapeMatcher":
        return self

    def images(self, pixels: Tensor) -> Tensor:
        return _shown(read(pixels))

    def texts(self, captions: Sequence[str]) -> Tensor:
        return _shown(said(captions))


def _shown(places: Tensor) -> Tensor:
    """(n, 5) positions in ``WORDS`` to (n, 13), 1 for each word; 0 where there is no shape."""
    hot = [
        F.one_hot(column.clamp_min(0), len(words)) * (column >= 0)[:, None]
        for column, words in zip(places.unbind(1), WORDS.values(), strict=True)
    ]
    return torch.cat(hot, dim=1).float()
