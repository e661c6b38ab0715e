"""Whether pictures taken to another domain are read as of that domain, differ with their style, and stay themselves."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.bounds import Count, Pair, Positive, Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.distances.diversity import mean_distance
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.reference import OnMissing
from ganlab.metrics.translation.base import Rows, TranslationScores, spread
from ganlab.pixels import to_uint8
from ganlab.randomness import derive
from ganlab.sets import DomainSet, ExampleSet
from ganlab.types import Batch, Extractor, Translator


class DomainScores(TranslationScores[DomainSet]):
    """The domain that translations are read as, by a linear reader of an extractor's features.

    accuracy_latent, accuracy_reference: the share of translations that are read as of the domain that was wanted, with
    a style that was drawn and with that of a reference; their floor is the share of held-out pictures read as what they
    are. The reader is fitted in closed form to real pictures of the training split: see :class:`LinearReader`.
    style_diversity: mean distance between two translations of one picture by drawn styles, over that between real
    pictures of a domain. kept: the share of translations, with a drawn style, that are read as showing what the picture
    shows, where that is known and of the classes that the extractor tells apart. All are named after the extractor.

    extractor: the network whose features are read. real: training pictures that the reader is fitted to, at most.
    on_missing: what happens without the extractor's weights: absent scores ("skip"), or an error.
    n, seed, batch_size: see :class:`TranslationScores`.
    """

    keys: ClassVar[tuple[str, ...]] = ("image", "reference", "wanted")

    @bounded
    def __init__(
        self,
        *,
        extractor: Extractor,
        real: Pair = 10_000,
        on_missing: OnMissing = "skip",
        n: Count | None = None,
        seed: int = 0,
        batch_size: Size = 16,
    ) -> None:
        super().__init__(n=n, seed=seed, batch_size=batch_size)
        self.extractor, self.most = extractor, real
        self.accuracy = {by: f"accuracy_{by}{extractor.suffix}" for by in ("latent", "reference")}
        self.diversity, self.kept = f"style_diversity{extractor.suffix}", f"kept{extractor.suffix}"
        names = [*self.accuracy.values(), self.diversity, self.kept]
        self.direction = dict.fromkeys(names, "higher")
        try:
            extractor.prepare()
        except UserError as error:
            if on_missing == "error":
                raise
            self.leave_out(names, error)

    @property
    def reads(self) -> bool:
        """Whether features are looked at."""
        return self.diversity in self.direction

    def prepare(self, train: DomainSet, test: DomainSet, device: torch.device, ranks: Ranks = ALONE) -> None:
        self.require_kind(test)
        classes, contents = self.extractor.classes, test.contents
        self.contents: Tensor | None = None
        if contents is not None and set(contents) <= set(classes):
            self.contents = torch.tensor([classes.index(content) for content in contents])
        else:
            self.leave_out([self.kept], "what these pictures show is not known, or not told apart")
        if self.reads:
            self.extractor.to(device)
            chosen = spread(len(train), self.most)
            real, labels = self._features(train, chosen), train.labels[chosen]
            self.reader, self.fitted = LinearReader(real, labels), len(labels)
            domains = [own for label in labels.unique() if len(own := real[labels == label]) > 1]
            self.apart = sum(map(mean_distance, domains)) / max(1, len(domains))
            own = torch.arange(len(test))
            right = (self.reader(self._features(test, own)) == test.labels).double().mean()
            self.floors = dict.fromkeys(self.accuracy.values(), float(right))
        super().prepare(train, test, device, ranks)

    def require_kind(self, test: ExampleSet) -> None:
        """Raises UserError as the base does, and names a domain of which alone nothing is held out."""
        if isinstance(test, DomainSet) and len(test) == 0 and len(test.labels):
            there = set(test.labels.tolist())
            name = next(name for number, name in enumerate(test.images.classes) if number not in there)
            raise UserError(
                f"metrics: a picture is taken to each domain in the style of one that is held out, and none of {name} "
                "is: add some there, or have data.test_fraction hold out more; metrics=none scores nothing"
            )
        super().require_kind(test)

    def _features(self, examples: DomainSet, indices: Tensor) -> Tensor:
        parts = indices.split(max(64, self.batch_size))
        return torch.cat([self.extractor(examples.images.images(part)).features.cpu() for part in parts])

    def trivial(self, batch: Batch) -> dict[str, Tensor] | None:
        return dict.fromkeys(("latent", "reference", "again"), batch["image"])

    def translated(self, model: Translator, batch: Batch, number: int) -> dict[str, Tensor]:
        once = super().translated(model, batch, number)
        again = model.translate(batch, seed=derive(self.seed, "again", number))
        return {**once, "again": again["latent"]}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        rows = {"wanted": batch["wanted"]}
        for key, image in outputs.items() if self.reads else ():
            rows[key], rows[f"{key}/logits"] = self.extractor(to_uint8(image.nan_to_num()))
        return rows

    def values(self, rows: Rows) -> dict[str, float | None]:
        if not self.reads:
            return {}
        found: dict[str, float | None] = {}
        for by, name in self.accuracy.items():
            found[name] = float((self.reader(rows[by]) == rows["wanted"]).double().mean())
        between = (rows["latent"].double() - rows["again"].double()).norm(dim=1).mean()
        found[self.diversity] = float(between) / self.apart if self.apart else None
        if self.contents is not None:
            shown = rows["latent/logits"].argmax(1)
            found[self.kept] = float((shown == self.contents[self.indices]).double().mean())
        return found

    def measured(self, name: str) -> str:
        extractor = self.extractor
        features = f"{extractor.name} features (weights {extractor.weights[:8]}, {extractor.resize})"
        if name == self.diversity:
            return f"distance in {features} between two translations, over that between pictures of a domain"
        if name == self.kept:
            return f"the classifier of {extractor.name} (weights {extractor.weights[:8]}) as the reader"
        return f"a linear reader of {features}, fitted to {self.fitted} training pictures"


class LinearReader:
    """Which class features (n, d) are of: the least squares of one-hot classes, with a ridge (Hoerl, Kennard 1970).

    Features are standardised first. ridge: over the mean square of a feature, which is 1 then.
    """

    def __init__(self, features: Tensor, labels: Tensor, *, ridge: Positive = 0.01) -> None:
        features = features.double()
        self.mean, self.deviation = features.mean(0), features.std(0).clamp_min(1e-12)
        rows = self._rows(features)
        targets = nn.functional.one_hot(labels).double()
        gram = rows.T @ rows + ridge * len(rows) * torch.eye(rows.shape[1], dtype=rows.dtype)
        self.weights = torch.linalg.solve(gram, rows.T @ targets)

    def __call__(self, features: Tensor) -> Tensor:
        """(n,) int64."""
        return (self._rows(features.double()) @ self.weights).argmax(1)

    def _rows(self, features: Tensor) -> Tensor:
        return nn.functional.pad((features - self.mean) / self.deviation, (0, 1), value=1.0)
