"""Scores of a generator: what is compared with what, under which protocol, and what is refused."""

import logging

import pytest
import torch
from safetensors.torch import load_file, save_file

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.images.distribution import DistributionScores
from ganlab.metrics.real import cache
from ganlab.metrics.real.measures import OF_FEATURES
from tests.support.extractors import Pooled, pictures
from tests.support.ranks import together


class Fakes:
    """Gives fixed pictures, as a generator would."""

    def __init__(self, images: torch.Tensor) -> None:
        self.images = images
        self.asked: dict = {}

    def samples(self, n, *, seed, averaged, batch_size, rank, world):
        self.asked = {"n": n, "seed": seed, "averaged": averaged}
        return iter(self.images[:n][rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights" if averaged else "weights in training"


def as_floats(pixels):
    return pixels.float() / 127.5 - 1


@pytest.fixture
def real():
    return MemoryImages(pictures(60)), MemoryImages(pictures(40, seed=1))


@pytest.fixture
def scorer(tmp_path):
    def make(**options):
        defaults = {
            "n_fake": 50,
            "batch_size": 16,
            "scores": list(OF_FEATURES),
            "cache_folder": tmp_path / "cache",
        }
        return DistributionScores(extractor=options.pop("extractor", Pooled()), **{**defaults, **options})

    return make


def prepared(scores, real, ranks=None):
    scores.prepare(*real, torch.device("cpu"), **({} if ranks is None else {"ranks": ranks}))
    return scores


def test_equal_distributions_score_like_held_out_images_and_noise_scores_worse(scorer, real):
    scores = prepared(scorer(), real)
    good = scores.evaluate(Fakes(as_floats(pictures(50, seed=2))))
    bad = scores.evaluate(
        Fakes(torch.zeros(50, 1, 8, 8) + torch.linspace(-0.1, 0.1, 50)[:, None, None, None])
    )
    assert set(good) == {f"{name}_pooled" for name in OF_FEATURES}
    assert good["fid_pooled"].value == pytest.approx(good["fid_pooled"].floor, rel=0.5)
    assert bad["fid_pooled"].value > 3 * good["fid_pooled"].value
    assert bad["kid_pooled"].value > 0.2 > abs(good["kid_pooled"].value)
    assert bad["recall_pooled"].value == 0.0 < good["recall_pooled"].value
    assert bad["diversity_pooled"].value < 0.3 < 0.9 < good["diversity_pooled"].value < 1.1
    assert bad["classes_pooled"].value < good["classes_pooled"].value


def test_every_score_carries_its_protocol(scorer, real):
    model = Fakes(as_floats(pictures(50, seed=2)))
    found = prepared(scorer(averaged=False, seed=5), real).evaluate(model)
    assert model.asked == {"n": 50, "seed": 5, "averaged": False}
    protocol = found["fid_pooled"].protocol
    assert protocol == {
        "measured": "pooled features (weights abababab, patch means) against 60 images of the train split",
        "extractor": "pooled",
        "weights": "abababab",
        "resize": "patch means",
        "images": real[0].fingerprint()[:8],
        "split": "train",
        "n_real": 60,
        "n_fake": 50,
        "sampled_from": "weights in training",
        "seed": 5,
        "floor_n": 40,
    }
    assert found["kid_pooled"].protocol == {**protocol, "subsets": 100, "subset_size": 50}
    assert found["is_pooled"].protocol == {**protocol, "splits": 10}
    assert found["recall_pooled"].protocol == {**protocol, "neighbours": 3}


def test_the_other_split_gives_the_floor(scorer, real):
    found = prepared(scorer(split="test"), real).evaluate(Fakes(as_floats(pictures(50, seed=2))))
    protocol = found["fid_pooled"].protocol
    assert (protocol["split"], protocol["n_real"], protocol["floor_n"]) == ("test", 40, 60)
    alone = prepared(scorer(), (real[0], MemoryImages(pictures(3)))).evaluate(
        Fakes(as_floats(pictures(50, seed=2)))
    )
    assert {score.floor for score in alone.values()} == {None}


def test_P4_two_processes_score_what_one_does(tmp_path, scorer, real):
    model = Fakes(as_floats(pictures(50, seed=2)))
    alone = prepared(scorer(), real).evaluate(model)

    def work(ranks):
        scores = scorer(cache_folder=tmp_path / "other")
        return prepared(scores, real, ranks).evaluate(Fakes(model.images), ranks)

    first, second = together(2, work)
    assert {name: score.value for name, score in first.items()} == pytest.approx(
        {name: score.value for name, score in alone.items()}, rel=1e-5
    )
    assert {score.value for score in second.values()} == {None}  # it is told what the first has found


def test_N10_images_that_are_not_finite_have_no_score(scorer, real, caplog):
    images = as_floats(pictures(50, seed=2))
    images[7, 0, 0, 0], images[9] = float("nan"), float("inf")
    with caplog.at_level(logging.WARNING):
        found = prepared(scorer(), real).evaluate(Fakes(images))
    assert {score.value for score in found.values()} == {None}
    assert "2 of 50 generated images are not finite" in caplog.text


def test_N11_images_out_of_range_are_clipped_and_told_of_once(scorer, real, caplog):
    pixels = pictures(50, seed=2).float()
    scores = prepared(scorer(), real)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            scores.evaluate(Fakes(pixels))
    assert caplog.text.count("lie outside [-1, 1]") == 1


def test_N10_fid_from_fewer_images_than_features_is_refused(scorer, real, caplog):
    with pytest.raises(UserError, match=r"n_fake=16: FID in 16 features needs more .* allow_small=true"):
        scorer(n_fake=16)
    few = MemoryImages(pictures(12)), real[1]
    with pytest.raises(UserError, match="the 12 images of the train split: FID in 16 features"):
        prepared(scorer(), few)
    with caplog.at_level(logging.WARNING):
        found = prepared(scorer(on_missing="skip"), few).evaluate(Fakes(as_floats(pictures(50))))
    assert "fid_pooled will be absent" in caplog.text
    assert set(found) == {f"{name}_pooled" for name in OF_FEATURES if name != "fid"}
    allowed = prepared(scorer(allow_small=True), few).evaluate(Fakes(as_floats(pictures(50))))
    assert allowed["fid_pooled"].value > 0


def test_bad_options_are_named(scorer, real):
    with pytest.raises(UserError, match="there is no score 'fidd'; did you mean fid"):
        scorer(scores=["kid", "fidd"])
    with pytest.raises(UserError, match="scores is empty"):
        scorer(scores=[])
    with pytest.raises(UserError, match="n_fake=9: these scores need at least 10 images"):
        scorer(n_fake=9)
    with pytest.raises(UserError, match="the 5 images of the train split are fewer than the 10"):
        prepared(scorer(), (MemoryImages(pictures(5)), real[1]))


def test_S15_missing_weights_stop_the_run_or_leave_the_scores_out(scorer, real, caplog):
    class Absent(Pooled):
        def prepare(self):
            raise UserError("put the file there")

    with pytest.raises(UserError, match="put the file there"):
        scorer(extractor=Absent())
    with caplog.at_level(logging.WARNING):
        scores = prepared(scorer(extractor=Absent(), on_missing="skip"), real)
    assert "put the file there" in caplog.text
    assert scores.names() == []
    assert scores.evaluate(Fakes(as_floats(pictures(50)))) == {}


def test_real_features_are_computed_once(scorer, real, tmp_path):
    first, second = Pooled(), Pooled()
    one = prepared(scorer(extractor=first), real).evaluate(Fakes(as_floats(pictures(50, seed=2))))
    two = prepared(scorer(extractor=second), real).evaluate(Fakes(as_floats(pictures(50, seed=2))))
    assert (first.images, second.images) == (60 + 40 + 50, 50)
    assert {name: score.value for name, score in one.items()} == {
        name: score.value for name, score in two.items()
    }


@pytest.mark.parametrize("damage", ["truncated", "flipped", "other tensors", "empty"])
def test_a_damaged_cache_is_computed_anew(scorer, real, tmp_path, caplog, damage):
    prepared(scorer(), real)
    for path in (tmp_path / "cache").iterdir():
        content = path.read_bytes()
        if damage == "truncated":
            path.write_bytes(content[:-100])
        elif damage == "flipped":
            path.write_bytes(content[:-50] + bytes([content[-50] ^ 1]) + content[-49:])
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            save_file({"a": torch.zeros(2)}, path)
    extractor = Pooled()
    with caplog.at_level(logging.WARNING):
        prepared(scorer(extractor=extractor), real)
    assert caplog.text.count("are damaged (") == 2
    assert extractor.images == 100
    extractor = Pooled()
    prepared(scorer(extractor=extractor), real)
    assert extractor.images == 0  # repaired


def test_the_cache_key_depends_on_images_extractor_and_format(real, monkeypatch):
    keys = [cache.key_of(real[0], Pooled()), cache.key_of(real[1], Pooled())]
    for name, value in (("weights", "cd" * 32), ("resize", "other"), ("name", "other")):
        extractor = Pooled()
        setattr(extractor, name, value)
        keys.append(cache.key_of(real[0], extractor))
    monkeypatch.setattr(cache, "FORMAT", "0")  # written by another version
    keys.append(cache.key_of(real[0], Pooled()))
    assert len(set(keys)) == len(keys)


def test_a_cache_that_cannot_be_written_costs_a_warning_only(scorer, real, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        prepared(scorer(cache_folder=tmp_path / "file" / "cache"), real)
    assert "GANLAB_CACHE" in caplog.text
    assert not list(tmp_path.rglob("*.partial"))


def test_the_cache_keeps_everything_in_full_precision(scorer, real, tmp_path):
    scores = prepared(scorer(), real)
    (path,) = [p for p in (tmp_path / "cache").iterdir() if int(load_file(p)["n"]) == 60]
    kept = load_file(path)
    assert kept["covariance"].dtype == torch.float64
    assert torch.equal(kept["features"], scores.reference.real.features)
    assert torch.equal(kept["covariance"], scores.reference.real.gaussian.covariance)
