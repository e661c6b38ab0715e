"""Which numbers and texts a parameter takes, written beside it: ``every_steps: Count``, ``dropout: Share``.

A mark is part of the annotation, as in ``Annotated[int, Range(minimum=1, maximum=4)]``. The check of a configuration
reads it; ``@bounded`` on a constructor lets calls from Python fail in the same words.
"""

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin

from ganlab.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Range:
    """The numbers from ``minimum`` or ``above`` to ``maximum`` or ``below``; None is no bound on that side."""

    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    below: float | None = None

    def __contains__(self, number: float) -> bool:
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.above is None or number > self.above)
            and (self.maximum is None or number <= self.maximum)
            and (self.below is None or number < self.below)
        )

    def __str__(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"from {self.minimum:,} to {self.maximum:,}"
        parts = {
            "of at least": self.minimum,
            "above": self.above,
            "of at most": self.maximum,
            "below": self.below,
        }
        return " and ".join(f"{word} {bound:,}" for word, bound in parts.items() if bound is not None)


Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Text:
    """Texts of 1 to ``maximum`` characters, none of them among those of ``without``."""

    maximum: int
    without: str = ""

    def __contains__(self, text: str) -> bool:
        return 0 < len(text) <= self.maximum and not set(self.without) & set(text)

    def __str__(self) -> str:
        none_of = f" and none of {' '.join(self.without)}" if self.without else ""
        return f"of 1 to {self.maximum} characters{none_of}"


LARGEST = 65_536  # of what a network or a batch has so many of
Count = Annotated[int, Range(minimum=1)]
Whole = Annotated[int, Range(minimum=0)]
Size = Annotated[int, Range(minimum=1, maximum=LARGEST)]
Pair = Annotated[int, Range(minimum=2, maximum=LARGEST)]
Workers = Annotated[int, Range(minimum=0, maximum=1024)]
Pictured = Annotated[int, Range(minimum=1, maximum=10_000)]  # in one picture
Side = Annotated[int, Range(minimum=2, maximum=2048)]  # of a drawing, in pixels or places
Samples = Annotated[int, Range(minimum=1, maximum=10_000_000)]  # as many as are made to be scored
ImageSize = Size | tuple[Size, Size]  # of a square, or height and width
Share = Annotated[float, Range(minimum=0, maximum=1)]
Weight = Annotated[float, Range(minimum=0)]
Momentum = Annotated[float, Range(minimum=0, below=1)]
Positive = Annotated[float, Range(above=0)]


def outside(value: Any, annotation: Any) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
    """For each number or text in ``value`` beyond its mark: its path, itself, and what is expected in words.

    Those in lists and mappings are looked at as well; whether the type suits is another question.
    """
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        yield from (((), value, expected) for expected in _broken(value, kind, marks))
        yield from outside(value, kind)
    elif get_origin(annotation) in (Union, types.UnionType):
        members = get_args(annotation)
        other = " or null" if type(None) in members else ""
        for member in members:
            for path, number, expected in outside(value, member):
                yield path, number, expected if path else expected + other
    elif isinstance(value, Mapping) and len(get_args(annotation)) == 2:
        for key, inner in value.items():
            yield from _below(key, inner, get_args(annotation)[1])
    elif isinstance(value, Sequence) and not isinstance(value, str) and get_args(annotation):
        for key, inner in enumerate(value):
            yield from _below(key, inner, get_args(annotation)[0])


def _broken(value: Any, kind: Any, marks: Sequence[Any]) -> Iterator[str]:
    """What is expected in words, for each mark that the value itself lies beyond."""
    for mark in marks:
        suits = {Range: _is_number(value), Text: isinstance(value, str)}
        if suits.get(type(mark)) and value not in mark:
            yield in_words(kind, mark)


def in_words(kind: Any, mark: Any) -> str:
    """What a mark asks for, of a number or text of type ``kind``; empty for marks of others."""
    names = {Range: f"a {'whole ' * (kind is int)}number", Text: "a text"}
    return f"{names[type(mark)]} {mark}" if type(mark) in names else ""


def require_within(where: str, value: Any, annotation: Any, default: Any = None) -> None:
    """Refuse the first number or text in ``value`` beyond its mark; ``where`` is what a person calls the parameter.

    Raises:
        UserError: names key, number and range, and the default where that is a number.
    """
    for path, number, expected in outside(value, annotation):
        place = ".".join(map(str, (where, *path)))
        usual = f"; the default is {default}" if _is_number(default) and not path else ""
        raise UserError(f"{place}={number}: expected {expected}{usual}")


def bounded(make: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """``make``, often an ``__init__``, with ``require_within`` for each of its arguments that is given by name."""
    named = inspect.signature(make).parameters

    @functools.cache
    def hints() -> dict[str, Any]:
        return typing.get_type_hints(make, include_extras=True)

    @functools.wraps(make)
    def checked(*args: Parameters.args, **options: Parameters.kwargs) -> Result:
        for name in options.keys() & named.keys() & hints().keys():
            require_within(name, options[name], hints()[name], named[name].default)
        return make(*args, **options)

    return checked


def _below(key: Any, value: Any, annotation: Any) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
    for path, number, expected in outside(value, annotation):
        yield (key, *path), number, expected


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
