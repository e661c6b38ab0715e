"""What a search may vary: the words of its command line that take several values."""

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from ganlab.errors import UserError
from ganlab.nearest import did_you_mean, listing

if TYPE_CHECKING:
    from optuna import Trial

EXAMPLE = "model.optimizers.generator.lr='interval(1e-5,1e-2)'"
DECADES = 100  # an interval whose end is so many times its start is searched by its logarithm
MANY = 1000  # values of a range
DIGITS = 5  # of a number that is drawn from an interval: a run's words hold it whole


@dataclass(frozen=True)
class Dimension:
    """One key. ``choices`` as they are typed, or numbers from ``low`` to ``high``: whole ones, or by their logarithm.

    when: the group and its options with which the key is chosen at all.
    """

    key: str
    element: str  # the key as it was typed, with its plus
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    log: bool = False
    when: tuple[str, tuple[str, ...]] | None = None

    @property
    def open(self) -> bool:
        """Whether it is an interval, whose values nobody can list."""
        return not self.choices

    def suggest(self, trial: "Trial") -> Any:
        if self.choices:
            return trial.suggest_categorical(self.key, self.choices)
        if self.whole:
            return trial.suggest_int(self.key, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.key, self.low, self.high, log=self.log)

    def word(self, value: Any) -> str:
        """``key=value``; of a fraction ``DIGITS`` digits."""
        return f"{self.element}={float(f'{value:.{DIGITS}g}') if isinstance(value, float) else value}"

    def first(self) -> Any:
        return self.choices[0] if self.choices else int(self.low) if self.whole else self.low

    def applies(self, chosen: Mapping[str, Any]) -> bool:
        return self.when is None or str(chosen.get(self.when[0])) in self.when[1]

    def __str__(self) -> str:
        if self.choices:
            what = listing(list(self.choices))
        else:
            kind = "whole numbers " if self.whole else ""
            what = f"{kind}from {self.low:g} to {self.high:g}{', by their logarithm' if self.log else ''}"
        return what + (f", where {self.when[0]} is {' or '.join(self.when[1])}" if self.when else "")


@dataclass(frozen=True)
class Space:
    """dimensions: those that others depend on first. fixed: the words that all points share."""

    dimensions: tuple[Dimension, ...]
    fixed: tuple[str, ...]

    def suggest(self, trial: "Trial") -> list[str]:
        """The words of the point that the sampler chooses."""
        chosen: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.applies(chosen):
                chosen[dimension.key] = dimension.suggest(trial)
        return [each.word(chosen[each.key]) for each in self.dimensions if each.key in chosen]

    def corners(self, groups: Container[str] = ()) -> list[list[str]]:
        """Points to be composed before the first run: one, and each option of ``groups`` once."""
        found: list[list[str]] = []
        for dimension in self.dimensions:
            for choice in dimension.choices if dimension.element in groups else (None,):
                chosen: dict[str, Any] = {}
                for each in self.dimensions:
                    if each.applies(chosen):
                        chosen[each.key] = (
                            choice if each is dimension and choice is not None else each.first()
                        )
                words = [each.word(chosen[each.key]) for each in self.dimensions if each.key in chosen]
                found += [words] if words not in found else []
        return found

    def combinations(self) -> int:
        """How many points a grid has."""
        return math.prod(len(each.choices) for each in self.dimensions)

    def combination(self, number: int) -> dict[str, str]:
        """The point of a grid with this number; the last key changes first."""
        point = {}
        for each in reversed(self.dimensions):
            number, position = divmod(number, len(each.choices))
            point[each.key] = each.choices[position]
        return point

    def described(self) -> dict[str, str]:
        """Each key with its values in words, by which the same search is known again."""
        return {dimension.key: str(dimension) for dimension in self.dimensions}


def space_of(overrides: Iterable[Override], when: Iterable[str] = ()) -> Space:
    """The space that words describe; of a word and a later one with the same key the later counts.

    Raises:
        UserError: nothing varies, a value that no number can be drawn from, or a condition on what does not vary.
    """
    words = {override.get_key_element().lstrip("+"): override for override in overrides}
    conditions = dict(map(_condition, when))
    found = {
        key: _dimension(key, override, conditions.get(key))
        for key, override in words.items()
        if override.is_sweep_override()
    }
    if not found:
        raise UserError(f"there is nothing to search: give a key several values, for instance {EXAMPLE}")
    if "seed" in found:
        raise UserError(
            f"{words['seed'].input_line}: a search scores each point by the mean over its seeds; "
            "give seed=1 search.seeds=3"
        )
    for key, (group, _) in conditions.items():
        for name in (key, group):
            if name not in found:
                raise UserError(
                    f"search.when: {name} is not searched{did_you_mean(name, found)} (searched: {listing(list(found))})"
                )
    fixed = [str(each.input_line) for key, each in words.items() if key not in found]
    return Space(tuple(_in_order(found.values())), tuple(fixed))


def _dimension(key: str, override: Override, when: tuple[str, tuple[str, ...]] | None) -> Dimension:
    value, line, element = override.value(), str(override.input_line), override.get_key_element()
    if not isinstance(value, IntervalSweep):
        count = sum(1 for _ in value.range()) if isinstance(value, RangeSweep) else 0
        if count > MANY:
            raise UserError(f"{line} has {count:,} values: give interval(...) for so many")
        choices = tuple(dict.fromkeys(override.sweep_string_iterator()))
        if not choices:
            raise UserError(f"{line} gives no value, so there is nothing to search")
        return Dimension(key, element, choices, when=when)
    low, high = float(value.start or 0), float(value.end or 0)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UserError(f"{line}: an interval goes from a number to a larger one, as in {EXAMPLE}")
    whole = isinstance(value.start, int) and isinstance(value.end, int)
    log = "log" in value.tags or ("linear" not in value.tags and low > 0 and high >= DECADES * low)
    if log and low <= 0:
        raise UserError(f"{line}: what is searched by its logarithm begins above 0")
    return Dimension(key, element, low=low, high=high, whole=whole, log=log, when=when)


def _condition(text: str) -> tuple[str, tuple[str, tuple[str, ...]]]:
    """Of ``KEY if GROUP=OPTION,OPTION``: the key, the group and its options."""
    found = re.fullmatch(r"\s*(\S+) if (\S+?)=(.+)", text)
    if not found:
        raise UserError(
            f'search.when: {text!r} is no condition; one is "model.penalty.weight if model/penalty=r1,r1_lazy"'
        )
    return found[1], (found[2], tuple(option.strip() for option in found[3].split(",")))


def _in_order(dimensions: Iterable[Dimension]) -> Sequence[Dimension]:
    """What others depend on before them; else as they were given."""
    left, placed = list(dimensions), []  # type: tuple[list[Dimension], list[Dimension]]
    while left:
        known = {each.key for each in placed}
        ready = [each for each in left if each.when is None or each.when[0] in known]
        if not ready:
            raise UserError(f"search.when: {left[0].key} and {left[-1].key} depend on each other")
        placed += ready
        left = [each for each in left if each not in ready]
    return placed
