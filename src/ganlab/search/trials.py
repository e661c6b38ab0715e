"""The runs of a point: their folders, what they are told, and what became of them."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab.config.compose.hydra_compose import short
from ganlab.config.compose.overrides import key_of
from ganlab.score_record import from_json, number_at

NOTE = "trial.json"  # in a run's folder: of which search it is


@dataclass(frozen=True)
class Outcome:
    """What became of a point. status: finished, pruned, diverged, failed or interrupted; the worst of its runs.

    value: the mean of its runs' objective, None unless all have finished; values: of each run that has one.
    """

    status: str
    value: float | None
    values: tuple[float, ...]
    cost: float | None
    error: str | None


WORST_LAST = ("finished", "pruned", "diverged", "failed", "interrupted")


def folder_name(number: int, words: Sequence[str], seed: int | None) -> str:
    """``003_model.optimizers.generator.lr=0.0004_seed=2``; the seed only where a point has several."""
    told = [*words, *([] if seed is None else [f"seed={seed}"])]
    return short(f"{number:03d}_{'_'.join(told)}")


def write_note(run_dir: Path, **note: Any) -> None:
    """What the callback of a run reads, before it is launched."""
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / NOTE).write_text(json.dumps(note), encoding="utf-8")


def read_note(run_dir: Path) -> dict[str, Any] | None:
    """The note of a run of a search; None for any other run."""
    path = run_dir / NOTE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def outcome_of(run_dirs: Sequence[Path], objective: str, cost: str) -> Outcome:
    """What became of a point whose runs are in ``run_dirs``."""
    results = [_results(run_dir) for run_dir in run_dirs]
    statuses = [str(each.get("status", "failed")) for each in results]
    values = [value for each in results if (value := value_of(each, objective)) is not None]
    costs = [number for each in results if (number := number_at(each, cost)) is not None]
    status = max((each if each in WORST_LAST else "failed" for each in statuses), key=WORST_LAST.index)
    error = next((str(each["error"]) for each in results if each.get("error")), None)
    if status == "finished" and len(values) < len(results):
        status = "failed"
        error = error or (
            f"at the end {objective} had no value: it cannot be computed from what was generated; train longer, or "
            "search for another score with objective=val/..."
        )
    mean = statistics.fmean(values) if status == "finished" else None
    return Outcome(status, mean, tuple(values), statistics.fmean(costs) if costs else None, error)


def value_of(results: dict[str, Any], objective: str) -> float | None:
    """The last value of an objective that ``results.json`` tells."""
    scores = from_json(results.get("scores"))
    group, _, name = objective.partition("/")
    if group == "val" and name in scores:
        return scores[name].value("last")
    return number_at(results, "last", objective)


def without_search(words: Sequence[str]) -> list[str]:
    """Words that belong to the runs, and not to how they were searched or launched."""
    return [word for word in words if key_of(word).split(".")[0] not in ("search", "launcher")]


def _results(run_dir: Path) -> dict[str, Any]:
    path = run_dir / "results.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
