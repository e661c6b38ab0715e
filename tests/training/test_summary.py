"""The table at the end of a run: what scores are shown beside."""

from types import SimpleNamespace

from omegaconf import OmegaConf

from ganlab.config import compose, save_config
from ganlab.config.runs.resume import for_longer
from ganlab.loggers.tracker import score_lines
from ganlab.score_record import from_json
from ganlab.training.summary import for_beginners, score_table, summary


def score(value, *, floor=None, baseline=None, **protocol):
    """An entry of ``scores`` in results.json."""
    now = {"value": value, "images": 640, "steps": 10}
    return {
        "better": "lower",
        "floor": floor,
        "baseline": baseline,
        "start": {"value": 9.0, "images": 0, "steps": 0},
        "best": now,
        "last": now,
        "protocol": {"measured": "rulers", "seed": 0, "n_fake": 1240, **protocol},
    }


def beside(what, value, baseline):
    """A score with a baseline."""
    found = score(value, baseline=baseline)
    found["protocol"]["baseline"] = what
    return found


FROM_NOISE = {"sampled_from": "averaged weights", "floor_n": 500}


def test_generated_images_stand_beside_held_out_ones():
    table = score_table(from_json({"fid": score(2.0, floor=0.5, **FROM_NOISE)}))
    assert table[0].split() == ["score", "last", "best", "at", "images", "held-out", "real", "untrained"]
    assert table[1].split()[-5:] == ["2", "2", "640", "0.5", "9"]
    assert table[2:] == ["  measured with rulers; 1,240 from averaged weights, seed 0; 500 held out"]


def test_a_baseline_has_a_column_under_its_own_name():
    table = score_table(
        from_json({"l1": beside("identity map", 0.25, 0.75), "other": beside("identity map", 0.5, None)})
    )
    assert "at images  identity map  untrained" in table[0]
    assert "held-out" not in table[0]
    assert [line.split()[-2] for line in table[1:3]] == ["0.75", "-"]
    assert table[3:] == ["  measured with rulers; 1,240 translated examples, seed 0; baseline: identity map"]


def test_several_baselines_share_a_column():
    table = score_table(from_json({"a": beside("bicubic", 1.0, 2.0), "b": beside("mean fill", 1.0, 3.0)}))
    assert " baseline " in table[0]


def test_scores_of_earlier_versions_have_no_baseline():
    earlier = score(1.0, floor=0.5, **FROM_NOISE)
    del earlier["baseline"]
    assert "untrained" in score_table(from_json({"fid": earlier}))[0]
    assert "baseline/fid" not in score_lines({"scores": {"fid": earlier}})
    assert score_lines({"scores": {"l1": score(1.0, baseline=2.0)}})["baseline/l1"] == 2.0


def test_no_scores_have_no_table():
    assert score_table({}) == []


def test_the_summary_of_a_run_and_what_to_do_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_config(compose([]), tmp_path / "run")
    model = SimpleNamespace(
        steps=2000,
        images=128_000,
        players=lambda: {"discriminator": [], "generator": []},
        published={"discriminator/loss": 1.25, "generator/loss": 0.5, "game/real_wins": 0.9},
    )
    results = {"seconds": 61.2, "parameters": 12_345, "scores": {"fid": score(2.0, floor=0.5, **FROM_NOISE)}}
    lines = summary(tmp_path / "run", model, results, longer=["trainer.max_steps=4000"]).splitlines()
    assert lines[1] == "finished 2,000 steps on 128,000 images in 1:01 min (12,345 weights)"
    assert lines[2].strip() == (
        "discriminator/loss 1.250   generator/loss 0.500   a real image outscores a fake one 90% of the time (50% is a "
        "tie)"
    )
    assert lines[3:6] == score_table(from_json(results["scores"]))
    assert lines[6] == (
        "  fid is how far the generated images are from the real ones: it began at 9, is 2 now, and real images that "
        "were held out have 0.5: 82% of the way"
    )
    assert lines[-1].split()[-2:] == ["resume=run", "trainer.max_steps=4000"]
    assert "n=64" in lines[-2]
    assert not [line for line in lines if "pictures" in line], "none were drawn"
    (tmp_path / "run" / "samples").mkdir()
    (tmp_path / "run" / "samples" / "animation.gif").touch()
    text = summary(tmp_path / "run", model, results, longer=[])
    assert "  pictures       run/samples/ (animation.gif: the same noise as training went on)" in text


def test_a_beginner_is_told_what_a_distance_says_and_why_precision_may_be_low():
    fid = score(2.0, floor=0.5, **FROM_NOISE)
    low, high = (score(value, floor=0.9, **FROM_NOISE) | {"better": "higher"} for value in (0.02, 0.7))
    assert len(for_beginners(from_json({"fid_digits": fid, "precision_digits": high}))) == 1
    _, second = for_beginners(from_json({"fid_digits": fid, "precision_digits": low}))
    assert second.startswith("precision near 0 is no contradiction")
    assert second.endswith("only after fid_digits has fallen far")
    (worse,) = for_beginners(from_json({"fid": score(11.0, floor=0.5, **FROM_NOISE)}))
    assert worse.endswith("held out have 0.5"), "no way was made"
    for unknown in (score(None, floor=0.5), score(2.0), score(2.0, floor=9.5)):
        assert for_beginners(from_json({"fid": unknown})) == []
    assert for_beginners(from_json({"l1": fid})) == []


def test_what_goes_on_for_longer_allows_what_follows_the_number_of_steps():
    plain = compose(["trainer.max_steps=30"])
    assert for_longer(plain) == ["trainer.max_steps=60"]
    decaying = compose(["trainer.max_steps=30", "model/schedules=linear_decay"])
    OmegaConf.set_readonly(decaying, True)
    steps, allowed = for_longer(decaying)
    assert (steps, allowed) == ("trainer.max_steps=60", "allow_change=[model.schedules.every.updates]")
    assert decaying.trainer.max_steps == 30
