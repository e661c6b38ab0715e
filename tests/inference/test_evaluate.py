"""``ganlab evaluate``: the scores of a finished run."""

import json

import pytest

from ganlab.cli import main
from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.inference.evaluate import evaluate
from ganlab.metrics.images.distribution import DistributionScores
from ganlab.training.run import train
from tests.support.extractors import Pooled


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    quick = ["model=mlp_gan", "data.image_size=8", "data.batch_size=8", "trainer=cpu", "trainer.max_steps=4"]
    scored = ["metrics.digits.n_fake=100", "callbacks.quality.every_images=16", "callbacks.samples.n=4"]
    train(compose([*quick, *scored]), folder)
    return folder


def test_the_run_s_own_protocol_gives_the_run_s_own_numbers(run):
    metrics = instantiate(compose(["metrics.digits.n_fake=100"]).metrics)
    entry = evaluate(run, metrics, checkpoint="last", device="cpu")
    trained = json.loads((run / "results.json").read_text())["scores"]
    assert (entry["checkpoint"], entry["steps"], entry["images"]) == ("last", 4, 32)
    for name, score in entry["scores"].items():
        assert score["value"] == pytest.approx(trained[name]["last"]["value"], rel=1e-6), name
        assert score["floor"] == trained[name]["floor"]
        assert score["protocol"] == {**trained[name]["protocol"], "seeds": 1}
    best = evaluate(run, metrics, checkpoint="best", device="cpu")
    assert best["scores"]["fid_digits"]["value"] == pytest.approx(
        trained["fid_digits"]["best"]["value"], rel=1e-6
    )
    assert best["steps"] == trained["fid_digits"]["best"]["steps"]


def test_several_seeds_give_mean_and_spread_and_are_kept(run):
    (run / "evaluations.json").write_text("not json")
    metrics = {"pooled": DistributionScores(extractor=Pooled(), scores=["fid", "kid"], n_fake=40)}
    entry = evaluate(run, metrics, checkpoint="last", seeds=3, device="cpu")
    score = entry["scores"]["fid_pooled"]
    assert score["spread"] > 0
    assert score["protocol"]["seeds"] == 3
    again = evaluate(run, metrics, checkpoint="last", device="cpu")
    assert again["scores"]["fid_pooled"]["spread"] is None
    assert [
        one["scores"]["fid_pooled"]["protocol"]["seeds"]
        for one in json.loads((run / "evaluations.json").read_text())
    ] == [3, 1]
    assert (run / "evaluations.damaged").read_text() == "not json"


def test_standing_statistics_are_named_in_protocols_and_folders(run, capsys):
    metrics = {"pooled": DistributionScores(extractor=Pooled(), scores=["fid"], n_fake=40)}
    plain, standing = (
        evaluate(run, metrics, checkpoint="last", device="cpu", standing_statistics=batches)
        for batches in (None, 2)
    )
    values = [entry["scores"]["fid_pooled"] for entry in (plain, standing)]
    assert values[0]["value"] != values[1]["value"]
    assert values[0]["protocol"]["sampled_from"] == "averaged weights"
    assert values[1]["protocol"]["sampled_from"] == "averaged weights, standing statistics of 2 batches"
    words = [f"run={run}", "standing_statistics=2"]
    assert main(["sample", *words, "n=2", "truncation=1"]) == 0
    assert (run / "generated" / "last-seed0-truncation1-standing_statistics2" / "grid.png").is_file()
    again = [*words, "checkpoint=last", "metrics=digits", "metrics.digits.n_fake=80"]
    assert main(["evaluate", *again]) == 0
    assert "1 x 80 from averaged weights, standing statistics of 2 batches; " in capsys.readouterr().out


def test_on_the_command_line(run, capsys):
    (run / "evaluations.json").unlink(missing_ok=True)
    assert main(["evaluate", f"run={run}", "metrics=digits", "metrics.digits.n_fake=80", "seeds=2"]) == 0
    said = capsys.readouterr().out
    assert "fid_digits" in said
    assert " ± " in said
    assert "2 x 80 from averaged weights; digits features (weights 5443019a" in said
    assert "against 1,297 images of the train split" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["evaluate"], "which run? Give run=DIRECTORY"),
        (["evaluate", "run=nowhere"], "nowhere does not exist"),
        (["evaluate", "--all"], "no such flag"),
        (["evaluate", "run={run}", "metrics=none"], "choose some, for instance metrics=digits"),
        (
            ["evaluate", "run={run}", "metrics=digits", "seeds=0"],
            "seeds=0: expected a whole number of at least 1",
        ),
        (["sample", "run={run}", "standing_statistics=0"], "standing_statistics=0: expected a whole number"),
        (
            [
                "evaluate",
                "run={run}",
                "metrics=digits",
                "standing_statistics=2",
                "metrics.digits.averaged=false",
            ],
            "metrics.digits.averaged=false scores the weights in training; leave one of the two out",
        ),
        (["evaluate", "run={run}", "metrics=digit"], "did you mean digits"),
        (["evaluate", "run={run}", "metrics=digits", "metrics.digits.scores=[fiid]"], "did you mean fid"),
        (["evaluate", "run={run}", "metrics=digits", "checkpoint=newest"], "checkpoint=newest"),
    ],
)
def test_bad_input_gets_one_sentence(run, capsys, words, sentence):
    assert main([word.format(run=run) for word in words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_run_without_best_says_so(tmp_path):
    with pytest.raises(UserError, match="is not a run directory"):
        evaluate(tmp_path, {})
