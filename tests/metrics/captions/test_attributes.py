"""Scores of drawn captions: the reader is right about real shapes, and scores are those of what was drawn."""

import logging
import math

import pytest
import torch

from ganlab.data.captions.shapes import Shapes, draw, everything
from ganlab.data.images.packaged import Digits
from ganlab.errors import UserError
from ganlab.metrics.captions.attributes import AttributeAccuracy, said
from ganlab.metrics.captions.r_precision import RPrecision, ShapeMatcher
from ganlab.metrics.captions.shape_reader import WORDS, read
from ganlab.metrics.ranks import Ranks
from ganlab.pixels import from_uint8

BY_CAPTION = {shape.caption(): shape for shape in everything()}
CPU = torch.device("cpu")


class Draws:
    """A model that draws what ``change`` makes of each caption, exactly."""

    def __init__(self, change=lambda caption: caption) -> None:
        self.change = change

    def draw(self, captions, *, seed, averaged, batch_size, rank=0, world=1):
        shapes = [BY_CAPTION[self.change(caption)] for caption in captions]
        pixels = draw(shapes, 32, 32, torch.Generator().manual_seed(seed))
        return iter(from_uint8(pixels)[rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights" if averaged else "weights in training"


@pytest.fixture(scope="module")
def data() -> Shapes:
    return Shapes(images_per_caption=3)


def scored(metric, data, model, ranks=None) -> dict[str, float]:
    metric.prepare(data.dataset("train"), data.dataset("test"), CPU)
    return {name: score.value for name, score in metric.evaluate(model, ranks or Ranks()).items()}


def test_a_model_that_draws_what_is_said_is_right_and_one_that_mixes_up_left_and_right_is_not(data):
    metric = AttributeAccuracy(n_fake=200, batch_size=64)
    assert metric.names()[:2] == ["attributes", "exact"]
    assert set(scored(metric, data, Draws()).values()) == {1.0}

    def mirrored(caption: str) -> str:
        side = "right" if "left" in caption else "left"
        return caption.replace("left", side) if side == "right" else caption.replace("right", side)

    scores = scored(metric, data, Draws(mirrored))
    assert (scores["horizontal"], scores["horizontal_held_out"], scores["exact"]) == (0, 0, 0)
    assert scores["colour"] == scores["vertical_held_out"] == 1
    assert scores["attributes"] == pytest.approx(0.8)


def test_the_shape_is_scored_by_size_and_a_size_that_no_caption_names_has_no_score(data):
    metric = AttributeAccuracy(n_fake=240)

    def small_squares_as_circles(caption: str) -> str:
        return caption.replace("square", "circle") if "small" in caption else caption

    scores = scored(metric, data, Draws(small_squares_as_circles))
    assert scores["shape_small"] == pytest.approx(2 / 3, abs=0.03)
    assert scores["shape_large"] == 1
    small = ["a small red circle at the top left"]
    assert "shape_large" not in metric.values(said(small), small)


def test_floor_baseline_and_protocol(data):
    metric = AttributeAccuracy(n_fake=24)
    metric.prepare(data.dataset("train"), data.dataset("test"), CPU)
    score = metric.evaluate(Draws())["shape_held_out"]
    assert (score.floor, score.better) == (1.0, "higher")
    assert score.baseline == pytest.approx(1 / 3)
    assert metric.evaluate(Draws())["exact"].baseline == pytest.approx(1 / 96)
    assert score.protocol["baseline"] == "chance"
    assert score.protocol["measured"].endswith("12 captions that were held out")
    assert score.protocol["floor_n"] == 24


def test_two_processes_score_what_one_does(data):
    fixed = "a large red circle at the top left"
    alone = scored(AttributeAccuracy(n_fake=31, batch_size=4), data, Draws(lambda caption: fixed))
    captions = [data.dataset("train").texts[index * 84 // 31] for index in range(31)]

    def gather(value):
        theirs = torch.zeros_like(value)
        if value.ndim:
            part = texts[which["part"]]
            rows = read(draw([BY_CAPTION[fixed]] * 31, 32, 32, torch.Generator().manual_seed(0)))[1::2]
            theirs[: len(rows)] = rows
            which["part"] += 1
            assert len(part) == 31
        return torch.stack([value, theirs])

    texts, which = [captions, captions], {"part": 0}
    both = scored(
        AttributeAccuracy(n_fake=31, batch_size=4), data, Draws(lambda caption: fixed), Ranks(0, 2, gather)
    )
    assert both == alone


def test_pictures_that_are_not_finite_give_no_scores(data, caplog):
    class Broken(Draws):
        def draw(self, captions, **options):
            return (images * math.nan for images in super().draw(captions, **options))

    with caplog.at_level(logging.WARNING, "ganlab"):
        assert set(scored(AttributeAccuracy(n_fake=20), data, Broken()).values()) == {None}
    assert "20 of 20 drawn captions are not finite" in caplog.text


def test_r_precision_of_right_pictures_of_pictures_of_one_caption_and_of_none(data):
    metric = RPrecision(matcher=ShapeMatcher(), n_fake=96, candidates=100)
    assert scored(metric, data, Draws()) == {"r_precision_shapes": 1.0, "r_precision_shapes_held_out": 1.0}
    one = scored(metric, data, Draws(lambda caption: "a large red circle at the top left"))
    assert one["r_precision_shapes"] == pytest.approx(1 / 84, abs=0.02)
    assert one["r_precision_shapes_held_out"] == 0
    assert metric.evaluate(Draws())["r_precision_shapes"].baseline == pytest.approx(1 / 96)

    class Blank(Draws):
        def draw(self, captions, **options):
            return (torch.full_like(images, -1) for images in super().draw(captions, **options))

    few = RPrecision(matcher=ShapeMatcher(), n_fake=96, candidates=4)
    blank = scored(few, data, Blank())  # all four are as near: each counts for a quarter
    assert blank["r_precision_shapes"] == pytest.approx(1 / 4)


def test_other_data_is_refused(data):
    digits = Digits()
    for metric in (AttributeAccuracy(), RPrecision(matcher=ShapeMatcher())):
        with pytest.raises(UserError, match="compares images with their captions, and this data has none"):
            metric.prepare(digits.dataset("train"), digits.dataset("test"), CPU)
    with pytest.raises(UserError, match=r"'a red bird' does not say one size \(small, large\)"):
        said(["a red bird"])
    with pytest.raises(UserError, match="n_fake=0"):
        AttributeAccuracy(n_fake=0)
    with pytest.raises(UserError, match="candidates=1"):
        RPrecision(matcher=ShapeMatcher(), candidates=1)


def test_the_reader_knows_the_words_of_the_data(data):
    assert {word for words in WORDS.values() for word in words} <= set(data.classes)
