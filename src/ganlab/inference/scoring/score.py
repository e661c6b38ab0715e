"""Two sides, any number of protocols, one look at each image: the numbers, and what to know about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import mean, stdev

from ganlab.inference.scoring.beside import CLASSES, Found, Witness, beside, witness_for
from ganlab.inference.scoring.group import ALONE, Group
from ganlab.inference.scoring.intervals import difference, with_intervals
from ganlab.inference.scoring.kinds.base import Side
from ganlab.inference.scoring.kinds.statistics import Statistics, save_statistics
from ganlab.inference.scoring.lenses import (
    Lens,
    Views,
    chosen,
    lays_on_a_ground,
    require_enough,
    require_scores,
    scored,
)
from ganlab.inference.scoring.memory import Memory
from ganlab.inference.scoring.networks import Look, Networks
from ganlab.inference.scoring.notes import in_words, notes, surprising
from ganlab.inference.scoring.passes import Seen, look
from ganlab.inference.scoring.result import Result, Settings
from ganlab.memory_budget import require_memory
from ganlab.score_record import Score

DRAWS = 200  # for the difference of two generators, unless more or fewer are asked for
Part = Side | Statistics
Shown = Callable[[str], None]


def score(
    generated: Sequence[Part],
    real: Part,
    lenses: Sequence[Lens],
    settings: Settings,
    *,
    held_out: Part | None = None,
    against: Part | None = None,
    group: Group = ALONE,
    show: Shown = print,
) -> Result:
    """Score one or more sets of generated images, of one generator, against real ones, by every protocol.

    generated: several are of several seeds; the values are their means. against: of another generator.
    group: the processes that look together; the result of all but the first is empty. show: is told what will be done,
    before it begins.

    Raises:
        UserError: sides or weights that do not do; before any image is looked at where that can be known.
    """
    given = {"generated": generated[0], "real": real, "against": against, "held_out": held_out}
    parts = {key: part for key, part in given.items() if part is not None}
    scoring = Scoring(lenses, settings, group)
    scoring.require(parts, show)
    runs = []
    try:
        for key in [key for key in parts if key != "generated"]:
            scoring.looks[key] = scoring.see(key, parts[key])
        for part in generated:
            seen = scoring.see("generated", part)
            scoring.looks.setdefault("generated", seen)
            if group.is_first:
                runs.append(scoring.scores_of(seen))
    finally:
        scoring.memory.save()
    if not group.is_first:
        return scoring.result
    scoring.result.scores = {lens.name: over_seeds([run[lens.name] for run in runs]) for lens in lenses}
    if "against" in parts:
        scoring.compare(scoring.scores_of(scoring.looks["against"]))
    scoring.finish(parts)
    scoring.memory.forget()
    return scoring.result


class Scoring:
    """What is known while sides are looked at, one after the other. looks: at each of them, by its key."""

    def __init__(self, lenses: Sequence[Lens], settings: Settings, group: Group) -> None:
        self.lenses, self.settings, self.group, self.result = lenses, settings, group, Result()
        self.networks = Networks(lenses, settings.device)
        self.memory = Memory(settings.cache_folder / "begun" if settings.cache_folder else None)
        self.looks: dict[str, Look] = {}
        self.witnesses: dict[int, Witness] = {}  # by the identity of a look

    def require(self, parts: Mapping[str, Part], show: Shown) -> None:
        """That there are these scores, enough images for them, and enough memory, which is shown."""
        settings = self.settings
        if settings.scores and settings.scores != ["all"]:
            require_scores(settings.scores)
        compared = {key: part for key, part in parts.items() if isinstance(part, Side) and key != "held_out"}
        sizes = {part.title: len(part) for part in compared.values()}
        for lens in self.lenses:
            require_enough(lens, settings.scores, sizes, allow_small=settings.allow_small)
        needed = self.networks.bytes(min(settings.kept, max(sizes.values(), default=0)), len(parts))
        require_memory(needed, "the features of all sides")
        show(f"memory: about {needed / 1e9:.2g} GB beyond the networks, whatever the number of images")

    def see(self, key: str, part: Part) -> Look:
        """Look at a side, or make sure that statistics are of these networks."""
        if isinstance(part, Statistics):
            for one in self.networks.all.values():
                part.description(one)
            return part
        settings, is_real = self.settings, key in ("real", "held_out")
        names = settings.beside(self.lenses)
        names = [name for name in names if name in CLASSES or key != "held_out"]
        witness = witness_for(
            part, names, settings.perceptual, batch_size=settings.batch_size, kept=settings.kept
        )
        networks = {key: self.memory.remembering(key, one) for key, one in self.networks.all.items()}
        seen = look(
            part,
            networks,
            kept=settings.kept,
            batch_size=settings.batch_size,
            device=settings.device,
            flips=self.networks.mirrored if is_real else (),
            watchers=witness.watchers(names),
            cache_folder=settings.cache_folder if is_real else None,
            group=self.group,
            laid=lays_on_a_ground(self.lenses),
        )
        self.witnesses[id(seen)] = witness
        return seen

    def scores_of(self, fake: Look) -> dict[str, dict[str, Score]]:
        """By protocol, each score of generated images by its name."""
        found: dict[str, dict[str, Score]] = {}
        others, lacking = self._beside(fake)
        number = self.settings.bootstrap or (DRAWS if "against" in self.looks else 0)
        for lens in self.lenses:
            found[lens.name] = {}
            for name in lens.extractors:
                key = self.networks.keys[lens.name, name]
                extractor = self.networks.all[key]
                sides = {side: self.networks.description(seen, key) for side, seen in self.looks.items()}
                views = Views(sides["real"], self.networks.description(fake, key), sides.get("held_out"))
                names, absent = chosen(self.settings.scores, lens.protocol, views)
                self.result.absent |= absent
                scores = scored(lens, extractor, views, names)
                if number:
                    scores = with_intervals(scores, lens, views, extractor.suffix, number)
                found[lens.name] |= scores
            for name in self.settings.beside([lens]):
                if name in others:
                    protocol = {"protocol": lens.protocol.title, **others[name].protocol}
                    found[lens.name][name] = replace(others[name], protocol=protocol)
        self.result.absent |= lacking
        return found

    def _beside(self, fake: Look) -> Found:
        if not (names := self.settings.beside(self.lenses)):
            return {}, {}
        own, real, held_out = (
            self.witnesses.get(id(seen)) for seen in (fake, self.looks["real"], self.looks.get("held_out"))
        )
        if own is None or real is None:
            return {}, dict.fromkeys(names, "it needs the images of both sides")
        return beside(names, own, real, held_out, self.settings.perceptual, self.settings.batch_size)

    def compare(self, others: Mapping[str, Mapping[str, Score]]) -> None:
        """Say how the scores differ from those of another generator."""
        for name, scores in self.result.scores.items():
            sentences = [difference(called, own, others[name][called]) for called, own in scores.items()]
            self.result.differences[name] = [sentence for sentence in sentences if sentence]

    def finish(self, parts: Mapping[str, Part]) -> None:
        """Say what was compared, and keep what is to be kept."""
        result, generated, real = self.result, self.looks["generated"], self.looks["real"]
        for key, part in parts.items():
            seen = self.looks[key]
            result.sides[key] = in_words(seen) if isinstance(seen, Seen) else part.title
        if isinstance(real, Statistics) and real.n is None:
            result.notes.append(
                f"{real.title} do not say by which extractor, nor of how many images they are"
            )
        if not isinstance(generated, Seen):
            return
        beside = real if isinstance(real, Seen) else None
        laid, found = lays_on_a_ground(self.lenses), list[str]()
        for seen in (generated, *([beside] if beside else [])):
            found += surprising(seen.side, seen.n, laid=laid)
        found += [note for lens in self.lenses for note in notes(generated, beside, lens)]
        result.notes += list(dict.fromkeys(found))
        if self.settings.save:
            lens = self.lenses[0]
            key = self.networks.keys[lens.name, next(iter(lens.extractors))]
            save_statistics(self.settings.save, generated.descriptions[key], self.networks.all[key])


def over_seeds(runs: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """Each score of sets from several seeds: the mean of its values, with their standard deviation."""
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
