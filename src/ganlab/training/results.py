"""``results.json``: how a run ended and how good it is, every number with its protocol."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.config import Settled
from ganlab.errors import UserError
from ganlab.score_record import ScoreRecord, to_json
from ganlab.storage import write_atomically

if TYPE_CHECKING:
    from ganlab.models.base import GAN

SCHEMA = 1


class HearsResults:
    """A callback that is told how the run ended, in the first process, once ``results.json`` says so."""

    def conclude(self, run_dir: Path, results: Mapping[str, Any], lines: Mapping[str, str]) -> None:
        """``results`` are what ``results.json`` says, ``lines`` how to go on, by what each does. Never raises."""
        raise NotImplementedError


def results_of(
    run: Settled,
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
        "name": run.name,
        **run.chosen,
        "seed": run.seed,
        "group": run.group,
        "status": status,
        "error": error,
        "steps": model.steps,
        "images": model.images,
        "seconds": round(seconds, 1),
        "parameters": trained_weights(model),
        "last": {name: value if math.isfinite(value) else None for name, value in model.published.items()},
        "scores": to_json(scores),
    }


def trained_weights(model: "GAN") -> int:
    """How many weights the players move."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def write_results(run_dir: Path, results: dict[str, Any]) -> None:
    write_atomically(run_dir / "results.json", json.dumps(results, indent=2, allow_nan=False).encode())


def forget_results(run_dir: Path) -> None:
    """Remove the file; raises UserError where something else is in its place."""
    path = run_dir / "results.json"
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be replaced ({error.strerror}): move it away") from error
