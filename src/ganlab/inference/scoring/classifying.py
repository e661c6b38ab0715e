"""Whether generated images teach a small classifier their classes, and show the classes that they were asked for."""

import torch
from torch import Tensor

from ganlab.inference.scoring.kinds.base import Pictures
from ganlab.metrics.images.class_accuracy import CLASSIFIER, accuracy, shrunk, trained
from ganlab.score_record import Score

CLASSES = ("cas", "class_accuracy")
NEEDED = "it needs a class for each image: folders, labels in an .npz, a data set with labels, or a model of classes"


class Small:
    """Keeps the images of a side, small, with the class of each. most: how many."""

    def __init__(self, labels: Tensor | None, most: int) -> None:
        self.labels, self.most = labels, most
        self.parts: list[Tensor] = []
        self.places: list[int] = []

    def add(self, pictures: Pictures) -> None:
        if self.labels is not None and (left := self.most - len(self.places)) > 0:
            self.parts.append(shrunk(pictures.images[:left]).cpu())
            self.places += pictures.places[:left]

    def all(self) -> tuple[Tensor, Tensor]:
        """(n, 3, 32, 32) uint8 and (n,) int64."""
        assert self.labels is not None
        return torch.cat(self.parts), self.labels[torch.tensor(self.places)].cpu()


def lacks_classes(fake: Small, real: Small, held_out: Small | None) -> str:
    """Why neither can be told; "" where both can."""
    if held_out is None or held_out.labels is None:
        return "it needs held_out=..., real images with their classes that the classifier has not seen"
    if fake.labels is None or real.labels is None:
        return NEEDED
    known = set(real.labels.unique().tolist())
    if unknown := set(fake.labels.unique().tolist()) - known:
        return f"class {min(unknown)} of the generated images is none of the {len(known)} of the real ones"
    return ""


def class_scores(names: list[str], fake: Small, real: Small, held_out: Small) -> dict[str, Score]:
    """``cas``: of a classifier trained on generated images, the accuracy on held-out real ones (Ravuri & Vinyals 2019).

    ``class_accuracy``: of one trained on real images, the accuracy on generated ones (Shmelkov et al. 2018, GAN-test).
    """
    sets = {"fake": fake.all(), "real": real.all(), "held_out": held_out.all()}
    classes = int(sets["real"][1].max()) + 1
    by_real = trained(*sets["real"], classes)
    usual = accuracy(by_real, *sets["held_out"])
    about = {"classifier": CLASSIFIER, **{f"n_{name}": len(labels) for name, (_, labels) in sets.items()}}
    found = {}
    if "cas" in names:
        value = accuracy(trained(*sets["fake"], classes), *sets["held_out"])
        beside = {**about, "baseline": "trained on real images"}
        found["cas"] = Score(value=value, better="higher", baseline=usual, protocol=beside)
    if "class_accuracy" in names:
        value = accuracy(by_real, *sets["fake"])
        found["class_accuracy"] = Score(value=value, better="higher", floor=usual, protocol=about)
    return found
