"""What a run says at its end: how good it is beside what there is to compare it with, and what to do next."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.config.runs.pasted import to_paste
from ganlab.config.runs.record import saved_config
from ganlab.config.runs.trust import to_open, to_resume, trusted_to_open
from ganlab.errors import UserError
from ganlab.score_record import ScoreRecord, from_json
from ganlab.storage import as_typed
from ganlab.training.results import HearsResults

if TYPE_CHECKING:
    from ganlab.models.base import GAN

LOW = 0.2  # a precision that looks like a failure
DRAWS = ("images", "labelled", "captions", "points")  # what a model needs that makes pictures of noise


def tell(
    callbacks: Iterable[object], run_dir: Path, results: Mapping[str, Any], longer: Sequence[str]
) -> None:
    """Tell those that want to hear it how the run ended, and how to go on; ``longer`` as in :func:`going_on`."""
    listeners = [callback for callback in callbacks if isinstance(callback, HearsResults)]
    if not listeners:
        return
    try:
        lines = going_on(run_dir, longer=longer if results["status"] == "finished" else ())
    except UserError:  # .hydra/ was damaged meanwhile
        lines = {}
    for callback in listeners:
        callback.conclude(run_dir, results, lines)


def going_on(run_dir: Path, *, longer: Sequence[str] = ()) -> dict[str, str]:
    """Lines to paste that go on with a run, by what they do.

    longer: words that train a run on that has come to its end; none where it has not.
    """
    cfg, run = saved_config(run_dir), f"run={as_typed(run_dir)}"
    open_it = partial(to_paste, trust=trusted_to_open(cfg))
    kind = str((cfg.get("kinds") or {}).get("model"))
    lines = {
        "train for twice as many steps" if longer else "go on where it stopped": to_resume(run_dir, *longer),
        "draw more" if kind in DRAWS else "translate more of the held-out examples": open_it(
            "sample", run, "n=64"
        ),
    }
    if cfg.get("metrics"):
        lines["score it once more, with three sets of samples"] = open_it("evaluate", run, "seeds=3")
    if kind in ("images", "labelled"):
        lines["look into its latent space"] = open_it("explore", "interpolate", run)
    return lines | {"weights to share": open_it("export", run)}


def summary(run_dir: Path, model: "GAN", results: Mapping[str, Any], *, longer: Sequence[str]) -> str:
    """What came of a run, how good it is, where it lies, and what to do next; ``longer``: words that go on with it."""
    from ganlab.types import Translator

    where = as_typed(run_dir)
    names = (f"{player}/loss" for player in model.players())
    losses = "   ".join(f"{name} {model.published[name]:.3f}" for name in names if name in model.published)
    wins = model.published.get("game/real_wins")
    judged = (
        f"   a real image outscores a fake one {wins:.0%} of the time (50% is a tie)"
        if wins is not None
        else ""
    )
    translates = isinstance(model, Translator)
    seen, sample = ("examples", ("input=FOLDER", "output=FOLDER")) if translates else ("noise", ("n=64",))
    animated = (run_dir / "samples" / "animation.gif").is_file()
    shown = f" (animation.gif: the same {seen} as training went on)" if animated else ""
    seconds = int(results["seconds"])
    minutes = f"{seconds // 60}:{seconds % 60:02d} min"
    return "\n".join(
        [
            "",
            f"finished {model.steps:,} steps on {model.images:,} images in {minutes} "
            f"({results['parameters']:,} weights)",
            f"  {losses}{judged}",
            *score_table(scores := from_json(results["scores"])),
            *(f"  {line}" for line in for_beginners(scores)),
            f"  run directory  {where}",
            *([f"  page           {where}/report.html"] if (run_dir / "report.html").is_file() else []),
            *([f"  pictures       {where}/samples/{shown}"] if (run_dir / "samples").is_dir() else []),
            f"  numbers        {where}/results.json, metrics.csv",
            "next",
            f"  {to_open('sample', run_dir, *sample)}",
            f"  {to_resume(run_dir, *longer)}",
        ]
    )


def score_table(scores: Mapping[str, ScoreRecord]) -> list[str]:
    """Lines for the console: each score, last and best, beside what else there is to compare it with."""
    if not scores:
        return []
    beside = _beside(scores)
    rows = [("score", "last", "best", "at images", *beside)]
    for name, score in scores.items():
        rows.append(
            (
                f"{name} ({score.better} is better)",
                *(_short(score.value(which)) for which in ("last", "best")),
                f"{score.best.images:,}" if score.best else "-",
                *(_short(values[name]) for values in beside.values()),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  "
        + row[0].ljust(widths[0])
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    return [*lines, *(f"  {line}" for line in protocol_lines(scores))]


def _beside(scores: Mapping[str, ScoreRecord]) -> dict[str, dict[str, float | None]]:
    """By the heading of its column, what each score is compared with: columns that hold any number, and the start's."""
    named: set[str] = {score.protocol.get("baseline") or "" for score in scores.values()} - {""}
    columns = {
        named.pop() if len(named) == 1 else "baseline": {n: s.baseline for n, s in scores.items()},
        "held-out real": {name: score.floor for name, score in scores.items()},
    }
    held = {heading: values for heading, values in columns.items() if set(values.values()) != {None}}
    return held | {"untrained": {name: score.value("start") for name, score in scores.items()}}


def protocol_lines(scores: Mapping[str, ScoreRecord]) -> list[str]:
    """How the scores were measured, once for each way."""
    lines = {}
    for score in scores.values():
        p = score.protocol
        if "baseline" in p:
            source, rest = "translated examples", f"; baseline: {p['baseline'] or 'none'}"
        else:
            source, rest = f"from {p['sampled_from']}", f"; {p['floor_n'] or 'no'} held out"
        lines[p["measured"]] = (
            f"measured with {p['measured']}; {p['n_fake']:,} {source}, seed {p['seed']}{rest}"
        )
    return list(lines.values())


def for_beginners(scores: Mapping[str, ScoreRecord]) -> list[str]:
    """What the distance says, in a sentence; and a second where the first look at precision would frighten."""
    lines = []
    for name, score in scores.items():
        last, floor, start = score.value("last"), score.floor, score.value("start")
        if not name.startswith("fid") or last is None or floor is None or start is None or start <= floor:
            continue
        done = f": {(start - last) / (start - floor):.0%} of the way" if floor <= last <= start else ""
        lines.append(
            f"{name} is how far the generated images are from the real ones: it began at {_short(start)}, is "
            f"{_short(last)} now, and real images that were held out have {_short(floor)}{done}"
        )
        precision = scores.get(name.replace("fid", "precision", 1))
        near = precision.value("last") if precision else None
        if near is not None and near < LOW and last < start:
            lines.append(
                f"precision near 0 is no contradiction: it counts images that lie as close to real ones as these to "
                f"each other, and rises only after {name} has fallen far"
            )
    return lines


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
