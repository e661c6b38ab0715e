"""Two sides, any number of protocols, one look at each image: the numbers, and what to know about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch

from ganlab.inference.scoring import notes as told
from ganlab.inference.scoring.intervals import difference, with_intervals
from ganlab.inference.scoring.lenses import Lens, Views, chosen, require_enough, require_scores, scored
from ganlab.inference.scoring.passes import Seen, look
from ganlab.inference.scoring.sides import Side
from ganlab.inference.scoring.statistics import Statistics, save_statistics
from ganlab.memory_budget import require_memory
from ganlab.metrics.real.cache import default_folder
from ganlab.metrics.real.description import Description
from ganlab.score_record import Score
from ganlab.types import Extractor

DRAWS = 200  # for the difference of two generators, unless more or fewer are asked for


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the sides are looked at; see ``conf/score.yaml``. cache_folder: of descriptions of real images.

    save: where the statistics of the generated images go, as the first network of the first protocol sees them.
    """

    scores: Sequence[str] | None = None
    allow_small: bool = False
    bootstrap: int = 0
    kept: int = 10_000
    batch_size: int = 64
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    cache_folder: Path | None = field(default_factory=default_folder)
    save: Path | None = None


@dataclass
class Result:
    """scores: by protocol, then by name. differences: sentences about generated and against, by protocol.

    sides: what was compared, in words. notes: what to know of it. absent: scores that could not be told, and why.
    """

    scores: dict[str, dict[str, Score]] = field(default_factory=dict)
    differences: dict[str, list[str]] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        protocols = {
            name: {called: score.to_json() for called, score in scores.items()}
            for name, scores in self.scores.items()
        }
        return {
            "sides": self.sides,
            "scores": protocols,
            "notes": self.notes,
            "differences": self.differences,
        }


class Networks:
    """The extractors of all lenses, each once: two protocols that resize alike share one."""

    def __init__(self, lenses: Sequence[Lens], device: torch.device) -> None:
        self.all: dict[str, Extractor] = {}
        self.keys: dict[tuple[str, str], str] = {}
        for lens in lenses:
            for name, extractor in lens.extractors.items():
                extractor.prepare()
                key = f"{extractor.name}/{extractor.resize}{'/mirrored' * lens.protocol.flips}"
                self.all.setdefault(key, extractor.to(device))
                self.keys[lens.name, name] = key

    def bytes(self, kept: int, sides: int) -> float:
        """That statistics and features of so many sides take beyond the networks: a covariance is there thrice."""
        return sum(
            sides * (24 * one.size**2 + 4 * kept * (one.size + len(one.classes))) + 16 * kept * one.size
            for one in self.all.values()
        )


Shown = Callable[[str], None]


def score(
    generated: Sequence[Side | Statistics],
    real: Side | Statistics,
    lenses: Sequence[Lens],
    settings: Settings,
    *,
    held_out: Side | Statistics | None = None,
    against: Side | Statistics | None = None,
    show: Shown = print,
) -> Result:
    """Score one or more sets of generated images, of one generator, against real ones, by every protocol.

    generated: several are of several seeds; the values are their means. against: of another generator.
    show: is told what will be done, before it begins.

    Raises:
        UserError: sides or weights that do not do; before any image is looked at where that can be known.
    """
    networks = Networks(lenses, settings.device)
    parts = {"generated": generated[0], "real": real, "against": against, "held_out": held_out}
    sides = {key: part for key, part in parts.items() if part is not None}
    _require(sides, lenses, networks, settings, show)
    looks = {key: _seen(key, part, networks, settings) for key, part in sides.items() if key != "generated"}
    result = Result()
    runs: list[dict[str, dict[str, Score]]] = []
    for part in generated:
        seen = _seen("generated", part, networks, settings)
        looks.setdefault("generated", seen)
        runs.append(_scores(seen, looks, lenses, networks, settings, result))
    result.scores = {lens.name: _over_seeds([run[lens.name] for run in runs]) for lens in lenses}
    if "against" in looks:
        others = _scores(looks["against"], looks, lenses, networks, settings, result)
        for name, scores in result.scores.items():
            sentences = [difference(called, own, others[name][called]) for called, own in scores.items()]
            result.differences[name] = [sentence for sentence in sentences if sentence]
    _describe(result, looks, sides, lenses)
    if settings.save and isinstance(looks["generated"], Seen):
        key = networks.keys[lenses[0].name, next(iter(lenses[0].extractors))]
        save_statistics(settings.save, looks["generated"].descriptions[key], networks.all[key])
    return result


def _require(
    sides: Mapping[str, Side | Statistics],
    lenses: Sequence[Lens],
    networks: Networks,
    settings: Settings,
    show: Shown,
) -> None:
    """That there are these scores, enough images for them, and enough memory, which is shown."""
    if settings.scores and settings.scores != ["all"]:
        require_scores(settings.scores)
    sizes = {
        part.title: len(part) for key, part in sides.items() if isinstance(part, Side) and key != "held_out"
    }
    for lens in lenses:
        require_enough(lens, settings.scores, sizes, allow_small=settings.allow_small)
    needed = networks.bytes(min(settings.kept, max(sizes.values(), default=0)), len(sides))
    require_memory(needed, "the features of all sides")
    show(f"memory: about {needed / 1e9:.2g} GB beyond the networks, whatever the number of images")


Look = Seen | Statistics


def _seen(key: str, part: Side | Statistics, networks: Networks, settings: Settings) -> Look:
    if isinstance(part, Statistics):
        for one in networks.all.values():
            part.description(one)  # refuses those of another
        return part
    real = key in ("real", "held_out")
    return look(
        part,
        networks.all,
        kept=settings.kept,
        batch_size=settings.batch_size,
        device=settings.device,
        flips=[key for key in networks.all if key.endswith("/mirrored")] if real else (),
        cache_folder=settings.cache_folder if real else None,
    )


def _description(seen: Look, key: str, networks: Networks) -> Description:
    return seen.descriptions[key] if isinstance(seen, Seen) else seen.description(networks.all[key])


def _scores(
    fake: Look,
    looks: Mapping[str, Look],
    lenses: Sequence[Lens],
    networks: Networks,
    settings: Settings,
    result: Result,
) -> dict[str, dict[str, Score]]:
    found: dict[str, dict[str, Score]] = {}
    number = settings.bootstrap or (DRAWS if "against" in looks else 0)
    for lens in lenses:
        found[lens.name] = {}
        for name in lens.extractors:
            key = networks.keys[lens.name, name]
            views = Views(
                real=_description(looks["real"], key, networks),
                fake=_description(fake, key, networks),
                held_out=_description(looks["held_out"], key, networks) if "held_out" in looks else None,
            )
            names, absent = chosen(settings.scores, lens.protocol, views)
            result.absent |= absent
            scores = scored(lens, networks.all[key], views, names)
            if number:
                scores = with_intervals(scores, lens, views, networks.all[key].suffix, number)
            found[lens.name] |= scores
    return found


def _over_seeds(runs: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    if len(runs) == 1:
        return dict(runs[0])
    merged = {}
    for name, first in runs[0].items():
        values = [value for run in runs if (value := run[name].value) is not None]
        merged[name] = replace(
            first,
            value=mean(values) if values else None,
            spread=stdev(values) if len(values) > 1 else None,
            interval=None,
            protocol={**first.protocol, "seeds": len(runs)},
        )
    return merged


def _describe(
    result: Result, looks: Mapping[str, Look], sides: Mapping[str, Side | Statistics], lenses: Sequence[Lens]
) -> None:
    for key, part in sides.items():
        seen = looks[key]
        result.sides[key] = told.in_words(seen) if isinstance(seen, Seen) else part.title
    real = looks["real"] if isinstance(looks["real"], Seen) else None
    first = looks["generated"]
    if isinstance(first, Seen):
        found = [note for lens in lenses for note in told.notes(first, real, lens)]
        result.notes = list(dict.fromkeys(found))
    if isinstance(looks["real"], Statistics) and looks["real"].n is None:
        result.notes.append(
            f"{looks['real'].title} do not say by which extractor, nor of how many images they are"
        )
