"""One score: how good a model is, what to read it against, and of a run what it was at first, at best and at last."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a number is to be read.

    better: whether lower or higher is. floor: what held-out real images score; None if there are none.
    baseline: what the trivial answer scores that ``protocol["baseline"]`` names; None where there is none.
    protocol: all that it depends on; ``measured`` says how, in words.
    """

    better: Better
    floor: float | None = None
    baseline: float | None = None
    protocol: Mapping[str, Any]

    def beside(self) -> dict[str, float]:
        """What the trivial answer and held-out real images score, each by its name, where it is known."""
        known = {
            self.protocol.get("baseline") or "baseline": self.baseline,
            "held-out real images": self.floor,
        }
        return {name: value for name, value in known.items() if value is not None}

    def surpasses(self, value: float, other: float) -> bool:
        return value < other if self.better == "lower" else value > other


@dataclass(frozen=True, kw_only=True)
class Score(Scale):
    """One number. value: None if it could not be computed. spread: standard deviation over several seeds.

    interval: in which it lies with 95%, as far as that depends on which images were generated.
    """

    value: float | None
    spread: float | None = None
    interval: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """An entry of ``evaluations.json``."""
        return {
            "better": self.better,
            "value": self.value,
            "spread": self.spread,
            **({} if self.interval is None else {"interval": list(self.interval)}),
            "floor": self.floor,
            "baseline": self.baseline,
            "protocol": dict(self.protocol),
        }

    @classmethod
    def from_json(cls, tree: Any) -> "Score":
        return cls(value=number_at(tree, "value"), spread=number_at(tree, "spread"), **_scale(tree))


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value in the course of a run, when it had seen so many images in so many steps; None is what is not known."""

    value: float | None
    images: float | None
    steps: float | None


@dataclass(frozen=True, kw_only=True)
class ScoreRecord(Scale):
    """A run's score under one protocol. start: before training; None where a run did not begin under this protocol.

    best: None until a value could be computed after the start. last: None where nothing is recorded.
    """

    start: Point | None = None
    best: Point | None = None
    last: Point | None = None

    @classmethod
    def after(cls, before: "ScoreRecord | None", score: Score, *, images: int, steps: int) -> "ScoreRecord":
        """The record with one more value; under another protocol it begins anew.

        A value that is not finite is none, and never the best.
        """
        now = Point(value=finite(score.value), images=images, steps=steps)
        if before is None or not _same_protocol(before.protocol, score.protocol):
            before = cls(better=score.better, protocol=score.protocol)
        start, best = (before.start, before.best) if steps else (now, None)
        if steps and now.value is not None:
            other = best.value if best else None
            best = now if other is None or score.surpasses(now.value, other) else best
        return cls(
            better=score.better,
            floor=finite(score.floor),
            baseline=finite(score.baseline),
            protocol=score.protocol,
            start=start,
            best=best,
            last=now,
        )

    def value(self, which: str) -> float | None:
        """``which`` is start, best, last, floor or baseline."""
        found: Point | float | None = getattr(self, which)
        return found.value if isinstance(found, Point) else found

    def to_json(self) -> dict[str, Any]:
        """An entry of ``scores`` in ``results.json``."""
        points = {"start": self.start, "best": self.best, "last": self.last}
        return {
            "better": self.better,
            "floor": self.floor,
            "baseline": self.baseline,
            **{name: asdict(point) if point else None for name, point in points.items()},
            "protocol": dict(self.protocol),
        }

    @classmethod
    def from_json(cls, tree: Any) -> "ScoreRecord":
        """From an entry of any version: what it does not tell is absent."""
        start, best, last = (_point(tree, name) for name in ("start", "best", "last"))
        return cls(start=start, best=best, last=last, **_scale(tree))


class KeepsScores:
    """Who keeps the scores of a run, by name, while it goes on."""

    scores: dict[str, ScoreRecord]


def scores_of(candidates: Iterable[object]) -> dict[str, ScoreRecord]:
    """What those of them that keep scores have recorded."""
    keepers = [one for one in candidates if isinstance(one, KeepsScores)]
    return {name: record for keeper in keepers for name, record in keeper.scores.items()}


def to_json(scores: Mapping[str, ScoreRecord]) -> dict[str, Any]:
    return {name: record.to_json() for name, record in scores.items()}


def from_json(tree: Any) -> dict[str, ScoreRecord]:
    """The records that ``scores`` of a ``results.json`` tells; none of what is no mapping."""
    entries = tree if isinstance(tree, dict) else {}
    return {str(name): ScoreRecord.from_json(entry) for name, entry in entries.items()}


def in_words(scores: Mapping[str, ScoreRecord]) -> str:
    """The last values of the first three scores, of classes and diversity; the first with its baseline or floor."""
    parts: list[str] = []
    for position, (name, record) in enumerate(scores.items()):
        if position > 2 and not name.startswith(("classes", "diversity")):
            continue
        value = record.value("last")
        text = f"{name} {'-' if value is None else f'{value:.3g}'}"
        first_beside = [] if parts else list(record.beside().items())[:1]
        parts.append(text + "".join(f" ({what} {known:.3g})" for what, known in first_beside))
    return ", ".join(parts)


def finite(value: Any) -> float | None:
    """A finite number as it is; None for anything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if known else None


def number_at(tree: Any, *path: str) -> float | None:
    """The finite number at ``path`` in nested mappings; None if there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return finite(tree)


def _scale(tree: Any) -> dict[str, Any]:
    """What every score tells, of a mapping that may lack it."""
    entry = tree if isinstance(tree, dict) else {}
    protocol = entry.get("protocol")
    return {
        "better": entry.get("better", "lower"),
        "floor": number_at(entry, "floor"),
        "baseline": number_at(entry, "baseline"),
        "protocol": protocol if isinstance(protocol, dict) else {},
    }


def _point(tree: Any, name: str) -> Point | None:
    entry = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(entry, dict):
        return None
    value, images, steps = (number_at(entry, key) for key in ("value", "images", "steps"))
    return Point(value=value, images=images, steps=steps)


def _same_protocol(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal in what both of them state: a value that could not be computed states less."""
    return all(one[key] == other[key] for key in one.keys() & other.keys())
