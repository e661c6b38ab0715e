"""Captions to ids and back, and what is said of words that are not known."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.lexicon import Letters, Words, lexicon, padded, words_of


def test_words_are_lower_case_and_without_punctuation():
    assert words_of('A red-eyed bird, "don\'t" you see?  Yes_no 3 élan') == [
        *("a", "red-eyed", "bird", "don't", "you", "see", "yes", "no", "3", "élan")
    ]


def test_the_most_frequent_words_are_known_and_the_others_share_an_id():
    words = Words.of(["a red bird", "a red fish", "a blue bird"], maximum=3)
    assert words.names == ("a", "bird", "red")  # of red and bird with two each both, of the rest none
    assert words.encode("A blue bird!") == [2, 1, 3]
    assert words.decode([2, 1, 3, 0, 0]) == "a ? bird"


def test_a_word_that_is_not_known_is_named_with_the_nearest():
    words = Words(["a", "circle", "red", "square"])
    words.require("a red circle")
    with pytest.raises(
        UserError, match=r"'a read cirkle'.*never read 'read' \(near it: red\), 'cirkle'.*circle"
    ):
        words.require("a read cirkle")
    with pytest.raises(UserError, match="it knows a, circle, red, square"):
        words.require("purple")
    for wordless in ("", " ?! "):
        with pytest.raises(UserError, match="at least one word"):
            words.require(wordless)
        with pytest.raises(UserError, match="at least one word"):
            Letters().require(wordless)


def test_letters_lose_nothing_but_blanks():
    text = "Ein  großer roter Kreis, 紅 🙂"
    assert Letters().decode(Letters().encode(text)) == " ".join(text.split())


def test_a_lexicon_is_made_again_from_what_it_reads_and_knows():
    assert lexicon("words", ("a", "b")).encode("b a c") == [3, 2, 1]
    assert lexicon("letters", ()).encode("ab") == [97, 98]


def test_rows_are_padded_with_zeros_and_cut():
    rows = [[5, 6, 7], [8]]
    assert torch.equal(padded(rows), torch.tensor([[5, 6, 7], [8, 0, 0]]))
    assert torch.equal(padded(rows, 2), torch.tensor([[5, 6], [8, 0]]))
    assert padded([[]]).shape == (1, 1)
