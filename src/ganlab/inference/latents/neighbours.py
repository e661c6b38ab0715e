"""The training images nearest to samples, and whether the model copies them."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.metrics.distances.copying import data_copying
from ganlab.metrics.distances.inputs import squared_distances
from ganlab.metrics.images.distribution import DistributionScores
from ganlab.metrics.scores import Metric
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import from_uint8, to_uint8
from ganlab.sets import ImageSet
from ganlab.types import Extractor

View = Callable[[Tensor], Tensor]  # (n, C, H, W) uint8 to (n, size) float64: where distances are measured
BATCH = 500
COPIES = -3.0  # in deviations


class Nearest(NamedTuple):
    """distances: (n, k) to the nearest images of a set, the nearest first.  places: (n, k), which those are."""

    distances: Tensor
    places: Tensor


class Verdict(NamedTuple):
    """Whether samples lie closer to the training images than held-out images do.

    nearest: of the samples. fake, held_out: medians of the distances to the nearest training image. copying: the
    z-score of :func:`~ganlab.metrics.distances.copying.data_copying`. copies: the share of samples that lie closer to
    a training image than 99 of 100 held-out images do.
    """

    nearest: Nearest
    fake: float
    held_out: float
    copying: float
    copies: float


def pixels(images: Tensor) -> Tensor:
    """Each pixel as a number from 0 to 1."""
    return images.flatten(1).double() / 255


def features(extractor: Extractor) -> View:
    """What a network sees."""
    return lambda images: extractor(images).features.double()


def nearest(
    view: View, images: Tensor, train: ImageSet, k: int = 5, *, among: Tensor | None = None
) -> Nearest:
    """The ``k`` training images nearest to each of (n, C, H, W) uint8 images, in one pass over the set.

    among: their places, where not all of the set were trained on.
    """
    among = torch.arange(len(train)) if among is None else among
    seen = view(images)
    found = Nearest(
        torch.full((len(images), 0), torch.inf).double(), torch.zeros(len(images), 0, dtype=torch.int64)
    )
    for places in among.split(BATCH):
        there = view(train.images(places))
        middle = there.mean(0)
        distances = squared_distances(seen - middle, there - middle).sqrt().cpu()
        every = torch.cat([found.distances, distances], dim=1)
        where = torch.cat([found.places, places.expand(len(images), -1)], dim=1)
        best = every.topk(min(k, every.shape[1]), largest=False)
        found = Nearest(best.values, where.gather(1, best.indices))
    return found


def memorised(
    view: View,
    samples: Tensor,
    train: ImageSet,
    held_out: ImageSet,
    k: int = 5,
    *,
    among: Tensor | None = None,
) -> Verdict:
    """Compare samples (n, C, H, W) uint8 with held-out images, by how close they come to the training images.

    among: as for :func:`nearest`.

    Raises:
        UserError: without held-out images there is nothing to compare with.
    """
    if len(held_out) < 10:
        raise UserError(
            f"the data has {len(held_out)} held-out images: what is a copy shows only beside at least 10 real images "
            "that the model was not trained on"
        )
    own = nearest(view, samples, train, k, among=among)
    real = torch.cat(
        [
            nearest(view, held_out.images(places), train, 1, among=among).distances[:, 0]
            for places in torch.arange(len(held_out)).split(BATCH)
        ]
    )
    distances = own.distances[:, 0]
    return Verdict(
        own,
        float(distances.median()),
        float(real.median()),
        data_copying(distances, real),
        float((distances < real.quantile(0.01)).double().mean()),
    )


def neighbours(
    model: LatentGAN, data: Any, *, n: int = 1000, k: int = 5, seed: int = 0, view: View = pixels
) -> Verdict:
    """Whether ``n`` samples lie closer to the training images of ``data`` than its held-out images do; see Verdict.

    data: what the model was trained on, as ``ganlab.load_data`` reads it. view: where distances are measured, pixels
    or what a network sees (:func:`features`).
    """
    samples = to_uint8(model.sample(n, seed=seed))
    train, held_out = data.dataset("train"), data.dataset("test")
    return memorised(view, samples, train, held_out, k, among=data.trained_on())


def write(
    source: Source,
    folder: Path,
    *,
    metrics: Mapping[str, Metric],
    n: int = 1000,
    rows: int = 10,
    k: int = 5,
    seed: int = 0,
) -> list[str]:
    """For pixels and for each network of ``metrics`` a picture and a line: samples beside their nearest images.

    ``neighbours_*.png`` has the samples that are nearest to a training image; ``neighbours.csv`` every distance.
    """
    if n < 2:
        raise UserError(
            f"n={n}: whether samples lie near training images is told from at least 2 of them; try n=1000"
        )
    data = source.data()
    train, held_out = data.dataset("train"), data.dataset("test")
    views = views_of(metrics, source)
    samples = to_uint8(source.model.sample(n, seed=seed))
    lines, table = [], []
    for name, view in views.items():
        verdict = memorised(view, samples, train, held_out, k, among=data.trained_on())
        shown = verdict.nearest.distances[:, 0].argsort()[:rows]
        save_beside(samples, verdict.nearest, shown, train, folder / f"neighbours_{name}.png")
        table += [
            (name, number, *places, *(f"{distance:.6g}" for distance in distances))
            for number, (places, distances) in enumerate(
                zip(verdict.nearest.places.tolist(), verdict.nearest.distances.tolist(), strict=True)
            )
        ]
        lines.append(in_words(name, verdict))
    with open(folder / "neighbours.csv", "w", newline="", encoding="utf-8") as file:
        ranks = range(1, verdict.nearest.places.shape[1] + 1)
        head = [
            "view",
            "sample",
            *(f"image_{rank}" for rank in ranks),
            *(f"distance_{rank}" for rank in ranks),
        ]
        csv.writer(file).writerows([head, *table])
    return lines


def views_of(metrics: Mapping[str, Metric], source: Source) -> dict[str, View]:
    """Pixels, and what the first network of the metrics sees; none of those whose weights are missing."""
    views: dict[str, View] = {"pixels": pixels}
    compared = [metric.features for metric in metrics.values() if isinstance(metric, DistributionScores)]
    for extractor in [one.extractor for one in compared if one.scores][:1]:
        extractor.prepare()
        views[extractor.name] = features(extractor.to(source.model.device) or extractor)
    return views


def save_beside(samples: Tensor, found: Nearest, shown: Tensor, train: ImageSet, path: Path) -> None:
    """A row for each of the ``shown`` samples: itself, then its nearest training images."""
    beside = [torch.cat([samples[[row]], train.images(found.places[row]).cpu()]) for row in shown.tolist()]
    names = [f"{row}   {found.distances[row, 0]:.3g}" for row in shown.tolist()]
    save_rows(from_uint8(torch.cat(beside)), names, path)


def in_words(view: str, verdict: Verdict) -> str:
    """What a verdict says."""
    z = verdict.copying
    judged = "closer than chance: it copies" if z < COPIES else "no closer than chance"
    return (
        f"{view}: nearest training image at {verdict.fake:.4g} (median), of held-out images at {verdict.held_out:.4g}; "
        f"z = {z:.1f}, {judged}; {verdict.copies:.1%} of samples are closer than 99% of held-out images"
    )
