"""What a model knows of captions beside its weights."""

from collections.abc import Sequence
from typing import TypedDict

from torch import Tensor, nn

from ganlab.lexicon import Letters, Lexicon, Tokens, lexicon, padded


class Known(TypedDict):
    reads: Tokens
    words: list[str]
    captions: list[str]
    held_out: list[str]


class Phrasebook(nn.Module):
    """What a model knows of captions beside its weights, saved with them: the lexicon, and captions of its data.

    captions were trained on, held_out were not; at most 1,000 of each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lexicon: Lexicon = Letters()
        self.captions: tuple[str, ...] = ("a",)
        self.held_out: tuple[str, ...] = ()

    def fill(self, lexicon: Lexicon, captions: Sequence[str], held_out: Sequence[str]) -> None:
        self.lexicon, self.captions, self.held_out = lexicon, tuple(captions), tuple(held_out)

    def ids(self, captions: Sequence[str]) -> Tensor:
        """(N, L) int64."""
        return padded([self.lexicon.encode(caption) for caption in captions])

    def shown(self, n: int) -> dict[str, bool]:
        """About n captions, evenly from all, a quarter of them held out; and whether each is."""
        out = min(len(self.held_out), n // 4)
        chosen = dict.fromkeys(evenly(self.captions, n - out), False)
        return chosen | dict.fromkeys(evenly(self.held_out, out), True)

    def get_extra_state(self) -> Known:
        return {
            "reads": self.lexicon.reads,
            "words": list(self.lexicon.names),
            "captions": list(self.captions),
            "held_out": list(self.held_out),
        }

    def set_extra_state(self, state: Known) -> None:
        self.fill(lexicon(state["reads"], state["words"]), state["captions"], state["held_out"])


def evenly(captions: Sequence[str], n: int) -> list[str]:
    """n of the captions, in their order and evenly from all; some several times where n is more."""
    return [captions[index * len(captions) // n] for index in range(n)]
