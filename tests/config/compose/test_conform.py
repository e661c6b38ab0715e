import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from torch import nn

from ganlab.config.compose.conform import Mismatch, conform

NODE = {"_target_": "torch.nn.ReLU"}


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (3, int, 3),
        (1e4, int, 10_000),
        ("64", int, 64),
        (1, float, 1.0),
        ("2e-4", float, 2e-4),
        (True, bool, True),
        (7, str, "7"),
        ("a", Path, "a"),
        (None, int | None, None),
        (3, int | None, 3),
        ("auto", int | str, "auto"),
        (3, int | str, 3),
        (3, float | int, 3),
        (32, Literal["auto", "32"], "32"),
        (3, Literal[1, 3], 3),
        ([0.5, 0.9], tuple[float, float], [0.5, 0.9]),
        ([1, 2.0], list[float], [1.0, 2.0]),
        ([], Sequence[nn.Module], []),
        ([NODE], Sequence[nn.Module], [NODE]),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        (NODE, nn.Module, NODE),
        ({**NODE, "_partial_": True}, Callable[[int], nn.Module], {**NODE, "_partial_": True}),
        ({**NODE, "_partial_": True}, nn.Module | Callable[[int], nn.Module], {**NODE, "_partial_": True}),
        (NODE, nn.Module | Callable[..., nn.Module], NODE),
        (NODE, Callable[..., nn.Linear], NODE),  # what it makes may be a function of this kind
        ("anything", Any, "anything"),
    ],
)
def test_C4_values_that_suit_arrive_with_the_right_type(value, annotation, expected):
    found = conform(value, annotation)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "words"),
    [
        ("abc", int, "a whole number"),
        (1.5, int, "a whole number"),
        (True, int, "a whole number"),
        (False, float, "a finite number"),
        (math.inf, float, "a finite number"),
        (math.nan, float | None, "a finite number or null"),
        (math.inf, int, "a whole number"),
        (1, bool, "true or false"),
        ("true", bool, "true or false"),
        (1.1, str, "text"),
        (None, int, "a whole number"),
        (16, Literal["auto", "32"], "one of auto, 32"),
        (True, Literal[1, 3], "one of 1, 3"),
        (5, nn.Module, "a node with _target_ (Module)"),
        ({"width": 3}, nn.Module, "a node with _target_ (Module)"),
        ("relu", Callable[[int], nn.Module], "a node with _target_ and _partial_: true"),
        (
            {**NODE, "_partial_": True},
            nn.Module,
            "a finished one, and other models finish this one (_partial_: true)",
        ),
        (
            {**NODE, "_partial_": True},
            nn.Module | None,
            "a finished one, and other models finish this one (_partial_: true)",
        ),
        (
            NODE,
            Callable[..., nn.Module],
            "one that the model finishes (_partial_: true), and this one is finished",
        ),
        (
            NODE,
            Callable[..., nn.ReLU] | None,
            "one that the model finishes (_partial_: true), and this one is finished",
        ),
        ([0.5], tuple[float, float], "a list of 2 finite numbers"),
        (3, list[int], "a list of whole numbers"),
        ([1], int | tuple[int, int], "a whole number or a list of 2 whole numbers"),
        (3, list[str], "a list of text"),
        ([3], Mapping[str, int], "a mapping"),
    ],
)
def test_C4_other_values_are_refused_in_words(value, annotation, words):
    with pytest.raises(Mismatch) as refusal:
        conform(value, annotation)
    assert str(refusal.value) == words
    assert refusal.value.path == ()


def test_C4_a_refusal_says_where_inside():
    with pytest.raises(Mismatch) as refusal:
        conform({"a": [1, 2], "b": [3, "x"]}, Mapping[str, Sequence[int]] | None)
    assert refusal.value.path == ("b", 1)
    assert refusal.value.value == "x"
