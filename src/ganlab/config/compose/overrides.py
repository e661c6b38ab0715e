"""Words of the command line: their keys, their quotes, and one list of them on top of another."""

from collections.abc import Sequence
from typing import Any, cast

from omegaconf import OmegaConf


def quote(value: str) -> str:
    """``value`` as Hydra's grammar takes any text: in quotes."""
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'"


def unquote(value: str) -> str:
    """The text that :func:`quote` was given, or that stands in quotes of either kind; any other stays as it is."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].replace(f"\\{value[0]}", value[0])
    return value


def words_of(overrides: Sequence[str]) -> list[str]:
    """Overrides as they were typed. Each by itself would be taken for an interpolation, and what it names put in."""
    words = cast("list[Any]", OmegaConf.to_container(overrides, resolve=False))
    return [str(word) for word in words]


def key_of(override: str) -> str:
    """``a.b`` of ``+a.b=3``, ``~a.b`` and ``a.b@package=3``."""
    return override.partition("=")[0].lstrip("+~").partition("@")[0]


def merge_overrides(saved: Sequence[str], typed: Sequence[str]) -> list[str]:
    """The saved overrides, without those whose key is given anew, then the given ones.

    The run has a key that was added (``+key=1``), so that ``key=2`` changes it.
    """
    again = {_place(word) for word in typed}
    added = {key_of(word) for word in saved if word.startswith("+")}
    typed = [f"+{word}" if key_of(word) in added and word[0] not in "+~" else word for word in typed]
    return [*(word for word in saved if _place(word) not in again), *typed]


def _place(word: str) -> str:
    """What an override sets: its key, and for one of several places of a group the place, ``a/b@c``."""
    return word.partition("=")[0].lstrip("+~")
