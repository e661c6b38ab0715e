"""Does a value from a YAML file or the command line suit a parameter's annotation?"""

import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin

from ganlab.config.compose.signature import wanted_instead

SEQUENCES = (list, tuple, set, frozenset, Sequence, Iterable, Collection)
MAPPINGS = (dict, Mapping)
if sys.version_info >= (3, 12):
    ALIASES: tuple[type, ...] = (typing.TypeAliasType,)
else:
    ALIASES = ()


class Mismatch(ValueError):
    """The value does not suit; the message says what was expected.

    value: the one that does not suit; path: where it is inside the value that was examined. kind_suits: a value of its
    kind might have suited, such as another number.
    """

    def __init__(
        self, expected: str, value: Any, path: tuple[str | int, ...] = (), kind_suits: bool = False
    ) -> None:
        super().__init__(expected)
        self.value, self.path, self.kind_suits = value, path, kind_suits

    def below(self, key: str | int) -> "Mismatch":
        """The same, seen from one level further out."""
        return Mismatch(str(self), self.value, (key, *self.path), self.kind_suits)


def conform(value: Any, annotation: Any) -> Any:
    """Return ``value`` as ``annotation`` wants it, or raise ``Mismatch`` with the expectation in words.

    Only what cannot be misunderstood is converted: 1e4 to an int, 1 to a float, the text "2e-4" to a float,
    the number 32 to the text "32". A mapping with ``_target_`` stands for what it makes, and suits unless that is
    finished where a maker is wanted, or the reverse.
    """
    annotation = _plain(annotation)
    if annotation is Any or annotation is object or isinstance(annotation, str | TypeVar):
        return value
    if isinstance(value, dict) and "_target_" in value:
        if wanted := wanted_instead(value, annotation):
            raise Mismatch(wanted, value["_target_"], kind_suits=True)
        return value
    origin = get_origin(annotation) or annotation
    if origin in (Union, types.UnionType):
        return _one_of(value, get_args(annotation))
    if origin is Literal:
        return _literal(value, annotation)
    if annotation in (None, type(None)):
        return _expect(value, annotation, value is None)
    if origin in SCALARS:
        return SCALARS[origin](value)
    if origin in SEQUENCES:
        return _sequence(value, annotation, origin)
    if origin in MAPPINGS:
        return _mapping(value, annotation)
    return _object(value, annotation, origin)


def words(annotation: Any) -> str:
    """An annotation in words that a reader of YAML understands."""
    annotation = _plain(annotation)
    origin = get_origin(annotation) or annotation
    if origin in (Union, types.UnionType):
        members = list(dict.fromkeys(words(member) for member in get_args(annotation)))
        return " or ".join([member for member in members if "_target_" not in member] or members)
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(annotation)))}"
    if annotation in (None, type(None)):
        return "null"
    if origin in WORDS:
        return WORDS[origin]
    if origin in SEQUENCES:
        inside = get_args(annotation)
        inner = " and ".join(
            dict.fromkeys(_plural(words(member)) for member in inside if member is not Ellipsis)
        )
        fixed = f"{len(inside)} " if origin is tuple and Ellipsis not in inside else ""
        return f"a list of {fixed}{inner}" if inner else "a list"
    if origin in MAPPINGS:
        return "a mapping"
    if origin is Callable:
        return "a node with _target_ and _partial_: true"
    return f"a node with _target_ ({getattr(origin, '__name__', origin)})"


def _plural(kind: str) -> str:
    return re.sub(r"\ba (.*number)\b", r"\1s", kind)


def _plain(annotation: Any) -> Any:
    """Without ``Annotated``, aliases and ``NewType``."""
    if annotation is inspect.Parameter.empty:
        return Any
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, ALIASES):
            annotation = annotation.__value__
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


def _expect(value: Any, annotation: Any, suits: bool) -> Any:
    if not suits:
        raise Mismatch(words(annotation), value)
    return value


def _bool(value: Any) -> bool:
    return _expect(value, bool, isinstance(value, bool))


def _int(value: Any) -> int:
    number = _number(value, int)
    if isinstance(number, float):
        _expect(number, int, math.isfinite(number) and number.is_integer())
    return int(number)


def _float(value: Any) -> float:
    number = _number(value, float)
    try:
        return float(_expect(number, float, math.isfinite(number)))
    except OverflowError:  # a whole number of hundreds of digits
        raise Mismatch(words(float), value) from None


def _number(value: Any, kind: type) -> int | float:
    """An int or a float, also out of a text such as "2e-4"; True and False are no numbers."""
    if isinstance(value, str):
        try:
            value = kind(value)
        except ValueError:
            raise Mismatch(words(kind), value) from None
    return _expect(value, kind, isinstance(value, int | float) and not isinstance(value, bool))


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # name=123; a float is refused, because 1.10 would become "1.1"
    return _expect(value, str, isinstance(value, str))


def _path(value: Any) -> Any:
    return _text(value) if isinstance(value, int) else _expect(value, Path, isinstance(value, str | Path))


SCALARS: dict[Any, Callable[[Any], Any]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _text,
    Path: _path,
    PathLike: _path,
}
WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "text",
    Path: "a path",
    PathLike: "a path",
}


def _one_of(value: Any, members: Sequence[Any]) -> Any:
    """The first member that takes the value as it is, else the first that takes it converted."""
    taken, refused = [], []
    for member in members:
        try:
            taken.append(conform(value, member))
        except Mismatch as error:
            refused.append(error)
    if not taken:
        deepest = max(refused, key=lambda error: len(error.path))
        if deepest.path:
            raise deepest
        kind_suits = any(error.kind_suits for error in refused)
        raise Mismatch(words(Union[tuple(members)]), value, kind_suits=kind_suits)  # noqa: UP007
    return next((found for found in taken if type(found) is type(value)), taken[0])


def _literal(value: Any, annotation: Any) -> Any:
    for choice in get_args(annotation):
        if choice == value and type(choice) is type(value):
            return choice
    for choice in get_args(annotation):
        if isinstance(choice, str) and not isinstance(value, bool) and choice == str(value):
            return choice  # precision=32 is read as a number
    raise Mismatch(words(annotation), value, kind_suits=not isinstance(value, list | dict))


def _sequence(value: Any, annotation: Any, origin: Any) -> list:
    _expect(value, annotation, isinstance(value, list))
    members = get_args(annotation)
    if not members:
        return value
    if origin is tuple and Ellipsis not in members:
        if len(members) != len(value):
            raise Mismatch(words(annotation), value)
        return [
            _inside(key, item, member) for key, (item, member) in enumerate(zip(value, members, strict=True))
        ]
    return [_inside(key, item, members[0]) for key, item in enumerate(value)]


def _mapping(value: Any, annotation: Any) -> dict:
    _expect(value, annotation, isinstance(value, dict))
    members = get_args(annotation)
    return (
        {key: _inside(key, item, members[1]) for key, item in value.items()} if len(members) == 2 else value
    )


def _inside(key: str | int, item: Any, annotation: Any) -> Any:
    try:
        return conform(item, annotation)
    except Mismatch as error:
        raise error.below(key) from None


def _object(value: Any, annotation: Any, origin: Any) -> Any:
    """A class, a protocol or a callable: YAML gives it by ``_target_``, not as number, text or list."""
    if origin is Callable:
        raise Mismatch(words(annotation), value)
    if not inspect.isclass(origin):
        return value
    if issubclass(origin, dict) or is_dataclass(origin):
        return _expect(value, annotation, isinstance(value, dict))
    return _expect(value, annotation, type(value) is origin)
