"""Sweeps whose runs would be of different data in the same name."""

from dataclasses import replace

import pytest

from ganlab.cli.even import Choice, evened


def choice(model: str, size: object, data: str = "digits") -> Choice:
    return Choice({"model": model, "data": data}, {"data.image_size": size, "metrics.fid.n_fake": 1000})


def runs(*choices: Choice, group: str = "model") -> dict[tuple[str, ...], Choice]:
    return {(f"{group}={each.chosen['model']}", "seed=1"): each for each in choices}


def test_a_model_of_one_size_keeps_it():
    fixed = replace(choice("conv", 28), only_size=28)
    found = evened(runs(fixed, choice("b", 32)), ["model"])
    assert found.words == []
    (note,) = found.notes
    assert note.endswith("by itself conv has 28, and conv draws no other size")


@pytest.mark.parametrize(
    ("sizes", "word", "told"),
    [
        ((28, 32, 32), "data.image_size=32", "by itself a has 28"),
        ((64, 28, 28, 64, 28), "data.image_size=28", "by itself a, d has 64"),
        ((28, 32), "data.image_size=32", "by itself a has 28"),
        (([32, 48], [32, 48], None), "data.image_size=[32, 48]", "by itself c has None"),
    ],
)
def test_all_runs_take_what_most_have_and_else_the_largest(sizes, word, told):
    planned = runs(*map(choice, "abcde", sizes))
    found = evened(planned, ["model", "seed"])
    assert found.words == [word]
    assert found.notes == [f"{word} for all runs, so that their scores can be compared; {told}"]


def test_what_is_alike_or_meant_to_differ_is_left_alone():
    alike = runs(choice("a", 32), choice("b", 32))
    of_other_data = runs(choice("a", 28, "digits"), choice("b", 32, "glyphs"))
    named = runs(choice("a", 28), choice("b", 32))
    assert evened(alike, ["model"]) == evened(of_other_data, ["model", "data"]) == ([], [])
    assert evened(named, ["model", "data.image_size"]) == ([], [])


def test_recipes_keep_their_sizes_and_are_told_to_be_apart():
    found = evened(
        runs(choice("a", 28), choice("b", 64), choice("c", 64), group="experiment"), ["experiment"]
    )
    assert found.words == []
    assert found.notes == [
        "scores of these runs cannot be compared, for by itself a has 28; data.image_size=64 makes them alike"
    ]
