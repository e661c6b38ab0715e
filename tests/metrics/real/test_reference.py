"""Real images described once: what is compared with them, their floor, and what is left out."""

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.distances.frechet import frechet_distance
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.reference import Features, Reference
from tests.support.extractors import Pooled
from tests.support.translators import noise


def images(n, seed=0):
    return MemoryImages(noise(n, 1, 8, 8, seed))


@pytest.fixture
def features(tmp_path):
    def make(**options):
        usual = {
            "extractor": Pooled(),
            "scores": ["fid", "kid"],
            "split": "train",
            "minimum": 4,
            "options": {"neighbours": 3},
            "on_missing": "skip",
            "allow_small": False,
            "batch_size": 16,
            "cache_folder": tmp_path / "cache",
        }
        return Features(**{**usual, **options})

    return make


def seen(pictures):
    return Description.of(*Pooled()(pictures.images(torch.arange(len(pictures)))))


def test_the_floor_is_what_held_out_images_score(features):
    real, held_out = images(60), images(40, seed=1)
    reference = Reference(features(), real, held_out)
    expected = frechet_distance(seen(real).gaussian, seen(held_out).gaussian)
    assert reference.floors["fid"] == pytest.approx(expected, rel=1e-9)
    assert reference.floor_n == 40
    assert reference.values(seen(held_out))["fid"][0] == pytest.approx(expected, rel=1e-9)
    assert reference.values(seen(real))["fid"][0] < expected / 1e6


def test_too_few_held_out_give_no_floor(features):
    for n in (0, 3):
        reference = Reference(features(), images(60), images(n, seed=1))
        assert (reference.floors, reference.floor_n) == ({}, None)
    assert Reference(features(), images(60), images(4, seed=1)).floor_n == 4


def test_the_same_images_are_described_once_for_all_who_compare_with_them(features):
    first, second = features(), features(scores=["diversity"])
    Reference(first, images(60), images(40, seed=1))
    Reference(second, images(40, seed=1), images(60))  # the other way round
    assert (first.extractor.images, second.extractor.images) == (100, 0)


def test_a_score_once_though_it_was_named_twice(features):
    assert features(scores=["kid", "fid", "kid"]).scores == ["kid", "fid"]


@pytest.mark.parametrize(
    ("n", "options", "refused"),
    [(16, {}, True), (17, {}, False), (16, {"allow_small": True}, False), (2, {"scores": ["kid"]}, False)],
)
def test_fid_needs_more_images_than_features(features, n, options, refused):
    assert bool(features(**options).fault_of_fid(n)) is refused


def test_what_is_missing_stops_the_run_or_is_left_out(features, caplog):
    class Absent(Pooled):
        def prepare(self):
            raise UserError("put the file there")

    with pytest.raises(UserError, match="put the file there"):
        features(extractor=Absent(), on_missing="error").require_weights(called="all")
    lenient = features(extractor=Absent())
    lenient.require_weights(called="all")
    assert lenient.scores == []
    assert "all will be absent: put the file there" in caplog.text
    some = features()
    some.give_up(["fid"], UserError("too few"), called="fid")
    assert some.scores == ["kid"]


def test_the_split_says_what_is_compared(features):
    assert features().sides("train's", "test's") == ("train's", "test's")
    assert features(split="test").sides("train's", "test's") == ("test's", "train's")
