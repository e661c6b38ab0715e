"""Scores between two domains: distances for each direction, the cycle, and pairs that training never sees."""

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.distances.frechet import frechet_distance
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.extractors.inception import InceptionFeatures
from ganlab.metrics.real.description import Description
from ganlab.metrics.scores import suit
from ganlab.metrics.translation.known_pairs import KnownPairScores
from ganlab.metrics.translation.unpaired import UnpairedScores
from ganlab.pixels import from_uint8, to_uint8
from tests.support.extractors import Pooled
from tests.support.ranks import together
from tests.support.translators import Answers, TwoDomains, noise

CPU = torch.device("cpu")


@pytest.fixture
def make(tmp_path):
    def make(kind=UnpairedScores, **options):
        defaults = {"extractor": Pooled(), "split": "train", "cache_folder": tmp_path / "cache"}
        return kind(**{**defaults, **options})

    return make


def dark_and_bright(n_a: int, n_b: int, seed: int = 0) -> TwoDomains:
    """Pictures of the dark half of all greys, and of the bright half."""
    return TwoDomains(
        MemoryImages(noise(n_a, 1, 8, 8, seed) // 2), MemoryImages(noise(n_b, 1, 8, 8, seed + 1) // 2 + 127)
    )


def shift(batch):
    """The truth, there and back; grey values stay whole numbers."""
    step = 127 / 127.5
    made = {"b": batch["a"] + step, "a": batch["b"] - step}
    return {**made, "cycle_a": made["b"] - step, "cycle_b": made["a"] + step}


def test_each_direction_against_its_domain_beside_the_identity_map(make):
    train, test = dark_and_bright(40, 60), dark_and_bright(20, 30, seed=5)
    metric = make(scores=["fid", "diversity"], batch_size=7)
    assert metric.names() == [
        "fid_pooled_a_to_b",
        "fid_pooled_b_to_a",
        "diversity_pooled_a_to_b",
        "diversity_pooled_b_to_a",
        "cycle_l1",
    ]
    metric.prepare(train, test, CPU)
    found = metric.evaluate(Answers(shift))
    for direction in ("a_to_b", "b_to_a"):
        score = found[f"fid_pooled_{direction}"]
        assert score.value < 2 * score.floor < score.baseline / 4
    assert found["cycle_l1"].value < 1e-9
    assert found["cycle_l1"].baseline == 0
    sizes = [
        (found[f"fid_pooled_{way}"].protocol[key])
        for way in ("a_to_b", "b_to_a")
        for key in ("n_fake", "n_real")
    ]
    assert sizes == [20, 60, 30, 40]


def test_every_picture_counts_once_however_often_the_longer_side_meets_it(make):
    train, test = dark_and_bright(40, 60), dark_and_bright(20, 30, seed=5)
    metric = make(scores=["fid"], batch_size=7)
    metric.prepare(train, test, CPU)
    found = metric.evaluate(Answers(shift))["fid_pooled_a_to_b"].value
    images = test.side("a").images(torch.arange(20))
    seen = Pooled()(to_uint8(shift({"a": from_uint8(images), "b": from_uint8(images)})["b"]))
    real = Pooled()(train.side("b").images(torch.arange(60)))
    expected = frechet_distance(Description.of(*real).gaussian, Description.of(*seen).gaussian)
    assert found == pytest.approx(expected, rel=1e-9)

    def off_by_more_for_the_first(batch):
        """Each a is off by 51 of 255, but the ten that are met twice by 102."""
        made = shift(batch)
        ten = torch.tensor([bool((image == first).all()) for image in batch["a"]])
        return {**made, "cycle_a": batch["a"] + torch.where(ten, 0.8, 0.4)[:, None, None, None]}

    first = from_uint8(images[0])
    metric = make(scores=[], batch_size=30)
    metric.prepare(train, test, CPU)
    found = metric.evaluate(Answers(off_by_more_for_the_first))["cycle_l1"]
    assert found.value == pytest.approx((19 * 0.2 + 0.4) / 20 / 2)


def test_several_processes_score_what_one_does(make):
    train, test = dark_and_bright(40, 60), dark_and_bright(20, 31, seed=5)

    def work(ranks):
        metric = make(batch_size=4)
        metric.prepare(train, test, CPU, ranks)
        return {name: score.value for name, score in metric.evaluate(Answers(shift), ranks).items()}

    [alone] = together(1, work)
    both = together(3, work)
    assert both[0] == alone
    assert set(both[1].values()) == {None}, "the values hold on the first"


@pytest.fixture(scope="module")
def letters():
    """Two styles of the same letters, b in another order, and held out with other letters in train."""
    from ganlab.data.images.packaged import Glyphs

    glyphs = Glyphs(characters="upper", image_size=32)
    held_out = glyphs.dataset("train")
    first, second = [], []
    for label in range(26):
        of_one = (held_out.targets == label).nonzero()
        first.append(int(of_one[0]))
        second.append(int(of_one[1]))
    order = torch.randperm(26, generator=torch.Generator().manual_seed(3))

    def side(indices):
        chosen = torch.tensor(indices)
        return MemoryImages(held_out.pixels[chosen], held_out.targets[chosen], held_out.classes)

    return TwoDomains(side(first), side([second[i] for i in order]), truth=order.argsort())


def test_hidden_pairs_say_what_a_translation_is_worth(make, letters):
    metric = make(KnownPairScores, extractor=EmbeddedFeatures(data="glyphs"), scores=["fid"])
    metric.prepare(letters, letters, CPU)
    real = letters.side("b")

    def truth(batch):
        """Knows each a by its pixels."""
        which = torch.tensor([row_of(letters.side("a"), image) for image in batch["a"]])
        b = from_uint8(real.images(letters.truth[which]))
        return {"b": b, "a": batch["a"], "cycle_a": batch["a"], "cycle_b": batch["b"]}

    found = metric.evaluate(Answers(truth))
    assert list(found)[-3:] == ["hidden_l1", "retrieval", "accuracy_glyphs"]
    assert (found["hidden_l1"].value, found["retrieval"].value) == (0.0, 1.0)
    assert found["accuracy_glyphs"].value > 0.9
    identity = {name: found[name].baseline for name in ("hidden_l1", "retrieval")}
    a, b = (letters.side(name).pixels.double().flatten(1) / 255 for name in "ab")
    distances = (a[:, None] - b).abs().mean(2)
    assert identity["hidden_l1"] == pytest.approx(float(distances[torch.arange(26), letters.truth].mean()))
    assert identity["retrieval"] == float((distances.argmin(1) == letters.truth).double().mean()) < 1
    mixed = metric.evaluate(Answers(lambda batch: {**truth(batch), "b": truth(batch)["b"].roll(1, 0)}))
    assert mixed["retrieval"].value == 0
    assert mixed["accuracy_glyphs"].value < 0.1
    assert mixed["fid_glyphs_a_to_b"].value == pytest.approx(found["fid_glyphs_a_to_b"].value, abs=1e-6)


def row_of(images, image) -> int:
    return int((from_uint8(images.pixels) == image).flatten(1).all(1).nonzero())


def test_a_reader_of_other_classes_reads_nothing(make, letters, caplog):
    metric = make(KnownPairScores, extractor=EmbeddedFeatures(data="digits"), scores=["fid"])
    metric.prepare(letters, letters, CPU)
    assert (
        "accuracy_digits will be absent: digits does not tell the classes of this data apart" in caplog.text
    )
    assert "accuracy_digits" not in metric.evaluate(Answers(lambda batch: metric.trivial(batch)))


def test_without_weights_only_the_cycle_is_scored(make, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    metric = make(extractor=InceptionFeatures())
    assert metric.names() == ["cycle_l1"]
    assert "fid, kid, diversity between the domains will be absent" in caplog.text
    both = dark_and_bright(5, 5)
    metric.prepare(both, both, CPU)
    assert metric.evaluate(Answers(shift))["cycle_l1"].value < 1e-9
    with pytest.raises(UserError, match=r"weights-inception.* is missing"):
        make(extractor=InceptionFeatures(), on_missing="error")


def test_too_few_pictures_for_a_distance(make, caplog):
    few, some = dark_and_bright(3, 30), dark_and_bright(10, 10)
    metric = make(allow_small=False)
    metric.prepare(some, some, CPU)
    assert [name.split("_")[0] for name in metric.names()] == [
        "kid",
        "kid",
        "diversity",
        "diversity",
        "cycle",
    ]
    assert "a side has 10; score by kid instead, or set allow_small=true" in caplog.text
    metric = make()
    metric.prepare(few, few, CPU)
    assert metric.names() == ["cycle_l1"]
    with pytest.raises(UserError, match="a side of 3 images is fewer than the 4"):
        make(on_missing="error").prepare(few, few, CPU)


def test_pairs_that_nobody_knows_are_refused(make):
    both = dark_and_bright(5, 5)
    with pytest.raises(UserError, match=r"does not know which b belongs to an a, .* try metrics=unpaired"):
        make(KnownPairScores).prepare(both, both, CPU)


def one_way(answer, *directions):
    """A model that translates in one direction, and goes around no cycle."""
    model = Answers(lambda batch: {key: answer(batch)[key] for key in directions})
    model.directions = tuple({"b": "a_to_b", "a": "b_to_a"}[key] for key in directions)
    model.panels = model.convert = model.translate  # what a Translator has besides
    return model


@pytest.mark.parametrize(("made", "direction"), [("b", "a_to_b"), ("a", "b_to_a")])
def test_a_model_of_one_direction_is_scored_in_it_alone(make, made, direction):
    train, test = dark_and_bright(40, 60), dark_and_bright(20, 30, seed=5)
    both, metric, model = make(scores=["fid"]), make(scores=["fid"]), one_way(shift, made)
    suit([metric], model)
    assert metric.names() == list(metric.better()) == [f"fid_pooled_{direction}"]
    for one in (both, metric):
        one.prepare(train, test, CPU)
    found, expected = metric.evaluate(model), both.evaluate(Answers(shift))
    assert found == {f"fid_pooled_{direction}": expected[f"fid_pooled_{direction}"]}


def test_pairs_say_nothing_of_the_way_back(make, letters):
    options = {"extractor": EmbeddedFeatures(data="glyphs"), "scores": ["fid"]}
    metric = make(KnownPairScores, **options)
    suit([metric], one_way(lambda batch: {"a": batch["b"]}, "a"))
    metric.prepare(letters, letters, CPU)
    assert list(metric.evaluate(one_way(lambda batch: {"a": batch["b"]}, "a"))) == ["fid_glyphs_b_to_a"]
    metric = make(KnownPairScores, **options)
    suit([metric], one_way(lambda batch: {"b": batch["a"]}, "b"))
    metric.prepare(letters, letters, CPU)
    found = metric.evaluate(one_way(lambda batch: {"b": batch["a"]}, "b"))
    assert list(found) == ["fid_glyphs_a_to_b", "hidden_l1", "retrieval", "accuracy_glyphs"]
    assert all(score.value == score.baseline for score in found.values())
