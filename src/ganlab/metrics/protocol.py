"""By which rules two sets of images are compared: those of ganlab, or of a library with published numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ganlab.bounds import Pair, Positive, Samples, Size
from ganlab.metrics.extractors.resize import Kernel
from ganlab.metrics.real.reference import Split


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What a library does where others do something else.

    name: of the library. differs: in what, in a line. scores: that it gives, the main one first.
    kernel, antialias, quantised, middle: how images come to Inception; see ``InceptionFeatures``.
    n_fake: generated images that its published numbers are of. split: real images that they are compared with.
    averaged: whether they are from averaged weights. flips: whether each real image counts mirrored as well.
    kid_subsets, kid_subset_size, is_splits, neighbours: see :class:`~ganlab.metrics.real.measures.Comparison`.
    changed: keys of these that somebody has set otherwise than the library does, and to what, as it is typed.
    """

    name: str
    differs: str
    scores: Sequence[str] = ("fid",)
    kernel: Kernel = "tensorflow"
    antialias: bool = False
    quantised: bool = False
    middle: Positive = 128.0
    n_fake: Samples = 50_000
    split: Split = "train"
    averaged: bool = True
    flips: bool = False
    kid_subsets: Size = 100
    kid_subset_size: Pair = 1000
    is_splits: Size = 10
    neighbours: Size = 3
    changed: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> list[str]:
        """What was changed, as it is typed."""
        return [f"{key}={value}" for key, value in self.changed.items()]

    @property
    def title(self) -> str:
        """Its name, and where it is no longer the library's, what was changed."""
        return f"{self.name} but for {', '.join(self.changes)}" if self.changed else self.name

    @property
    def options(self) -> Mapping[str, Any]:
        """The numbers of a comparison."""
        return {
            "kid_subsets": self.kid_subsets,
            "kid_subset_size": self.kid_subset_size,
            "is_splits": self.is_splits,
            "neighbours": self.neighbours,
        }

    @property
    def minimum(self) -> int:
        """Images of a set that its scores need."""
        return max(2, self.neighbours + 1, self.is_splits if "is" in self.scores else 2)
