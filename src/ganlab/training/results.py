"""``results.json``: how a run ended and how good it is, every number with its protocol."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from ganlab.errors import UserError
from ganlab.score_record import ScoreRecord, to_json
from ganlab.storage import write_atomically

if TYPE_CHECKING:
    from ganlab.models.base import GAN

SCHEMA = 1


def results_of(
    cfg: DictConfig,
    model: "GAN",
    scores: Mapping[str, ScoreRecord],
    *,
    status: str,
    error: str | None,
    seconds: float,
) -> dict[str, Any]:
    """What ``results.json`` says; a number that is not finite is null in it.

    status: finished, interrupted, diverged or failed. error: the sentence that the user was told.
    seconds: of all starts of the run.
    Each of ``scores`` has ``better``, ``start``, ``best`` and ``last`` (value, images, steps), ``floor`` (of held-out
    real images), ``baseline`` (of the trivial answer that ``protocol.baseline`` names) and ``protocol``.
    """
    return {
        "schema": SCHEMA,
        "name": cfg.name,
        **cfg.chosen,
        "seed": cfg.seed,
        "group": cfg.group,
        "status": status,
        "error": error,
        "steps": model.steps,
        "images": model.images,
        "seconds": round(seconds, 1),
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "last": {name: value if math.isfinite(value) else None for name, value in model.published.items()},
        "scores": to_json(scores),
    }


def write_results(run_dir: Path, results: dict[str, Any]) -> None:
    write_atomically(run_dir / "results.json", json.dumps(results, indent=2, allow_nan=False).encode())


def forget_results(run_dir: Path) -> None:
    """Remove the file; raises UserError where something else is in its place."""
    path = run_dir / "results.json"
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be replaced ({error.strerror}): move it away") from error


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


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
