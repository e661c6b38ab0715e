"""Text <-> numbers: the only place where captions are converted."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor

from ganlab.errors import UserError

Tokens = Literal["words", "letters"]
PADDING, UNKNOWN = 0, 1
TEXT_KEYS = ("caption", "captions", "text")  # of a row with an image's captions, the first that it has
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def captions_in(text: str) -> tuple[str, ...]:
    """One a line; a text without any holds one that is empty."""
    return tuple(line.strip() for line in text.splitlines() if line.strip()) or ("",)


class Lexicon(Protocol):
    """Captions as rows of ids from 1 on, and back; 0 follows the end of a caption.

    reads: what an id stands for. names: of the ids from 2 on, where there is a list of them.
    """

    reads: ClassVar[Tokens]
    names: tuple[str, ...]

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Iterable[int]) -> str: ...

    def unknown(self, text: str) -> list[str]:
        """What of a caption this lexicon cannot read; ``encode`` reads all of it as one id."""
        ...

    def require(self, text: str) -> None:
        """Raises UserError for a caption that this lexicon cannot read."""
        ...


class Words:
    """The lower-case words of a caption, without punctuation; id 1 stands for every word that is not in ``names``."""

    reads: ClassVar[Tokens] = "words"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._ids = {name: position + 2 for position, name in enumerate(self.names)}

    @classmethod
    def of(cls, captions: Iterable[str], maximum: int) -> "Words":
        """The ``maximum`` frequent words of the captions, by the alphabet."""
        counts = Counter(word for caption in captions for word in words_of(caption))
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[:maximum]
        return cls(sorted(frequent))

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(word, UNKNOWN) for word in words_of(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """The words with a blank between them; "?" for one that is not known."""
        return " ".join(self.names[i - 2] if i > UNKNOWN else "?" for i in ids if i != PADDING)

    def unknown(self, text: str) -> list[str]:
        return [word for word in dict.fromkeys(words_of(text)) if word not in self._ids]

    def require(self, text: str) -> None:
        require_words(text)
        unknown = self.unknown(text)
        if not unknown:
            return
        hints = [f"'{word}'{self._near(word)}" for word in unknown[:5]]
        known = f"; it knows {', '.join(self.names)}" if len(self.names) <= 40 else ""
        raise UserError(f"caption={text!r}: this model has never read {', '.join(hints)}{known}")

    def _near(self, word: str) -> str:
        near = difflib.get_close_matches(word, self.names, 3)
        return f" (near it: {', '.join(near)})" if near else ""


class Letters:
    """Every character by its Unicode code point: nothing is lost, and nothing has to be known beforehand."""

    reads: ClassVar[Tokens] = "letters"
    names: tuple[str, ...] = ()

    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in " ".join(text.split())]

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(chr(i) for i in ids if i != PADDING)

    def unknown(self, text: str) -> list[str]:
        return []

    def require(self, text: str) -> None:
        require_words(text)


def lexicon(reads: Tokens, names: Sequence[str]) -> Lexicon:
    """The lexicon that reads so, with these words."""
    return Words(names) if reads == "words" else Letters()


def words_of(text: str) -> list[str]:
    """Lower-case words, with the hyphens and apostrophes inside them."""
    return WORD.findall(text.lower())


def require_words(text: str) -> None:
    """Raises UserError for a caption without any word."""
    if not words_of(text):
        raise UserError(f"caption={text!r}: a caption needs at least one word")


def padded(rows: Sequence[Sequence[int]], length: int | None = None) -> Tensor:
    """(N, L) int64 with 0 after the end of each row; L is ``length``, which cuts longer rows, or the longest's."""
    length = length or max((len(row) for row in rows), default=1)
    ids = torch.zeros(len(rows), max(length, 1), dtype=torch.int64)
    for row, values in zip(ids, rows, strict=True):
        cut = torch.tensor(values[:length], dtype=torch.int64)
        row[: len(cut)] = cut
    return ids
