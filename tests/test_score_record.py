"""A score from its first value to a file and back, and beside what it is shown."""

import json
import math

import pytest

from ganlab.callbacks.quality import Quality
from ganlab.score_record import (
    Point,
    Score,
    ScoreRecord,
    from_json,
    in_words,
    scores_of,
    to_json,
)


def score(value, better="lower", **what):
    return Score(value=value, better=better, protocol={"n_fake": 10}, **what)


def history(*values, better="lower"):
    """The record of values at steps 0, 1, 2, ..., 8 images each."""
    record = None
    for step, value in enumerate(values):
        record = ScoreRecord.after(record, score(value, better), images=8 * step, steps=step)
    return record


@pytest.mark.parametrize(("better", "best"), [("lower", 2), ("higher", 3)])
def test_the_start_is_no_best(better, best):
    record = history(1.0 if better == "lower" else 9.0, 4.0, 3.0, 5.0, better=better)
    assert record.start == Point(value=1.0 if better == "lower" else 9.0, images=0, steps=0)
    assert record.best.steps == best
    assert record.last == Point(value=5.0, images=24, steps=3)


def test_equal_values_leave_the_best_where_it_was_first():
    assert history(9.0, 2.0, 2.0).best.steps == 1


def test_a_file_holds_all_of_a_record():
    record = history(9.0, math.nan, 2.5)
    tree = to_json({"fid": record})
    assert list(tree["fid"]) == ["better", "floor", "baseline", "start", "best", "last", "protocol"]
    assert tree["fid"]["best"] == {"value": 2.5, "images": 16, "steps": 2}
    assert from_json(json.loads(json.dumps(tree, allow_nan=False))) == {"fid": record}


def test_what_is_not_finite_is_in_no_file():
    """A distance of held-out images, too, can overflow."""
    record = ScoreRecord.after(None, score(math.inf, floor=math.nan, baseline=-math.inf), images=8, steps=1)
    assert "NaN" not in json.dumps(record.to_json(), allow_nan=False)
    assert (record.floor, record.baseline, record.best) == (None, None, None)


@pytest.mark.parametrize("tree", [None, 3, "fid", [], {"fid": None}, {"fid": {"best": 3, "protocol": "x"}}])
def test_damaged_entries_tell_nothing(tree):
    for record in from_json(tree).values():
        assert [record.value(which) for which in ("start", "best", "last", "floor", "baseline")] == [None] * 5
        assert record.protocol == {}


def test_a_record_begins_anew_under_another_protocol_and_not_for_a_value_that_is_missing():
    record = ScoreRecord.after(history(9.0, 2.0), score(None), images=16, steps=2)
    assert (record.value("start"), record.value("best"), record.value("last")) == (9.0, 2.0, None)
    other = Score(value=5.0, better="lower", protocol={"n_fake": 99})
    record = ScoreRecord.after(record, other, images=24, steps=3)
    assert (record.start, record.value("best")) == (None, 5.0)


def test_in_words_the_first_has_its_baseline_else_its_floor():
    known = {"floor": 0.5, "baseline": 7.0}
    named = Score(value=1.0, better="lower", protocol={"baseline": "identity map"}, **known)
    plain = score(2.0, floor=0.25)
    records = {
        name: ScoreRecord.after(None, one, images=8, steps=1) for name, one in [("l1", named), ("fid", plain)]
    }
    assert in_words(records) == "l1 1 (identity map 7), fid 2"
    assert in_words(dict(reversed(records.items()))) == "fid 2 (held-out real images 0.25), l1 1"
    assert named.beside() == {"identity map": 7.0, "held-out real images": 0.5}


def test_a_long_list_is_cut_but_for_classes_and_diversity():
    names = ["fid", "kid", "is", "recall", "classes_digits", "diversity"]
    assert in_words({name: history(1.0, None) for name in names}) == (
        "fid -, kid -, is -, classes_digits -, diversity -"
    )


def test_the_scores_of_a_run_are_those_of_who_keeps_them():
    quality = Quality()
    quality.scores = {"fid": history(1.0)}
    assert scores_of([object(), quality]) == {"fid": history(1.0)}
    assert scores_of([type("Mine", (), {"scores": [1, 2]})()]) == {}
