"""Which discriminators can choose samples, and what they say of real and generated ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ganlab.data.points import PointSet
from ganlab.errors import UserError
from ganlab.inference.refine.calibrate import Calibrator, Isotonic, Logistic, z_statistic
from ganlab.models.captions.base import TextGAN
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import NoAugment

FEWEST = 40  # held-out samples: half of them calibrate


class Held(NamedTuple):
    """Samples (n, ...) as the discriminator is given them, and their labels (n,), where it knows any."""

    samples: Tensor
    labels: Tensor | None

    def rows(self, places: Tensor | slice) -> "Held":
        return Held(self.samples[places], None if self.labels is None else self.labels[places])


class Calibration(NamedTuple):
    """calibrated: scores to logits. raw_z, z: how far scores and logits are off as probabilities, on samples that did
    not calibrate, in deviations. real, fake: those samples' logits (n,), for a reliability plot.
    """

    calibrated: Calibrator
    raw_z: float
    z: float
    real: Tensor
    fake: Tensor


def require_judgement(model: object) -> LatentGAN:
    """The model, if its discriminator estimates how much likelier a sample is in the data than in what is generated.

    Raises:
        UserError: it does not, with the reason.
    """
    if not isinstance(model, LatentGAN) or isinstance(model, TextGAN):
        raise UserError(
            "refine: this model draws from more than noise and classes; only samples of those are chosen"
        )
    loss = getattr(model, "loss", None)
    if not getattr(loss, "estimates_density_ratio", False):
        kind = type(loss or model).__name__
        raise UserError(
            f"refine: the discriminator of {kind} does not say how much likelier a sample is in the data than in what "
            "is generated, so it cannot choose among samples; models with model/loss=non_saturating can"
        )
    return model


@contextmanager
def judging(model: LatentGAN) -> Iterator[None]:
    """Scores are of samples as they are, by the discriminator in eval mode."""
    augment, model.augment = model.augment, NoAugment()
    try:
        with eval_mode(model.discriminator):
            yield
    finally:
        model.augment = augment


def held_out(model: LatentGAN, data: Any) -> Held:
    """The data's test split.

    Raises:
        UserError: it is too small to calibrate on.
    """
    held = of_split(model, data, "test")
    if len(held.samples) < FEWEST:
        raise UserError(
            f"refine: the data holds {len(held.samples)} samples out, and calibration needs {FEWEST} that were not "
            "trained on"
        )
    return held


def of_split(model: LatentGAN, data: Any, split: str) -> Held:
    """All samples of a split, with labels where the discriminator is told them."""
    found = data.dataset(split)
    if isinstance(found, PointSet):
        return Held(found.points, None)
    places = torch.arange(len(found))
    labels = found.labels(places) if model.data_kind == "labelled" else None
    return Held(from_uint8(found.images(places)), labels)


def scores(model: LatentGAN, samples: Tensor, labels: Tensor | None, batch_size: int = 250) -> Tensor:
    """(n,) of the discriminator, on the model's device."""
    parts = (
        [samples.split(batch_size)]
        if labels is None
        else [samples.split(batch_size), labels.split(batch_size)]
    )
    with judging(model), torch.no_grad():
        found = [
            model.score(*(values.to(model.device) for values in batch)).float()
            for batch in zip(*parts, strict=True)
        ]
    return torch.cat(found)


def calibrate(
    model: LatentGAN,
    real: Held,
    kind: type[Isotonic] | type[Logistic],
    *,
    seed: int = 0,
    averaged: bool = True,
) -> Calibration:
    """Fit probabilities to every other held-out sample, and as many generated ones, and test them on the others."""
    n = len(real.samples) // 2 * 2
    inputs = model.inputs(n, Draws(seed, "calibrate"))
    labels = None if real.labels is None else inputs[1]
    fakes = torch.cat([part.cpu() for part in model.pictures_of(inputs, averaged=averaged)])
    of_real = scores(model, real.samples[:n], None if real.labels is None else real.labels[:n]).cpu()
    of_fake = scores(model, fakes, labels).cpu()
    calibrated = kind(of_real[::2], of_fake[::2])
    logits = calibrated(of_real[1::2]), calibrated(of_fake[1::2])
    return Calibration(calibrated, z_statistic(of_real[1::2], of_fake[1::2]), z_statistic(*logits), *logits)
