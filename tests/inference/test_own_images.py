"""Images of one's own that are transparent and not square: all that can be done with a run that learned them."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

import ganlab
from ganlab.config import compose, save_config
from ganlab.inference.evaluate import evaluate
from ganlab.inference.export.formats import export
from ganlab.inference.export.graphs import graphs_of
from ganlab.inference.export.usage import lines_without_ganlab
from ganlab.inference.sample import write_samples
from ganlab.inference.scoring.kinds.find import side
from ganlab.inference.scoring.result import Settings
from ganlab.inference.scoring.score import score
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.images.distribution import DistributionScores
from ganlab.training.run import train
from tests.support.pictures import icons
from tests.support.runs import differences, training_state
from tests.support.scoring import pooled_lens

SHAPE = (4, 16, 24)
SAID = "RGBA laid on mid-grey (128), grey, bilinear to 32x32, 16x24 squeezed to a square"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return icons(tmp_path_factory.mktemp("icons") / "root", 100, "RGBA", "P", "RGB")


def digits() -> DistributionScores:
    return DistributionScores(extractor=EmbeddedFeatures(data="digits"), scores=["fid"], n_fake=80)


def words(home, *more: str) -> list[str]:
    return [
        *(
            "data=folder",
            f"data.root={home}",
            "data.channels=4",
            "data.image_size=[16,24]",
            "data.batch_size=8",
        ),
        *("model=dcgan", "model.generator.width=8", "model.discriminator.width=8", "trainer=cpu"),
        *("callbacks.samples.n=4", "data.workers=0", *more),
    ]


@pytest.fixture(scope="module")
def run(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    scores = ["metrics=digits", "metrics.digits.n_fake=80", "metrics.digits.scores=[fid,kid]"]
    cfg = compose(words(home, "trainer.max_steps=4", *scores))
    save_config(cfg, folder, [])
    train(cfg, folder)
    return folder


def test_scores_say_what_a_transparent_image_is_to_their_network(run):
    results = json.loads((run / "results.json").read_text())
    assert results["scores"]["fid_digits"]["protocol"]["resize"] == SAID
    assert SAID in results["scores"]["fid_digits"]["protocol"]["measured"]
    again = evaluate(run, {"digits": digits()}, checkpoint="last")["scores"]
    name = next(name for name in again if name.endswith("fid_digits"))
    assert again[name]["value"] == pytest.approx(results["last"]["val/fid_digits"], rel=1e-4)
    assert again[name]["protocol"]["resize"] == SAID


def test_samples_are_transparent_files_and_their_sheet_is_not(run, tmp_path):
    model = ganlab.load(run)
    assert model.sample(2).shape == (2, *SHAPE)
    written = write_samples(run, n=3, output=tmp_path / "samples")
    with Image.open(written / "000000.png") as one, Image.open(written / "grid.png") as sheet:
        assert (one.mode, one.size, sheet.mode) == ("RGBA", (24, 16), "RGB")
    shown = sorted((run / "samples").glob("*.png"))
    with Image.open(shown[-1]) as sheet:
        assert sheet.mode == "RGB"


def test_an_export_draws_the_same_and_its_lines_write_transparent_files(run, tmp_path, monkeypatch):
    drawn = ganlab.load(run).sample(2, seed=3)
    exported = export(run, output=tmp_path / "weights").folder
    assert torch.equal(ganlab.load(exported).sample(2, seed=3), drawn)
    written = export(run, output=tmp_path / "onnx", form="onnx").folder  # which compares what it writes
    monkeypatch.chdir(written)
    graph = graphs_of(ganlab.load(run))[0]
    exec("\n".join(lines_without_ganlab(ganlab.load(run), graph, "onnx")), {})
    with Image.open(written / "drawn.png") as sheet:
        assert (sheet.mode, sheet.size) == ("RGBA", (16 * 24, 16))


def test_a_stopped_run_goes_on_bit_for_bit(run, home, tmp_path):
    half = tmp_path / "half"
    for steps, resume in ((2, "null"), (4, half)):
        words_then = words(home, f"trainer.max_steps={steps}", f"resume={resume}", "metrics=none")
        train(compose(words_then), half)
    assert not differences(training_state(half)["state_dict"], training_state(run)["state_dict"])


@pytest.mark.parametrize("protocol", ["ganlab", "test"])
def test_a_score_lays_them_on_a_ground_and_libraries_drop_their_alpha(run, home, protocol):
    lens = pooled_lens(scores=["kid"])
    lens = lens._replace(protocol=replace(lens.protocol, name=protocol))
    drawn = {"n": 30, "seed": 0, "averaged": True, "checkpoint": "last", "device": torch.device("cpu")}
    sides = [side("a", str(word), on_corrupt="error", workers=1, **drawn) for word in (run, home)]
    settings = Settings(cache_folder=None, scores=["kid", "swd"])
    result = score([sides[0]], sides[1], [lens], settings, show=lambda line: None)
    how = "laid on mid-grey (128)" if protocol == "ganlab" else "taken as if they were not"
    assert any(f"67 of 100 images are transparent, and {how}" in note for note in result.notes)
    assert result.scores["test"]["kid_pooled"].value is not None
