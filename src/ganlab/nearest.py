"""Names in words: did you mean ...? One of these; and which number is whose."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def nearest(name: str, options: Iterable[str], count: int = 3) -> list[str]:
    """Up to ``count`` of ``options`` that resemble ``name``, the most similar first, each once."""
    by_lower = {option.lower(): option for option in options}
    lowered = name.lower()
    found = get_close_matches(lowered, by_lower, n=count, cutoff=0.6)
    inside = [
        low
        for low in by_lower
        if min(len(lowered), len(low)) > 2 and (lowered in low or low in lowered) and low not in found
    ]
    return [by_lower[low] for low in [*found, *sorted(inside)][:count]]


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """``; did you mean a or b?`` where something resembles ``name``, else the list of all options."""
    options = list(options)
    close = nearest(name, options)
    if close:
        return f"; did you mean {either(close)}?"
    return f"; there is {listing(options)}" if options else ""


def either(names: Sequence[str]) -> str:
    """``a, b or c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def listing(names: Iterable[str], maximum: int = 30) -> str:
    """``a, b, c``, sorted, with the number of those left out beyond ``maximum``."""
    names = sorted(names)
    rest = f" and {len(names) - maximum} more" if len(names) > maximum else ""
    return ", ".join(names[:maximum]) + rest


def numbered(names: Sequence[str], maximum: int = 20) -> str:
    """``0 cat, 1 dog, ...``: names in the order of their numbers, and alone where they are the numbers themselves."""
    plain = all(name == str(number) for number, name in enumerate(names))
    shown = [name if plain else f"{number} {name}" for number, name in enumerate(names[:maximum])]
    return ", ".join(shown) + ", ..." * (len(names) > maximum)
