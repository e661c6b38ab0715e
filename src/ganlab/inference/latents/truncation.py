"""Samples from the middle of what a model draws from: fewer kinds, each more typical."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.metrics.scores import Metric


def write(
    source: Source,
    folder: Path,
    *,
    bounds: Sequence[float] = (),
    metrics: Mapping[str, Metric],
    columns: int = 10,
    seed: int = 0,
) -> list[str]:
    """``truncation.png``: the same samples for each bound; ``truncation.json``: each bound's scores.

    bounds: of the model's noise, or styles; none: those that it names itself.
    """
    if metrics:
        data = source.data()
        for metric in metrics.values():
            metric.prepare(data.dataset("train"), data.dataset("test"), source.model.device)
    rows, names, scores = [], [], []
    for bound in bounds or source.model.truncations:
        with source.model.truncated(bound):
            rows.append(source.model.sample(columns, seed=seed))
            found = [score for metric in metrics.values() for score in metric.evaluate(source.model).items()]
        values = {name: score.value for name, score in found}
        scores.append({"bound": bound, "scores": values})
        main = next(iter(values.items()), None)
        names.append(f"{bound:g}" + (f"   {main[0]} {main[1]:.4g}" if main and main[1] is not None else ""))
    save_rows(torch.cat(rows), names, folder / "truncation.png")
    (folder / "truncation.json").write_text(json.dumps(scores, indent=2), encoding="utf-8")
    return [f"truncation {name}" for name in names]
