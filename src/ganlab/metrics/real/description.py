"""What a set of images looks like to an extractor: the moments and samples of its features."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganlab.metrics.distances.frechet import Gaussian, Moments
from ganlab.metrics.distances.manifold import Manifold
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.sets import ImageSet
from ganlab.types import Extractor

# features kept one by one, for what moments do not tell; a set's first, in a fixed random order
KEPT = 10_000


@dataclass(frozen=True)
class Description:
    """A set of images as seen by an extractor.

    gaussian: mean and covariance of all features. features: (kept, size), logits: (kept, classes), float32.
    """

    gaussian: Gaussian
    features: Tensor
    logits: Tensor
    _manifolds: dict[int, Manifold] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, features: Tensor, logits: Tensor) -> "Description":
        """Of n images whose features (n, size) and logits (n, classes) are all at hand."""
        moments = Moments(features.shape[1])
        moments.update(features)
        return cls(moments.gaussian(), features[:KEPT], logits[:KEPT])

    @property
    def n(self) -> int:
        return self.gaussian.n

    def manifold(self, neighbours: int) -> Manifold:
        """Around these features; the radii are computed once."""
        if neighbours not in self._manifolds:
            self._manifolds[neighbours] = Manifold(self.features, neighbours)
        return self._manifolds[neighbours]


def describe(batches: Iterable[Tensor], n: int, extractor: Extractor, ranks: Ranks = ALONE) -> Description:
    """Describe n images, of which this process brings its own as (B, C, H, W) uint8 batches.

    Raises:
        ValueError: on all processes, if a feature of any image is not finite.
    """
    moments = Moments(extractor.size)
    features, logits, broken = [], [], 0
    kept = len(range(ranks.rank, min(n, KEPT), ranks.world))
    for batch in batches:
        found = extractor(batch)
        finite = found.features.isfinite().all(1)
        broken += int((~finite).sum())
        moments.update(found.features[finite])
        if kept > 0:
            features.append(found.features[:kept].cpu())
            logits.append(found.logits[:kept].cpu())
            kept -= len(features[-1])
    if broken := int(ranks.gather(torch.tensor(broken)).sum()):
        raise ValueError(f"the features of {broken} of {n} images are not finite")
    moments = _merged(moments, ranks)
    kept = min(n, KEPT)
    return Description(
        moments.gaussian(),
        ranks.interleaved(_rows(features, extractor.size), kept),
        ranks.interleaved(_rows(logits, len(extractor.classes)), kept),
    )


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
