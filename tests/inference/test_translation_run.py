"""From training to scores and pictures of a run that translates, once."""

import json

import pytest

from ganlab.cli import main
from ganlab.config import compose
from ganlab.training.run import train

QUICK = [
    "model=pix2pix",
    "model.generator.width=4",
    "model.discriminator.width=4",
    "data=fonts_paired",
    "data.characters=digits",
    "data.batch_size=4",
    "metrics=pairs",
    "metrics.pairs.perceptual=null",
    "callbacks=translation",
    "callbacks.quality.every_images=8",
    "callbacks.samples.every_images=8",
    "callbacks.samples.gallery=5",
    "trainer=cpu",
    "trainer.max_steps=3",
    "trainer.channels_last=false",  # dropout, the noise, is drawn in the order that pixels lie in memory
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(compose(QUICK), folder)
    return folder


def test_results_hold_what_the_identity_map_scores(run):
    scores = json.loads((run / "results.json").read_text())["scores"]
    assert list(scores) == ["l1", "psnr", "ssim", "diversity_noise"]
    assert scores.pop("diversity_noise")["protocol"]["baseline"] == "one answer for each picture"
    for score in scores.values():
        assert score["baseline"] is not None
        assert score["protocol"]["baseline"] == "identity map"
        assert score["last"]["images"] == 12
    assert scores["l1"]["baseline"] < scores["l1"]["last"]["value"]


def test_pictures_on_the_way_and_a_gallery_at_the_end(run):
    samples = sorted(path.name for path in (run / "samples").iterdir())
    assert samples == ["0000000000.png", "0000000008.png", "0000000012.png", "animation.gif"]
    page = (run / "gallery.html").read_text()
    assert "pix2pix-fonts_paired-s0" in page
    assert page.count("<figure>") == 5
    assert "(identity map 0.0" in page


def test_evaluate_gives_the_run_s_own_numbers_beside_the_baseline(run, capsys):
    words = [f"run={run}", "metrics=pairs", "metrics.pairs.perceptual=null", "checkpoint=last"]
    assert main(["evaluate", *words]) == 0
    said = capsys.readouterr().out
    [entry] = json.loads((run / "evaluations.json").read_text())
    trained = json.loads((run / "results.json").read_text())["scores"]
    for name, score in entry["scores"].items():
        assert score["value"] == pytest.approx(trained[name]["last"]["value"], rel=1e-6)
        assert score["baseline"] == trained[name]["baseline"]
    assert "lower is better   identity map 0.0" in said
    assert "1 x 20 translated examples; pixels in [0, 1]" in said


def test_scores_of_another_kind_are_refused(run, capsys):
    assert main(["evaluate", f"run={run}", "metrics=glyphs"]) == 2
    assert "fid_glyphs compares generated images with real ones" in capsys.readouterr().err
    assert main(["evaluate", f"run={run}", "metrics=inpainting"]) == 2
    assert "need image and mask, and this data gives source, target" in capsys.readouterr().err


def test_a_picture_of_ones_own_through_the_trained_model(run, tmp_path):
    from PIL import Image

    Image.new("RGB", (37, 50), "red").save(tmp_path / "red.png")
    assert main(["sample", f"run={run}", f"input={tmp_path / 'red.png'}", f"output={tmp_path / 'out'}"]) == 0
    with Image.open(tmp_path / "out" / "red.png") as made:
        assert made.size == (37, 50)
        assert made.mode == "L"
