"""The measures that compare two sets of features, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ganlab.metrics.distances.classes import class_shares, classes_present, total_variation
from ganlab.metrics.distances.copying import data_copying
from ganlab.metrics.distances.diversity import diversity_ratio, diversity_within, vendi_score
from ganlab.metrics.distances.extrapolation import frechet_at_infinity
from ganlab.metrics.distances.frechet import frechet_distance
from ganlab.metrics.distances.gaussian_kernel import cmmd
from ganlab.metrics.distances.inception_score import inception_score
from ganlab.metrics.distances.kernel import kernel_distance, kernel_error
from ganlab.metrics.distances.manifold import PRDC, Manifold
from ganlab.metrics.distances.neighbours import authentic, nearest_distances, realism, two_sample_accuracy
from ganlab.metrics.real.description import Description
from ganlab.score_record import Better

Value = tuple[float, dict[str, Any]]  # and what it depends on besides the images


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Images of a generator beside real ones; the constants are torch-fidelity's.

    kid_subsets, kid_subset_size: random subsets over which KID is a mean; none is larger than a set.
    is_splits: over which the Inception score is a mean. neighbours: k of the manifold scores and of realism.
    held_out: real images that the generator has not seen, for ``copying``.
    """

    real: Description
    fake: Description
    held_out: Description | None = None
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

    def kid_error(self) -> Value:
        """Standard error of the squared maximum mean discrepancy of all kept features, by the jackknife."""
        return kernel_error(self.real.features, self.fake.features), {}

    def fid_infinity(self) -> Value:
        """Fréchet distance extrapolated to infinitely many fakes (Chong & Forsyth 2020)."""
        return frechet_at_infinity(self.real.gaussian, self.fake.features), {"points": 15}

    def intra_fid(self) -> Value:
        """Mean over classes of the Fréchet distance between the images of one class (Miyato & Koyama 2018)."""
        found = self.by_class()
        return sum(found.values()) / len(found), {"classes": found}

    def by_class(self) -> dict[int, float]:
        """The Fréchet distance between the real and the fake images of each class, by its number."""
        real, fake = self.real.by_class(), self.fake.by_class()
        return {label: frechet_distance(real[label], fake[label]) for label in real}

    def cmmd(self) -> Value:
        """Maximum mean discrepancy with a Gaussian kernel, times 1000 (Jayasumana et al. 2024)."""
        return cmmd(self.real.features, self.fake.features), {}

    def vendi(self) -> Value:
        """How many different images the fakes are worth (Friedman & Dieng 2023)."""
        return vendi_score(self.fake.features), {"of": len(self.fake.features)}

    def realism(self) -> Value:
        """Median of how deep a fake lies in a real neighbourhood, 1 at its border (Kynkäänniemi et al. 2019)."""
        found = realism(self.real.features, self.fake.features, neighbours=self.neighbours)
        return float(found.median()), {"neighbours": self.neighbours}

    def authenticity(self) -> Value:
        """Share of fakes that are no copies of a real image (Alaa et al. 2022)."""
        return float(authentic(self.real.features, self.fake.features).double().mean()), {}

    def copying(self) -> Value:
        """Far below 0 where fakes lie nearer to the real images than held-out ones do (Meehan et al. 2020)."""
        assert self.held_out is not None
        sets = (self.fake.features, self.held_out.features)
        return data_copying(*(nearest_distances(images, self.real.features) for images in sets)), {}

    def two_sample(self) -> Value:
        """How far the accuracy of a 1-nearest-neighbour classifier is from 0.5, guessing (Lopez-Paz & Oquab 2017)."""
        real, fake = two_sample_accuracy(self.real.features, self.fake.features)
        return abs((real + fake) / 2 - 0.5), {"accuracy_real": real, "accuracy_fake": fake}

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


Need = Literal["features", "logits", "labels", "held_out"]


class Measure(NamedTuple):
    """needs: what a description must have beside its Gaussian; not all networks and sets have it."""

    better: Better
    compute: Callable[[Comparison], Value]
    needs: tuple[Need, ...] = ("features",)


MEASURES = {
    "fid": Measure("lower", Comparison.fid, ()),
    "kid": Measure("lower", Comparison.kid),
    "is": Measure("higher", Comparison.inception_score, ("features", "logits")),
    "precision": Measure("higher", Comparison.precision),
    "recall": Measure("higher", Comparison.recall),
    "density": Measure("higher", Comparison.density),
    "coverage": Measure("higher", Comparison.coverage),
    "classes": Measure("higher", Comparison.classes, ("features", "logits")),
    "class_tv": Measure("lower", Comparison.class_tv, ("features", "logits")),
    "diversity": Measure("higher", Comparison.diversity),
    "diversity_class": Measure("higher", Comparison.diversity_class, ("features", "logits")),
    "fid_infinity": Measure("lower", Comparison.fid_infinity),
    "kid_error": Measure("lower", Comparison.kid_error),
    "intra_fid": Measure("lower", Comparison.intra_fid, ("features", "labels")),
    "cmmd": Measure("lower", Comparison.cmmd),
    "vendi": Measure("higher", Comparison.vendi),
    "realism": Measure("higher", Comparison.realism),
    "authenticity": Measure("higher", Comparison.authenticity),
    "copying": Measure("higher", Comparison.copying, ("features", "held_out")),
    "two_sample": Measure("lower", Comparison.two_sample),
}
# what needs nothing that not every data set has
OF_FEATURES = tuple(
    name for name, measure in MEASURES.items() if {"features", "logits"} >= set(measure.needs)
)
