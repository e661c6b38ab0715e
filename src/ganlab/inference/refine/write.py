"""Chosen samples as pictures, beside what the choice was like."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from ganlab.inference.class_names import class_names, number_of
from ganlab.inference.data_of import data_of
from ganlab.inference.load import load
from ganlab.inference.output import replaced_folder
from ganlab.inference.refine.judge import Calibration, require_judgement
from ganlab.inference.refine.refined import Refined
from ganlab.inference.refine.scores import Drawn, before_and_after, in_lines
from ganlab.inference.sample import write_drawn
from ganlab.metrics.scores import Metric
from ganlab.randomness import Draws
from ganlab.score_record import Score

BINS = 10


class Written(NamedTuple):
    """folder: of the samples. lines: what the choice was like, and what it was worth."""

    folder: Path
    lines: list[str]


def write_refined(
    run_dir: Path,
    refine: Literal["mh", "drs"],
    *,
    n: int = 64,
    seed: int = 0,
    label: int | str | None = None,
    chain: int = 640,
    refine_steps: int = 0,
    checkpoint: Literal["last", "best"] = "last",
    output: Path | None = None,
    batch_size: int = 250,
    numbered: bool = False,
    data: Any = None,
    metrics: Mapping[str, Metric] | None = None,
) -> Written:
    """As :func:`~ganlab.inference.sample.write_samples`, of samples that the discriminator chooses; and how.

    Beside them ``reliability.svg`` shows what share of images with a probability is real, and ``refine.json`` has
    the numbers. metrics: that score the samples, and the first proposals for them; of n_fake = ``n``.

    Raises:
        UserError: an export, which has no data, without ``data``; a discriminator that cannot choose; and as
            ``write_samples``.
    """
    model = require_judgement(load(run_dir, checkpoint, "cuda" if torch.cuda.is_available() else "cpu"))
    number = None if label is None else number_of(label, class_names(run_dir, model.data_kind), model)
    model.inputs(1, Draws(0), number)  # raises for a class that it does not know
    chosen = f"-{refine}" + ("" if number is None else f"-label{number}")
    folder = output or run_dir / "generated" / f"{checkpoint}-seed{seed}{chosen}"
    data = data_of(run_dir, model, data)
    for metric in (metrics or {}).values():
        metric.prepare(data.dataset("train"), data.dataset("test"), model.device)
    with replaced_folder(folder, run_dir) as temporary:
        refined = Refined(model, data, refine, steps=chain, train_steps=refine_steps)
        samples = refined.sample(n, seed=seed, label=number, batch_size=batch_size)
        write_drawn(samples, temporary, numbered=numbered)
        draw_reliability(refined.calibration, temporary / "reliability.svg")
        scores = {}
        if metrics:
            plain = model.sample(n, seed=seed, label=number, batch_size=batch_size).to(model.device)
            after = Drawn(samples.to(model.device), refined.sampled_from())
            scores = before_and_after(metrics, Drawn(plain, model.sampled_from(True)), after)
        (temporary / "refine.json").write_text(json.dumps(numbers_of(refined, scores), indent=2), "utf-8")
    return Written(folder, [refined.in_words(), *in_lines(scores, n)])


def numbers_of(refined: Refined, scores: Mapping[str, tuple[Score, Score]]) -> dict[str, Any]:
    """What the choice was like, and scores before and after it, as refine.json has it."""
    both = {name: [one.to_json(), other.to_json()] for name, (one, other) in scores.items()}
    return {
        "refine": refined.refine,
        "in words": refined.in_words(),
        "accepted": refined.way.accepted,
        "proposed": refined.way.proposed,
        "z of scores": refined.calibration.raw_z,
        "z of calibrated scores": refined.calibration.z,
        "scores before and after": both,
    }


def draw_reliability(calibration: Calibration, path: Path) -> None:
    """Of images with about this probability, what share is real? On the diagonal the discriminator is right."""
    from matplotlib.figure import Figure

    probabilities = torch.cat([calibration.real, calibration.fake]).sigmoid()
    is_real = torch.cat([torch.ones(len(calibration.real)), torch.zeros(len(calibration.fake))])
    bins = (probabilities * BINS).long().clamp_max(BINS - 1)
    places = [(bins == place).nonzero()[:, 0] for place in range(BINS)]
    means = [
        (float(probabilities[one].mean()), float(is_real[one].mean()), len(one)) for one in places if len(one)
    ]
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    expected, found, numbers = zip(*means, strict=True)
    axes.scatter(expected, found, s=[10 + 190 * number / max(numbers) for number in numbers])
    axes.set(xlabel="probability of being real", ylabel="share that is real", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"z = {calibration.z:.1f}, of the raw scores {calibration.raw_z:.1f}")
    figure.savefig(path)
