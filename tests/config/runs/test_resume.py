"""Which run is continued, and with what."""

import json
import os
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, save_config
from ganlab.config.compose.overrides import merge_overrides
from ganlab.config.runs.resume import check_resumable, differences, find_run, find_unfinished, is_finished
from ganlab.config.tree import flatten
from ganlab.errors import UserError

CONFIG = {
    "seed": 0,
    "model": {"lr": 0.1, "betas": [0.5, 0.9]},
    "data": {"batch_size": 64, "workers": 2},
    "trainer": {"max_steps": 10, "threads": None},
    "logger": {"csv": {}},
    "resume": None,
    "allow_change": [],
}


def changed(**values):
    """``CONFIG`` with ``a__b=value`` for a.b."""
    cfg = OmegaConf.create(CONFIG)
    for key, value in values.items():
        OmegaConf.update(cfg, key.replace("__", "."), value, force_add=True)
    return cfg


def make_run(folder: Path, cfg=None, status: str | None = None) -> Path:
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text(OmegaConf.to_yaml(cfg or OmegaConf.create(CONFIG)))
    if status:
        (folder / "results.json").write_text(json.dumps({"status": status}))
    return folder


@pytest.mark.parametrize(
    "values",
    [
        {"trainer__max_steps": 99},
        {"data__workers": 0},
        {"logger": None},
        {"logger__wandb": {"mode": "offline"}},
        {"callbacks": {"log": {"every_steps": 1}}},
        {"resume": "auto"},
        {"objective": "val/fid"},
    ],
    ids=str,
)
def test_R5_what_does_not_touch_the_numbers_may_change(values):
    assert differences(changed(), changed(**values)) == {}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"model__lr": 0.2}, {"model.lr": (0.1, 0.2)}),
        ({"model__betas": [0.5, 0.99]}, {"model.betas": ([0.5, 0.9], [0.5, 0.99])}),
        ({"data__batch_size": 32}, {"data.batch_size": (64, 32)}),
        ({"trainer__threads": 2}, {"trainer.threads": (None, 2)}),
        ({"model__new": 1}, {"model.new": ("(absent)", 1)}),
    ],
    ids=str,
)
def test_R6_R7_everything_else_is_a_difference(values, expected):
    assert differences(changed(), changed(**values)) == expected


def test_R7_differences_are_refused_with_both_values_unless_named(tmp_path):
    run = make_run(tmp_path / "run")
    other = changed(model__lr=0.2, data__batch_size=32)
    with pytest.raises(UserError) as refusal:
        check_resumable(run, other)
    assert "data.batch_size: 64 -> 32, model.lr: 0.1 -> 0.2" in str(refusal.value)
    assert "'allow_change=[data.batch_size,model.lr]'" in str(refusal.value)
    other.allow_change = ["model.lr"]
    with pytest.raises(UserError, match=r"settings: data\.batch_size: 64 -> 32\.") as again:
        check_resumable(run, other)
    assert "'allow_change=[model.lr,data.batch_size]'" in str(again.value)
    other.allow_change = ["model", "data.batch_size"]
    check_resumable(run, other)
    other.allow_change = ["model.lrr"]
    with pytest.raises(UserError, match=r"allow_change=model\.lrr: no such key; did you mean model\.lr"):
        check_resumable(run, other)


def test_R7_what_a_saved_value_would_call_is_compared_and_not_asked(tmp_path):
    """Another program, or somebody else, has written ``${eval:1}``: nobody is to look up what that means."""
    run = make_run(tmp_path / "run")
    saved = OmegaConf.load(run / ".hydra" / "config.yaml")
    saved["name"] = saved["model"]["lr"] = "${eval:1}"
    OmegaConf.save(saved, run / ".hydra" / "config.yaml")
    check_resumable(run, changed())


def test_R7_what_is_advised_works_also_for_a_key_that_is_gone(tmp_path):
    run = make_run(tmp_path / "run", changed(model__average__half_life=5, model__average__kind="ema"))
    other = changed(model__average__kind="none")
    with pytest.raises(UserError) as refusal:
        check_resumable(run, other)
    advised = str(refusal.value).partition("allow_change=[")[2].partition("]")[0].split(",")
    assert advised == ["model.average.half_life", "model.average.kind"]
    other.allow_change = advised
    check_resumable(run, other)


def test_R7_what_the_weights_cannot_do_is_not_advised(tmp_path):
    run = make_run(tmp_path / "run")
    with pytest.raises(UserError) as refusal:
        check_resumable(run, changed(model__lr=0.2), lambda: "a.weight is (3,) there and (4,) here")
    assert "model.lr: 0.1 -> 0.2. It cannot go on with them: a.weight is (3,)" in str(refusal.value)
    assert "allow_change" not in str(refusal.value)

    def never() -> str:
        raise AssertionError("nothing was changed, so nobody asks")

    check_resumable(run, changed(), never)


def test_R10_a_key_of_a_later_version_is_no_difference_unless_a_command_sets_it():
    later = changed(model__penalty__gamma=1.0)
    key = {"model.penalty.gamma": ("(absent)", 1.0)}
    assert differences(OmegaConf.create(CONFIG), later, named=["seed"]) == {}
    assert differences(OmegaConf.create(CONFIG), later, named=["model.penalty"]) == key
    assert differences(OmegaConf.create(CONFIG), later) == key
    assert differences(later, OmegaConf.create(CONFIG), named=["seed"]) != {}
    data = OmegaConf.merge(later, {"data": {"limit": None}})
    assert differences(later, data, named=["data"]) == {}, "data=digits was typed, and digits have a new key"
    data.data.limit = 100
    assert set(differences(later, data, named=["data.limit"])) == {"data.limit"}


def test_R5_auto_takes_the_last_name_not_the_newest_file(tmp_path):
    for name in ("2026-01-01", "2026-01-03", "2026-01-02"):
        make_run(tmp_path / name)
    os.utime(tmp_path / "2026-01-01" / ".hydra" / "config.yaml", (2e9, 2e9))
    found, sentence = find_unfinished(tmp_path, changed(trainer__max_steps=20))
    assert found == tmp_path / "2026-01-03"
    assert "2026-01-03" in sentence


def test_R5_auto_passes_over_finished_and_different_runs(tmp_path):
    make_run(tmp_path / "1")
    make_run(tmp_path / "2", status="interrupted")
    make_run(tmp_path / "3", changed(model__lr=0.5))
    make_run(tmp_path / "4", status="finished")
    (tmp_path / "5").mkdir()
    assert find_unfinished(tmp_path, changed())[0] == tmp_path / "2"
    none, why = find_unfinished(tmp_path, changed(model__lr=0.7))
    assert none is None
    assert "3 differs: model.lr: 0.5 -> 0.7" in why
    assert find_unfinished(tmp_path / "nowhere", changed())[0] is None


def test_a_damaged_result_counts_as_unfinished(tmp_path):
    run = make_run(tmp_path / "run", status="finished")
    assert is_finished(run)
    for text in ("", '{"status": "fini', "[1]", '{"status": "interrupted"}'):
        (run / "results.json").write_text(text)
        assert not is_finished(run)


def test_find_run_tells_what_may_have_been_meant(tmp_path):
    outputs = tmp_path / "outputs"
    with pytest.raises(UserError, match="there are no runs below"):
        find_run(tmp_path / "x", outputs)
    run = make_run(outputs / "dcgan-digits" / "2026-01-01_10-00-00")
    assert find_run(str(run), outputs) == run
    with pytest.raises(UserError, match=rf"did you mean {run}\?"):
        find_run(f"{run}0", outputs)
    with pytest.raises(UserError, match=rf"a folder of runs; the newest is {run}"):
        find_run(run.parent, outputs)
    with pytest.raises(UserError, match=r"holds no run"):
        find_run(run / ".hydra", outputs)


def test_R5_new_overrides_take_the_place_of_saved_ones():
    saved = ["model=wgan", "+model.x=1", "~data.flip", "seed=1"]
    assert merge_overrides(saved, ["seed=2", "model.x=3"]) == [
        "model=wgan",
        "~data.flip",
        "seed=2",
        "+model.x=3",
    ]
    assert merge_overrides(saved, []) == saved


def test_flatten_keeps_lists_and_empty_mappings_whole():
    assert flatten({"a": {"b": [1, {"c": 2}], "d": {}}, "e": None}) == {
        "a.b": [1, {"c": 2}],
        "a.d": {},
        "e": None,
    }


def test_the_latest_run_is_the_one_started_last_in_a_sweep_or_by_itself(tmp_path):
    outputs = tmp_path / "outputs"
    places = {"dcgan-digits/1": "dcgan", "sweeps/mine/0_x": "lsgan", "dcgan-digits/2": "dcgan"}
    for age, (place, model) in enumerate(places.items()):
        save_config(compose([f"model={model}"]), outputs / place)
        os.utime(outputs / place / ".hydra" / "config.yaml", (1000 + age, 1000 + age))
    assert find_run("latest", outputs) == outputs / "dcgan-digits/2"
    assert find_run("latest:lsgan", outputs) == outputs / "sweeps/mine/0_x"
    with pytest.raises(UserError, match=r"latest:wgan: no run below .* is of that model; .* dcgan, lsgan"):
        find_run("latest:wgan", outputs)
    (outputs / "broken" / ".hydra").mkdir(parents=True)
    (outputs / "broken" / ".hydra" / "config.yaml").write_text("- 1")
    assert find_run("latest:dcgan", outputs) == outputs / "dcgan-digits/2"
    with pytest.raises(UserError, match="latest: there are no runs below"):
        find_run("latest", tmp_path / "nowhere")
    save_config(compose([]), tmp_path / "latest")  # a run of that name is that run
    assert find_run(tmp_path / "latest", outputs) == tmp_path / "latest"
