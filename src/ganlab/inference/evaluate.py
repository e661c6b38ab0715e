"""The scores of a finished run, by any protocol."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal

import torch

from ganlab.errors import UserError
from ganlab.inference.data_of import data_of
from ganlab.inference.load import load
from ganlab.inference.refine.refined import Refined
from ganlab.metrics.scores import Metric, suit
from ganlab.models.images.base import LatentGAN
from ganlab.models.standing import standing_statistics as standing_of
from ganlab.score_record import Score
from ganlab.storage import write_atomically

log = logging.getLogger(__name__)


def evaluate(
    run_dir: Path,
    metrics: Mapping[str, Metric],
    *,
    checkpoint: Literal["best", "last"] = "best",
    seeds: int = 1,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    refine: Literal["none", "mh", "drs"] = "none",
    chain: int = 640,
    refine_steps: int = 0,
    standing_statistics: int | None = None,
    data: Any = None,
) -> dict[str, Any]:
    """Score a run's checkpoint on its own data, or an export on ``data``; appended to ``evaluations.json`` there.

    seeds: sets of images, or translations that draw anew; the values are their mean, with the standard deviation
        beside it.
    refine: score samples that the discriminator has chosen, by Metropolis-Hastings in chains of ``chain`` proposals, or
        by rejection, after ``refine_steps`` more steps of the discriminator; see :mod:`ganlab.inference.refine`.
    standing_statistics: batches that batch norm's statistics are taken of anew; see
        :func:`~ganlab.models.standing.standing_statistics`.
    Returns what was appended: checkpoint, steps, images and, by name, the scores with their protocol.

    Raises:
        UserError: for a run that cannot be loaded, and data or weights that are missing.
    """
    run_dir = Path(run_dir)
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    model = load(run_dir, checkpoint, where)
    entry: dict[str, Any] = {"checkpoint": checkpoint, "steps": model.steps, "images": model.images}
    with standing(model, standing_statistics, metrics):
        data = data_of(run_dir, model, data)
        drawn_by = (
            model if refine == "none" else Refined(model, data, refine, steps=chain, train_steps=refine_steps)
        )
        suit(metrics.values(), model)
        for metric in metrics.values():
            metric.prepare(data.dataset("train"), data.dataset("test"), model.device)
        entry["scores"] = scored(drawn_by, metrics, seeds)
    if isinstance(drawn_by, Refined):
        entry["refined"] = drawn_by.in_words()
    _append(run_dir / "evaluations.json", entry)
    return entry


def standing(
    model: object, batches: int | None, metrics: Mapping[str, Metric]
) -> AbstractContextManager[None]:
    """See :func:`~ganlab.models.standing.standing_statistics`.

    Raises:
        UserError: a model that draws no noise, or a metric of images that the averaged weights do not draw.
    """
    if batches is None:
        return nullcontext()
    if not isinstance(model, LatentGAN):
        raise UserError(
            f"standing_statistics={batches}: this model makes pictures of pictures; leave standing_statistics out"
        )
    if model.average.current() is not model.generator:
        for key, metric in metrics.items():
            if not getattr(metric, "averaged", True):
                raise UserError(
                    f"standing_statistics={batches}: they are of the averaged weights, and "
                    f"metrics.{key}.averaged=false scores the weights in training; leave one of the two out"
                )
    return standing_of(model, batches)


def scored(model: object, metrics: Mapping[str, Metric], seeds: int) -> dict[str, Any]:
    """By name, each score of a model over so many seeds, of metrics that are prepared."""
    scores: dict[str, Any] = {}
    for metric in metrics.values():
        first, found = metric.seed, []
        for seed in range(first, first + seeds):
            metric.seed = seed
            found.append(metric.evaluate(model))
        scores |= {
            name: _over_seeds([one[name] for one in found], first).to_json() for name in metric.names()
        }
    return scores


def _over_seeds(scores: Sequence[Score], first: int) -> Score:
    values = [score.value for score in scores if score.value is not None]
    return replace(
        scores[0],
        value=mean(values) if values else None,
        spread=stdev(values) if len(values) > 1 else None,
        protocol={**scores[0].protocol, "seed": first, "seeds": len(scores)},
    )


def _append(path: Path, entry: Mapping[str, Any]) -> None:
    try:
        entries = json.loads(path.read_text()) if path.is_file() else []
        if not isinstance(entries, list) or (path.exists() and not path.is_file()):
            raise ValueError("no list of evaluations")
    except ValueError:
        damaged = path.with_suffix(".damaged")
        log.warning("%s is damaged and set aside as %s", path, damaged.name)
        path.rename(damaged)
        entries = []
    write_atomically(path, json.dumps([*entries, entry], indent=2).encode())
