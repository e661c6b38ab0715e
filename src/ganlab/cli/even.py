"""Runs of a sweep whose models would see the same data in different sizes: one size for all, and a word about it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ganlab.config.compose.overrides import key_of

RECIPES = {"experiment", "sweep", "debug"}  # files that mean what they say

Words = tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What one choice of groups is: the names of its model and data, and all that its scores depend on.

    only_size: of images, where the model can draw no other.
    """

    chosen: Mapping[str, str]
    protocol: Mapping[str, Any]
    only_size: int | None = None


class Even(NamedTuple):
    """words: for all runs. notes: a sentence for each key that is evened, or that leaves scores apart."""

    words: list[str]
    notes: list[str]


def evened(planned: Mapping[Words, Choice], named: Sequence[str]) -> Even:
    """What makes the scores of runs on the same data comparable, where their models' own settings differ.

    The value that most runs have is taken for all, the largest of several. Keys in ``named`` differ because the command
    says so, and what recipes say stands: of these is only told that their scores cannot be compared.
    """
    found = Even([], [])
    recipes = RECIPES & varying_keys(planned)
    for key, runs in differing(planned.values()):
        if any(key == name or key.startswith(f"{name}.") for name in named):
            continue
        word, own = even_word(key, runs)
        fixed = [run.chosen["model"] for run, _ in runs if run.only_size] if key == "data.image_size" else []
        if fixed:
            found.notes.append(
                f"scores of these runs cannot be compared, for {own}, and {fixed[0]} draws no other size"
            )
            continue
        if recipes:
            found.notes.append(f"scores of these runs cannot be compared, for {own}; {word} makes them alike")
        elif word not in found.words:
            found.words.append(word)
            found.notes.append(f"{word} for all runs, so that their scores can be compared; {own}")
    return found


def varying_keys(planned: Mapping[Words, Choice]) -> set[str]:
    """The keys that not all runs have with the same value."""
    counts = Counter(word for words in planned for word in words)
    return {key_of(word) for word, count in counts.items() if count < len(planned)}


def differing(runs: Iterable[Choice]) -> list[tuple[str, list[tuple[Choice, Any]]]]:
    """The keys in whose values runs on the same data differ, with each run's value."""
    by_data: dict[str, list[Choice]] = {}
    for choice in runs:
        by_data.setdefault(choice.chosen["data"], []).append(choice)
    found = []
    for alike in by_data.values():
        for key in dict.fromkeys(key for choice in alike for key in choice.protocol):
            values = [(choice, choice.protocol.get(key)) for choice in alike]
            if len({str(value) for _, value in values}) > 1:
                found.append((key, values))
    return found


def even_word(key: str, runs: Sequence[tuple[Choice, Any]]) -> tuple[str, str]:
    """The word that gives all of ``runs`` one value; which of them have others by themselves, in words."""
    counts = Counter(str(value) for _, value in runs)
    most = max(counts.values())
    common = [value for _, value in runs if counts[str(value)] == most]
    value = max(common, key=lambda value: value if isinstance(value, int | float) else 0)
    others: dict[str, dict[str, None]] = {}
    for choice, own in runs:
        if str(own) != str(value):
            others.setdefault(str(own), {})[choice.chosen["model"]] = None
    own = ", ".join(f"{', '.join(models)} has {own}" for own, models in others.items())
    return f"{key}={'null' if value is None else value}", f"by itself {own}"
