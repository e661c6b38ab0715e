"""What a set of images looks like to an extractor: the moments and samples of its features."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganlab.metrics.distances.frechet import Gaussian, Moments, gaussian_of
from ganlab.metrics.distances.manifold import Manifold
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.sets import ImageSet
from ganlab.types import Extractor, Features

# features kept one by one, for what moments do not tell; a set's first, in a fixed random order
KEPT = 10_000


@dataclass(frozen=True)
class Description:
    """A set of images as seen by an extractor.

    gaussian: mean and covariance of all features. features: (kept, size), logits: (kept, classes), float32.
    labels: (kept,) int64, the class of each, where that is known.
    """

    gaussian: Gaussian
    features: Tensor
    logits: Tensor
    labels: Tensor | None = None
    _manifolds: dict[int, Manifold] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, features: Tensor, logits: Tensor) -> "Description":
        """Of n images whose features (n, size) and logits (n, classes) are all at hand."""
        return cls(gaussian_of(features), features[:KEPT], logits[:KEPT])

    @property
    def n(self) -> int:
        return self.gaussian.n

    def labelled(self, labels: Tensor) -> "Description":
        """The same with the class of each kept image, (kept,)."""
        return Description(self.gaussian, self.features, self.logits, labels.cpu())

    def by_class(self) -> dict[int, Gaussian]:
        """The Gaussian of the kept features of each class, by its number; of those with two images or more."""
        labels = torch.zeros(0) if self.labels is None else self.labels
        parts = {int(label): self.features[labels == label] for label in labels.unique()}
        return {label: gaussian_of(part) for label, part in parts.items() if len(part) > 1}

    def manifold(self, neighbours: int) -> Manifold:
        """Around these features; the radii are computed once."""
        if neighbours not in self._manifolds:
            self._manifolds[neighbours] = Manifold(self.features, neighbours)
        return self._manifolds[neighbours]


class Describing:
    """A description in the making, of n images, of which this process brings its own in batches.

    kept: features that are kept one by one.
    """

    def __init__(self, n: int, extractor: Extractor, ranks: Ranks = ALONE, *, kept: int) -> None:
        self.n, self.extractor, self.ranks, self.kept = n, extractor, ranks, min(n, kept)
        self.moments, self.broken = Moments(extractor.size), 0
        self.features: list[Tensor] = []
        self.logits: list[Tensor] = []
        self.left = len(range(ranks.rank, self.kept, ranks.world))  # to be kept by this process

    def add(self, images: Tensor) -> None:
        """Take in (B, C, H, W) uint8."""
        self.take(self.extractor(images))

    def take(self, found: Features) -> None:
        """Take in what the extractor said of images."""
        finite = found.features.isfinite().all(1)
        self.broken += int((~finite).sum())
        self.moments.update(found.features[finite])
        if self.left > 0:
            self.features.append(found.features[: self.left].cpu())
            self.logits.append(found.logits[: self.left].cpu())
            self.left -= len(self.features[-1])

    def done(self) -> Description:
        """What came in on all processes.

        Raises:
            ValueError: on all processes, if a feature of any image is not finite.
        """
        if broken := int(self.ranks.gather(torch.tensor(self.broken)).sum()):
            raise ValueError(f"the features of {broken} of {self.n} images are not finite")
        kept = min(self.kept, int(self.ranks.gather(torch.tensor(self.moments.n)).sum()))
        return Description(
            _merged(self.moments, self.ranks).gaussian(),
            self.ranks.interleaved(_rows(self.features, self.extractor.size), kept),
            self.ranks.interleaved(_rows(self.logits, len(self.extractor.classes)), kept),
        )


def describe(batches: Iterable[Tensor], n: int, extractor: Extractor, ranks: Ranks = ALONE) -> Description:
    """Describe n images, of which this process brings its own as (B, C, H, W) uint8 batches.

    Raises:
        ValueError: on all processes, if a feature of any image is not finite.
    """
    description = Describing(n, extractor, ranks, kept=KEPT)
    for batch in batches:
        description.add(batch)
    return description.done()


def _rows(parts: list[Tensor], width: int) -> Tensor:
    return torch.cat(parts) if parts else torch.zeros(0, width)


def _merged(moments: Moments, ranks: Ranks) -> Moments:
    if ranks.world == 1:
        return moments
    merged = Moments(moments.size)
    for state in ranks.gather(moments.state()):
        merged.merge(Moments.from_state(state))
    return merged


def shuffled(images: ImageSet, ranks: Ranks, batch_size: int) -> Iterator[Tensor]:
    """This process's share of a set, as uint8 batches in a fixed random order."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    for indices in order[ranks.rank :: ranks.world].split(batch_size):
        yield images.images(indices)
