"""Scores while training: when, of what, the best and the last, and what they may not touch."""

import csv
import json
import logging
import math
import os

import pytest

from ganlab.callbacks.checkpoints import Checkpoints
from ganlab.callbacks.quality import Quality
from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.metrics.images.distribution import DistributionScores
from ganlab.score_record import Point, Score, scores_of
from ganlab.training.run import train
from tests.support.extractors import Pooled
from tests.support.runs import differences, in_child, training_state

EXTRACTOR = "extractor: {_target_: tests.support.extractors.Pooled}"
TARGET = f"{{_target_: ganlab.metrics.images.distribution.DistributionScores, {EXTRACTOR}"
SCORED = [
    f"+metrics.pooled={TARGET}, scores: [fid, recall, diversity], n_fake: 20}}",
    "callbacks.quality.every_images=16",
    "callbacks.checkpoints.every_images=1000",
    "model=mlp_gan",
    "data.image_size=8",
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))


def rows_of(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_scores_at_the_start_at_each_interval_and_at_the_end(tiny_run, tmp_path):
    module = tiny_run(*SCORED, "trainer.max_steps=5")
    scored = [
        (int(row["images"]), float(row["val/fid_pooled"]))
        for row in rows_of(tmp_path / "run")
        if row["val/fid_pooled"]
    ]
    assert [images for images, _ in scored] == [0, 16, 32, 40]
    scores = scores_of(module.trainer.callbacks)
    score = scores["fid_pooled"]
    assert score.start == Point(value=scored[0][1], images=0, steps=0)
    assert score.last == Point(value=scored[-1][1], images=40, steps=5)
    best_images, best = min(scored[1:], key=lambda point: point[1])
    assert score.best == Point(value=best, images=best_images, steps=best_images // 8)
    assert score.floor > 0
    assert scores["recall_pooled"].better == "higher"
    assert module.published["progress/evaluation_seconds"] > 0


def test_the_default_interval_is_a_tenth_of_the_run(tiny_run, tmp_path):
    tiny_run(*SCORED, "callbacks.quality.every_images=null", "trainer.max_steps=20")
    scored = [int(row["step"]) for row in rows_of(tmp_path / "run") if row["val/fid_pooled"]]
    assert scored == list(range(0, 21, 2))


def test_the_best_checkpoint_is_that_of_the_main_score(tiny_run, tmp_path):
    module = tiny_run(*SCORED, "trainer.max_steps=6")
    best = scores_of(module.trainer.callbacks)["fid_pooled"].best
    link = (tmp_path / "run" / "checkpoints" / "best.ckpt").resolve()
    assert link.name == f"step-{best.steps:08d}.ckpt"


def test_scoring_does_not_touch_training(tiny_run, tmp_path):
    tiny_run(*SCORED, "trainer.max_steps=5", folder="scored")
    unscored = [word for word in SCORED if not word.startswith("+metrics")]
    tiny_run(*unscored, "trainer.max_steps=5", folder="plain")
    assert differences(training_state(tmp_path / "scored"), training_state(tmp_path / "plain")) == []


def test_a_resumed_run_keeps_first_best_and_cost(tiny_run, tmp_path):
    whole = tiny_run(*SCORED, "trainer.max_steps=6", folder="whole")
    tiny_run(*SCORED, "trainer.max_steps=4")
    resumed = tiny_run(*SCORED, "trainer.max_steps=6", resume=True)
    assert scores_of(resumed.trainer.callbacks) == scores_of(whole.trainer.callbacks)
    seconds = [
        float(row["progress/evaluation_seconds"])
        for row in rows_of(tmp_path / "run")
        if row["progress/evaluation_seconds"]
    ]
    assert seconds == sorted(seconds)


def test_R12_an_evaluation_that_was_killed_is_made_again_as_a_whole(tiny_run, tmp_path, monkeypatch):
    """Nothing of half an evaluation is in a logged number: the rows are those of an uninterrupted run."""
    tiny_run(*SCORED, "trainer.max_steps=5", folder="straight")
    evaluate = DistributionScores.evaluate

    def dies(self, model, ranks):
        found = evaluate(self, model, ranks)
        if model.steps == 4:
            os._exit(9)  # measured, but not told to anybody
        return found

    with monkeypatch.context() as patch:
        patch.setattr(DistributionScores, "evaluate", dies)
        assert in_child(lambda: tiny_run(*SCORED, "trainer.max_steps=5")) == 9
    tiny_run(*SCORED, "trainer.max_steps=5", resume=True)
    straight, killed = (
        [{key: row[key] for key in row if key.startswith("val/") or key == "step"} for row in rows_of(folder)]
        for folder in (tmp_path / "straight", tmp_path / "run")
    )
    assert killed == straight
    assert sum(bool(row["val/fid_pooled"]) for row in killed) == 4


class Module:
    images, steps = 64, 1


def score(value, **protocol):
    return Score(value=value, better="lower", floor=1.0, protocol={"n_fake": 10, **protocol})


def test_N9_a_value_that_is_not_finite_is_never_the_best():
    quality, module = Quality(), Module()
    for value in (math.nan, None, 5.0, -math.inf, math.nan, 7.0, None):
        module.steps += 1
        quality.note("fid", score(value), module)
    assert quality.scores["fid"].best == Point(value=5.0, images=64, steps=4)
    assert quality.scores["fid"].last == Point(value=None, images=64, steps=8)


def test_a_value_under_another_protocol_is_no_rival():
    quality, module = Quality(), Module()
    quality.note("fid", score(2.0), module)
    quality.note("fid", score(None), module)  # it could not be computed: no other protocol
    assert quality.scores["fid"].value("best") == 2.0
    quality.note("fid", score(3.0, n_fake=20), module)
    assert quality.scores["fid"].value("best") == 3.0


def test_N9_the_checkpoints_ignore_a_monitor_that_is_not_finite(tiny_run):
    checkpoints = Checkpoints(monitor="game/x")
    module = type("Game", (), {"steps": 1, "news": lambda self: {"game/x": self.value}})()
    found = []
    for module.value in (math.nan, 3.0, math.inf, 2.0, math.nan, 2.5):
        module.steps += 1
        found.append(checkpoints.is_new_best(module))
    assert found == [False, True, False, True, False, False]
    assert (checkpoints.best_value, checkpoints.best_steps) == (2.0, 5)


def test_a_monitor_that_is_no_score_is_refused_before_training(tiny_run):
    with pytest.raises(UserError, match="val/fid is no score of this run; did you mean val/fid_pooled"):
        tiny_run(*SCORED, "callbacks.checkpoints.monitor=val/fid", "trainer.max_steps=2")


def test_a_monitor_that_is_never_logged_is_told_once(tiny_run, caplog):
    with caplog.at_level(logging.WARNING, logger="ganlab"):
        tiny_run(
            "model=mlp_gan",
            "data.image_size=8",
            "callbacks.checkpoints.monitor=game/k",
            "trainer.max_steps=3",
        )
    assert caplog.text.count("callbacks.checkpoints.monitor=game/k was never logged") == 1


def test_an_objective_that_is_no_score_is_refused_at_once():
    metrics = {"pooled": DistributionScores(extractor=Pooled(), scores=["kid"], n_fake=20)}
    assert Quality(metrics=metrics, objective="val/kid_pooled").names() == ["kid_pooled"]
    assert Quality(metrics=metrics, objective="game/k")
    with pytest.raises(
        UserError, match=r"val/fid_pooled is no score of this run; did you mean val/kid_pooled"
    ):
        Quality(metrics=metrics, objective="val/fid_pooled")
    with pytest.raises(UserError, match=r"it has no scores \(choose some with metrics"):
        Quality(objective="val/fid")


@pytest.mark.parametrize(
    ("key", "metric", "said"),
    [
        ("objective", "nope", r"objective=nope is nothing that a run logs; it has val/kid_pooled"),
        ("objective", "kid_pooled", r"did you mean val/kid_pooled\?"),
        ("objective", "generater/loss", r"is nothing that a run logs; did you mean generator/loss\?"),
        ("callbacks.checkpoints.monitor", "loss", r"did you mean discriminator/loss or generator/loss\?"),
    ],
)
def test_a_metric_that_is_surely_never_logged_is_refused_before_training(key, metric, said):
    quality = Quality(metrics={"pooled": DistributionScores(extractor=Pooled(), scores=["kid"], n_fake=20)})
    with pytest.raises(UserError, match=said):
        quality.require_logged(key, metric, ["discriminator", "generator"])
    for may_be in (None, "val/kid_pooled", "generator/loss", "generator/adversarial", "game/k", "mine/score"):
        quality.require_logged(key, may_be, ["discriminator", "generator"])


def test_results_and_the_objective(tmp_path):
    quick = ["trainer=cpu", "trainer.max_steps=3", "data.batch_size=8", "callbacks.samples.n=4"]
    cfg = compose(["metrics=none", *SCORED, *quick, "objective=val/fid_pooled", "seed=4", "tags=[a]"])
    value = train(cfg, tmp_path / "run")
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    last = results["scores"]["fid_pooled"]["last"]
    assert value == last["value"] == results["last"]["val/fid_pooled"]
    assert {
        key: results[key] for key in ("schema", "name", "model", "data", "seed", "group", "status", "error")
    } == {
        "schema": 1,
        "name": "mlp_gan-digits-s4",
        "model": "mlp_gan",
        "data": "digits",
        "seed": 4,
        "group": "mlp_gan-digits",
        "status": "finished",
        "error": None,
    }
    assert (results["steps"], results["images"]) == (3, 24)
    assert results["parameters"] > 1000
    assert results["scores"]["fid_pooled"]["protocol"]["n_real"] == 1297


def test_a_run_that_diverges_leaves_its_results(tmp_path):
    from ganlab.errors import DivergedError

    quick = ["trainer=cpu", "trainer.max_steps=30", "data.batch_size=8", "callbacks.samples.n=4"]
    wild = "model.optimizers.discriminator.lr=1e30"
    with pytest.raises(DivergedError) as caught:
        train(compose(["metrics=none", *SCORED, *quick, wild]), tmp_path / "run")
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["status"] == "diverged"
    assert results["error"] == str(caught.value)
    assert results["scores"]["fid_pooled"]["start"]["value"] > 0


@pytest.mark.parametrize(
    ("words", "taught"),
    [
        (
            ["model=projected_gan", "metrics=glyphs"],
            "more scores are of what the network of glyphs sees",
        ),
        (["model=projected_gan", "metrics=digits"], None),
        (["model=pix2pixhd", "data=fonts_paired", "model.generator.blocks=1"], None),  # scores of pixels
        (["model=infogan", "metrics=digits"], None),  # its discriminator's features are its own
    ],
)
def test_scores_by_a_network_that_the_model_learns_from_are_told(words, taught):
    cfg = compose([*words, "data.image_size=16", "trainer=cpu"])
    quality, model = Quality(metrics=instantiate(cfg.metrics)), instantiate(cfg.model)
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr(
            "ganlab.callbacks.quality.log.warning", lambda text, *values: said.append(text % values)
        )
        quality.warn_of_taught(model)
    assert (taught in said[0]) if taught else said == []
