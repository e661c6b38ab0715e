"""What pictures taken to another domain are read as."""

import pytest
import torch

from ganlab.data.translation.fonts import FontsDomains
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.extractors.inception import InceptionFeatures
from ganlab.metrics.translation.domains import DomainScores, LinearReader
from tests.support.translators import Answers

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def letters():
    data = FontsDomains(characters="upper", batch_size=4)
    return data.dataset("train"), data.dataset("test")


@pytest.fixture(scope="module")
def metric(letters):
    metric = DomainScores(extractor=EmbeddedFeatures(data="glyphs"), real=1000)
    metric.prepare(*letters, CPU)
    return metric


def test_the_true_letters_are_read_as_well_as_held_out_ones(metric, letters):
    _, test = letters
    pictures = test.batch(torch.arange(len(test)))["image"]

    def truth(batch):
        """The same letter in the wanted style; a letter is known by its pixels."""
        places = [int((pictures == image).flatten(1).all(1).nonzero()[0]) for image in batch["image"]]
        right = pictures[torch.tensor(places) % 26 + 26 * batch["wanted"]]
        return {"latent": right, "reference": right.roll(1, 0)}

    names = ["accuracy_latent_glyphs", "accuracy_reference_glyphs", "style_diversity_glyphs", "kept_glyphs"]
    assert metric.names() == names
    found = metric.evaluate(Answers(truth))
    assert found[names[0]].value == pytest.approx(found[names[0]].floor, abs=0.02)
    assert found[names[0]].floor > 0.95, "the reader, of letters that it has not seen"
    assert found[names[0]].baseline < 0.05
    assert found[names[1]].value < found[names[0]].value, "other pictures' domains were wanted of those"
    assert found[names[2]].value == 0
    assert found[names[3]].value > 0.9


def test_styles_that_differ_are_seen_to(metric):
    answers = Answers(lambda batch: {"latent": torch.rand_like(batch["image"]), "reference": batch["image"]})
    found = metric.evaluate(answers)
    assert found["style_diversity_glyphs"].value > 0.05
    assert found["kept_glyphs"].value < 0.3


def test_without_weights_or_known_contents_scores_are_absent(letters, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    metric = DomainScores(extractor=InceptionFeatures())
    metric.prepare(*letters, CPU)
    assert metric.names() == []
    assert "will be absent" in caplog.text
    digits = DomainScores(extractor=EmbeddedFeatures(data="digits"), real=100)
    digits.prepare(*letters, CPU)
    assert digits.names()[-1] == "style_diversity_digits", "it tells no letters apart"


def test_a_linear_reader_is_least_squares_of_the_classes_and_a_feature_without_spread_is_no_fault():
    torch.manual_seed(0)
    labels = torch.arange(300) % 3
    features = torch.randn(300, 4) + 3 * torch.eye(3, 4)[labels]
    features[:, 3] = 7.0
    reader = LinearReader(features, labels, ridge=1e-9)
    assert (reader(features) == labels).double().mean() > 0.9
    assert torch.equal(
        reader(features), LinearReader(100 * features - 5, labels, ridge=1e-9)(100 * features - 5)
    )
    rows = torch.cat([features[:, :3], torch.ones(300, 1)], dim=1).double()
    theirs = torch.linalg.lstsq(rows, torch.eye(3).double()[labels]).solution
    assert torch.equal(reader(features), (rows @ theirs).argmax(1))
    shuffled = labels[torch.randperm(300)]
    control = LinearReader(features, shuffled)
    assert (control(features) == shuffled).double().mean() < 0.5


@pytest.mark.parametrize(("characters", "size"), [("digits", 16), ("all", 32)])
def test_held_out_letters_of_the_embedded_fonts_are_read_as_of_their_domain(characters, size):
    data = FontsDomains(characters=characters, image_size=size)
    metric = DomainScores(extractor=EmbeddedFeatures(data="glyphs"), n=2)
    metric.prepare(data.dataset("train"), data.dataset("test"), CPU)
    assert all(floor >= 0.95 for floor in metric.floors.values())
