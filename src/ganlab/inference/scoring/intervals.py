"""How far a score would be off for other images of the same generator, and whether two generators differ."""

from collections.abc import Mapping
from dataclasses import replace
from math import hypot

import torch
from tqdm import tqdm

from ganlab.inference.scoring.lenses import Lens, Views
from ganlab.metrics.distances.kernel import kernel_error
from ganlab.metrics.distances.resampling import (
    Statistic,
    draws,
    frechet_statistic,
    interval,
    normal_interval,
)
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.measures import MEASURES, Comparison
from ganlab.score_record import Score

# a mean over images, or nearly one: what an image that is drawn twice does to the others leaves out
SMOOTH = ("is", "precision", "density", "class_tv", "diversity", "cmmd", "realism", "authenticity")


def with_intervals(
    scores: Mapping[str, Score], lens: Lens, views: Views, suffix: str, number: int
) -> dict[str, Score]:
    """The scores with their intervals where they have one; of ``number`` draws of the generated images."""
    found = dict(scores)
    rows = draws(len(views.fake.features), number) if len(views.fake.features) else torch.zeros(0, 0)
    for called, score in scores.items():
        name = called.removesuffix(suffix)
        if score.value is None or not len(rows):
            continue
        if name == "kid":
            error = kernel_error(views.real.features, views.fake.features)
            found[called] = replace(score, interval=normal_interval(score.value, error))
        elif statistic := _statistic(name, lens, views):
            bar = tqdm(rows, desc=f"interval of {called}", leave=False, disable=None)
            found[called] = replace(
                score, interval=interval(score.value, torch.tensor([statistic(r) for r in bar]))
            )
    return found


def _statistic(name: str, lens: Lens, views: Views) -> Statistic | None:
    if name == "fid":
        return frechet_statistic(views.real.gaussian, views.fake.features)
    if name not in SMOOTH:
        return None

    def of(rows: torch.Tensor) -> float:
        fake = Description.of(views.fake.features[rows], views.fake.logits[rows])
        comparison = Comparison(real=views.real, fake=fake, **lens.protocol.options)
        return MEASURES[name].compute(comparison)[0]

    return of


def difference(name: str, one: Score, other: Score) -> str:
    """``fid: generated is better than against by 1.2 ± 0.4``, or that this is within the noise."""
    if one.value is None or other.value is None or one.interval is None or other.interval is None:
        return ""
    half = hypot(*((score.interval[1] - score.interval[0]) / 2 for score in (one, other) if score.interval))
    apart = abs(one.value - other.value)
    by = f"{apart:.3g} ± {half:.2g}"
    if apart <= half:
        return f"{name}: generated and against differ by {by}, which is within the noise"
    way = "lower" if one.value < other.value else "higher"
    verdict = "better" if one.surpasses(one.value, other.value) else "worse"
    return f"{name}: generated is {way} than against by {by}, which is {verdict}"
