"""What run directories say of their runs: ``results.json``, and in ``.hydra/`` how they were started."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ganlab.errors import UserError
from ganlab.score_record import ScoreRecord, from_json, number_at

LARGEST = 10_000_000  # bytes of a file
MOST, DEEPEST = 100_000, 100  # values in it, and levels
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former reads ten times as fast
# tell the runs of a setting apart, label them, or stop them
NO_SETTING = ("seed", "name", "group", "tags", "objective")


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """One run. ``settings`` are its model, its data and its overrides but the seed; a number not told is None.

    status: finished, interrupted, diverged or failed; "not ended" without a results.json; "not started".
    seconds: from start to end. speed: images per second in training.
    """

    folder: Path | None = None
    overrides: tuple[str, ...] = ()
    settings: Mapping[str, str]
    seed: str
    status: str
    error: str | None = None
    steps: float | None = None
    images: float | None = None
    seconds: float | None = None
    speed: float | None = None
    parameters: float | None = None
    scores: Mapping[str, ScoreRecord] = field(default_factory=dict)


def collect(folders: Iterable[Path]) -> list[Run]:
    """The runs in ``folders``, in this order.

    Raises:
        UserError: for a folder that holds no run.
    """
    return [read(Path(folder)) for folder in folders]


def read(folder: Path, results: Mapping[str, Any] | None = None) -> Run:
    """The run in ``folder``; what its files do not tell is absent. ``results``: in place of its results.json."""
    started = folder / ".hydra"
    results = read_mapping(folder / "results.json") if results is None else results
    complete = all(results.get(key) is not None for key in ("model", "data", "seed"))
    config = {} if complete else read_mapping(started / "config.yaml")
    if not results and not config:
        raise UserError(f"{folder} holds no run: neither results.json nor .hydra/config.yaml")
    overrides = _words(started / "overrides.yaml")
    chosen = config.get("chosen") or {}
    found = {key: results.get(key, chosen.get(key)) for key in ("model", "data")}
    settings, seed = described(overrides)
    return Run(
        folder=folder,
        overrides=overrides,
        settings={key: str(value) for key, value in found.items() if value is not None} | settings,
        seed=str(results.get("seed", config.get("seed", seed))),
        status=str(results.get("status", "not ended")),
        error=results.get("error"),
        speed=number_at(results, "last", "progress/images_per_second"),
        scores=from_json(results.get("scores")),
        **{key: number_at(results, key) for key in ("steps", "images", "seconds", "parameters")},
    )


def missing(
    overrides: Iterable[str], status: str, error: str | None = None, chosen: Mapping[str, str] | None = None
) -> Run:
    """A run that has left nothing behind, or was not started; ``chosen`` are its model and its data."""
    words = tuple(overrides)
    settings, seed = described(words)
    settings = {**(chosen or {}), **settings}
    return Run(overrides=words, settings=settings, seed=seed, status=status, error=error)


def described(overrides: Iterable[str]) -> tuple[dict[str, str], str]:
    """The settings and the seed that overrides give."""
    pairs = dict(word.lstrip("+").partition("=")[::2] for word in overrides)
    return {key: value for key, value in pairs.items() if key not in NO_SETTING}, pairs.get("seed", "")


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a JSON or YAML file; empty if the file is missing or damaged."""
    found = _parsed(path)
    return found if isinstance(found, dict) else {}


def _words(path: Path) -> tuple[str, ...]:
    words = _parsed(path)
    return tuple(map(str, words)) if isinstance(words, list) else ()


def _parsed(path: Path) -> Any:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:  # a pipe never ends
            return None
        written = path.read_text(encoding="utf-8")
        found = json.loads(written) if path.suffix == ".json" else yaml.load(written, LOADER)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None
    return found if is_modest(found) else None


def is_modest(tree: Any) -> bool:
    """At most ``MOST`` values and ``DEEPEST`` levels: aliases of aliases make a small file of YAML endless."""
    left, count = [(tree, 0)], 0
    while left:
        node, depth = left.pop()
        count += 1
        if count > MOST or depth > DEEPEST:
            return False
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        left += [(each, depth + 1) for each in inner]
    return True
