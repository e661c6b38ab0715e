"""The measures that compare two sets of features, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ganlab.metrics.distances.classes import class_shares, classes_present, total_variation
from ganlab.metrics.distances.diversity import diversity_ratio, diversity_within
from ganlab.metrics.distances.frechet import frechet_distance
from ganlab.metrics.distances.inception_score import inception_score
from ganlab.metrics.distances.kernel import kernel_distance
from ganlab.metrics.distances.manifold import PRDC, Manifold
from ganlab.metrics.real.description import Description
from ganlab.score_record import Better

Value = tuple[float, dict[str, Any]]  # and what it depends on besides the images


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Images of a generator beside real ones; the constants are torch-fidelity's.

    kid_subsets, kid_subset_size: random subsets over which KID is a mean; none is larger than a set.
    is_splits: over which the Inception score is a mean. neighbours: k of the four manifold scores.
    """

    real: Description
    fake: Description
    kid_subsets: int = 100
    kid_subset_size: int = 1000
    is_splits: int = 10
    neighbours: int = 3

    def fid(self) -> Value:
        """Fréchet distance of the features' Gaussians (Heusel et al. 2017)."""
        return frechet_distance(self.real.gaussian, self.fake.gaussian), {}

    def kid(self) -> Value:
        """Squared maximum mean discrepancy, without bias at any n (Bińkowski et al. 2018)."""
        size = min(self.kid_subset_size, len(self.real.features), len(self.fake.features))
        features = self.real.features, self.fake.features
        mean, _ = kernel_distance(*features, subsets=self.kid_subsets, subset_size=size)
        return mean, {"subsets": self.kid_subsets, "subset_size": size}

    def inception_score(self) -> Value:
        """exp of the mutual information of image and class (Salimans et al. 2016); 1 to the number of classes."""
        mean, _ = inception_score(self.fake.logits, splits=self.is_splits)
        return mean, {"splits": self.is_splits}

    @cached_property
    def prdc(self) -> PRDC:
        return self.manifold.compare(self.fake.features)

    @cached_property
    def manifold(self) -> Manifold:
        return self.real.manifold(self.neighbours)

    def precision(self) -> Value:
        """Share of fakes within the real manifold (Kynkäänniemi et al. 2019)."""
        return self.prdc.precision, {"neighbours": self.neighbours}

    def recall(self) -> Value:
        """Share of real images within the fakes' manifold (Kynkäänniemi et al. 2019)."""
        return self.prdc.recall, {"neighbours": self.neighbours}

    def density(self) -> Value:
        """How many real neighbourhoods hold a fake, over k; 1 for equal sets (Naeem et al. 2020)."""
        return self.prdc.density, {"neighbours": self.neighbours}

    def coverage(self) -> Value:
        """Share of real neighbourhoods that hold any fake (Naeem et al. 2020)."""
        return self.prdc.coverage, {"neighbours": self.neighbours}

    def classes(self) -> Value:
        """Classes with at least a tenth of the share that they have among the real images."""
        return classes_present(class_shares(self.fake.logits), class_shares(self.real.logits)), {}

    def class_tv(self) -> Value:
        """Total variation between the shares of the classes, fake and real; 0 to 1."""
        return total_variation(class_shares(self.fake.logits), class_shares(self.real.logits)), {}

    def diversity(self) -> Value:
        """Mean distance between fakes over mean distance between real images; near 0 they are all alike."""
        return diversity_ratio(self.fake.features, self.real.features), {}

    def diversity_class(self) -> Value:
        """The same between images of one class; near 0 a generator of classes ignores its noise."""
        classes = (images.logits.argmax(1) for images in (self.fake, self.real))
        return diversity_within(self.fake.features, self.real.features, *classes), {}


class Measure(NamedTuple):
    better: Better
    compute: Callable[[Comparison], Value]


MEASURES = {
    "fid": Measure("lower", Comparison.fid),
    "kid": Measure("lower", Comparison.kid),
    "is": Measure("higher", Comparison.inception_score),
    "precision": Measure("higher", Comparison.precision),
    "recall": Measure("higher", Comparison.recall),
    "density": Measure("higher", Comparison.density),
    "coverage": Measure("higher", Comparison.coverage),
    "classes": Measure("higher", Comparison.classes),
    "class_tv": Measure("lower", Comparison.class_tv),
    "diversity": Measure("higher", Comparison.diversity),
    "diversity_class": Measure("higher", Comparison.diversity_class),
}
