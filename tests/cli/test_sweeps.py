import csv
import json
import os
import pickle
import re
import signal
import sys
import threading
from types import ModuleType

import pytest
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from ganlab.cli.job import Jobs
from ganlab.errors import DivergedError, Interrupted, UserError
from tests.support.pages import Page

NO_SCORES = ("metrics=none", "trainer=cpu")


@pytest.fixture
def scored(monkeypatch) -> list:
    """A stand-in for training that scores 10 * number of letters in the model's name + seed; seeds below 0 fail."""
    import ganlab.training.run
    from ganlab.config import save_config

    calls = []

    def train(run, run_dir):
        cfg = run.cfg
        calls.append((cfg, run_dir))
        if cfg.seed == -2:
            raise UserError("there is no such disk")
        save_config(cfg, run_dir)
        value, fault = 10.0 * len(cfg.chosen.model) + cfg.seed, None
        if cfg.seed == -3:
            fault = DivergedError("generator/loss is nan")
        number = {"value": value, "images": 64, "steps": 4}
        score = {"better": "lower", "floor": 1.0, "last": number, "best": number, "protocol": {"n_fake": 8}}
        results = {
            "status": "diverged" if fault else "finished",
            "model": cfg.chosen.model,
            "data": cfg.chosen.data,
            "seed": cfg.seed,
            "error": str(fault) if fault else None,
            "scores": {"fid_digits": score},
        }
        (run_dir / "results.json").write_text(json.dumps(results))
        if fault:
            raise fault
        return value

    monkeypatch.setattr(ganlab.training.run, "train", train)
    return calls


def lines_of(path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def the_sweep(tmp_path):
    [folder] = (tmp_path / "outputs" / "sweeps").iterdir()
    return folder


def test_a_sweep_ends_with_a_table_printed_and_written(ganlab, pages, scored, tmp_path, monkeypatch):
    returned, run = [], Jobs.run
    monkeypatch.setattr(Jobs, "run", lambda jobs, cfg: returned.append(run(jobs, cfg)))
    monkeypatch.setenv("COLUMNS", "100")
    answer = ganlab("-m", "model=wgan,vanilla", "seed=1,2", "objective=val/fid_digits", *NO_SCORES)
    assert answer.code == 0, answer.err
    assert returned == [41.0, 42.0, 71.0, 72.0]  # what a sweeper minimises
    before, table = answer.out.split("\n\n", 1)
    note, where, *runs = before.splitlines()
    assert (
        note
        == "data.image_size=32 for all runs, so that their scores can be compared; by itself vanilla has 28"
    )
    assert where.startswith("4 runs in outputs/sweeps/")
    assert runs[0] == "run 1 of 4: model=wgan seed=1  finished, fid_digits 41  (less than a minute left)"
    assert runs[3] == "run 4 of 4: model=vanilla seed=2  finished, fid_digits 72"
    assert len(runs) == 4
    assert {cfg.data.image_size for cfg, _ in scored} == {32}
    folder = the_sweep(tmp_path)
    assert {"wgan", "41.5 ± 0.7", "71.5 ± 0.7"} <= set(Page(folder / "compare.html").texts)
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
        "0_model=wgan_seed=1",
        "1_model=wgan_seed=2",
        "2_model=vanilla_seed=1",
        "3_model=vanilla_seed=2",
    ]
    assert (
        table.count("4 runs of 2 settings, with data=digits metrics=none trainer=cpu data.image_size=32") == 1
    )
    assert "*  wgan     2     41.5 ± 0.7" in answer.out
    assert "   vanilla  2     71.5 ± 0.7" in answer.out
    assert f"all numbers: {folder.relative_to(tmp_path)}/ table.csv, table.md, runs.csv" in answer.out
    assert [line["model"] for line in lines_of(folder / "table.csv")] == ["wgan", "vanilla"]
    assert [line["fid_digits best"] for line in lines_of(folder / "runs.csv")] == [
        "41.0",
        "42.0",
        "71.0",
        "72.0",
    ]
    assert "| * | wgan | 2 | 41.5 ± 0.7 |" in (folder / "table.md").read_text()


def test_failed_runs_are_told_once_and_stand_in_the_table(ganlab, scored, tmp_path):
    answer = ganlab("-m", "seed=1,abc,-2,-3,2", *NO_SCORES)
    assert answer.code == 2  # the first fault's
    for sentence in ("seed=abc: expected a whole number", "there is no such disk"):
        assert answer.err.count(sentence) == 1
        assert sentence in answer.out  # below the table
    assert "3 of 5 runs failed" in answer.err
    assert "Error executing job" not in answer.out + answer.err
    assert "seed=-3 diverged: generator/loss is nan" in answer.out
    [setting] = lines_of(the_sweep(tmp_path) / "table.csv")
    assert (setting["model"], setting["runs"], setting["counted"]) == ("dcgan", "5", "2")
    assert setting["status"] == "2 of 5 finished, 2 failed, 1 diverged"
    assert [line["error"] != "" for line in lines_of(the_sweep(tmp_path) / "runs.csv")] == [
        False,
        *[True] * 3,
        False,
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["model=dcgan,dcgn"], "model=dcgn: no such model; did you mean dcgan"),
        (
            ["model=dcgan", "model/loss=saturating,nothing", "seed=1,2"],
            "model/loss=nothing: no such model/loss",
        ),
        (["trainer.max_step=1,2"], "trainer.max_step: no such key; did you mean trainer.max_steps?"),
        (["sweep=varians"], "sweep=varians: no such sweep; did you mean variants?"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_C3_every_combination_is_composed_before_the_first_run(ganlab, scored, tmp_path, words, sentence):
    answer = ganlab("-m", *words)
    assert answer.code == 2
    assert answer.err.startswith(f"ganlab: {sentence}")
    assert answer.err.count("\n") == 1
    assert answer.out == ""
    assert scored == []
    assert not list(tmp_path.iterdir())


def test_a_sweep_in_which_no_run_began_leaves_no_folder(ganlab, scored, tmp_path):
    answer = ganlab("-m", "model=vanilla", "seed=-2,abc", *NO_SCORES)
    assert answer.code == 2
    assert "2 of 2 runs failed" in answer.err
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.log").touch()
    ganlab("-m", "model=vanilla", "seed=-2", *NO_SCORES, "hydra.sweep.dir=mine")
    assert (tmp_path / "mine" / "notes.log").exists()


def test_the_runs_of_a_sweep_are_a_group_and_stay_in_it(ganlab, scored, tmp_path):
    ganlab("-m", "model=vanilla", "seed=1,2", *NO_SCORES)
    name = the_sweep(tmp_path).name
    assert [cfg.group for cfg, _ in scored] == [name, name]
    ganlab(f"resume={scored[0][1]}", "trainer.max_steps=99")
    assert scored[-1][0].group == name
    ganlab("-m", "model=vanilla", "seed=1", "group=mine", *NO_SCORES)
    ganlab("model=vanilla", *NO_SCORES)
    assert [cfg.group for cfg, _ in scored[-2:]] == ["mine", "vanilla-digits"]


def test_R13_a_stopped_sweep_has_its_table_and_goes_on_with_the_same_command(
    ganlab, scored, monkeypatch, tmp_path
):
    import ganlab.training.run as training

    train = training.train

    def stop(cfg, run_dir):
        if cfg.seed != 2:
            return train(cfg, run_dir)
        train(cfg, run_dir)
        (run_dir / "results.json").write_text(
            '{"status": "interrupted", "model": "vanilla", "data": "digits"}'
        )
        raise Interrupted("stopped; go on with: ganlab resume=here", 75)

    words = ("-m", "model=vanilla", "seed=1,2,3", *NO_SCORES, "hydra.sweep.dir=mine")
    monkeypatch.setattr(training, "train", stop)
    stopped = ganlab(*words)
    assert stopped.code == 75
    assert "1 of 3 finished, 1 interrupted, 1 not started" in stopped.out
    assert "ganlab: stopped; go on with: ganlab resume=here\n" in stopped.err
    assert "2 of 3 runs are not done" in stopped.err
    assert "hydra.sweep.dir=mine" in stopped.err
    monkeypatch.setattr(training, "train", train)
    again = ganlab(*words)
    assert again.code == 0, again.err
    assert [(cfg.seed, cfg.resume is not None) for cfg, _ in scored[2:]] == [(1, True), (2, True), (3, False)]
    assert "3 runs of 1 setting" in again.out
    assert "72.0 ± 1.0" in again.out


def test_ctrl_c_before_a_run_of_a_sweep_has_begun(ganlab, scored, monkeypatch):
    import ganlab.training.run as training

    train = training.train

    def wait(cfg, run_dir):
        if cfg.seed == 1:
            return train(cfg, run_dir)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        threading.Event().wait(10)
        return None

    monkeypatch.setattr(training, "train", wait)
    answer = ganlab("-m", "model=vanilla", "seed=1,2", *NO_SCORES)
    assert answer.code == 130
    assert "run 1_seed=2: stopped before training began; nothing was saved\n" in answer.err
    assert "1 of 2 finished, 1 not started" in answer.out


class Elsewhere(BasicLauncher):
    """Stands for a launcher that starts other processes."""

    __module__ = "hydra_plugins.elsewhere"  # Hydra takes plugins from nowhere else


def test_other_launchers_hear_of_a_failed_run(ganlab, scored, monkeypatch):
    plugins, module = ModuleType("hydra_plugins"), ModuleType(Elsewhere.__module__)
    plugins.elsewhere, plugins.__path__, module.Elsewhere = module, [], Elsewhere
    monkeypatch.setitem(sys.modules, plugins.__name__, plugins)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    Plugins.instance().register(Elsewhere)
    launcher = f"hydra.launcher._target_={module.__name__}.Elsewhere"
    answer = ganlab("-m", "model=vanilla", "seed=1,-2,2", *NO_SCORES, launcher)
    assert answer.code == 2
    assert answer.err.count("there is no such disk") == 1
    assert "2 of 3 finished, 1 failed" in answer.out


def test_a_launcher_can_send_jobs_to_a_process_that_knows_nothing_of_ganlab():
    sent = pickle.dumps(Jobs(debug=True))
    OmegaConf.clear_resolver("ganlab.short")
    assert pickle.loads(sent).debug
    assert OmegaConf.has_resolver("ganlab.short")


def test_processes_started_together_share_a_sweep_and_print_one_table(ganlab, scored, monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    words = ("-m", "model=vanilla", *NO_SCORES)
    refused = ganlab(*words)
    assert refused.code == 2
    assert "hydra.sweep.dir=" in refused.err
    assert "fid_digits" not in ganlab(*words, "hydra.sweep.dir=mine").out
    assert not (tmp_path / "mine" / "table.csv").exists()
    assert "vanilla on" not in ganlab(*words[1:], "hydra.run.dir=run").out
    monkeypatch.setenv("RANK", "0")
    assert "vanilla on" in ganlab(*words[1:], "hydra.run.dir=run").out
    assert "fid_digits" in ganlab(*words, "hydra.sweep.dir=ours").out


def test_a_real_sweep(ganlab, tmp_path, monkeypatch):
    import ganlab.training.run as training

    begin, told = training.begin, []
    monkeypatch.setattr(
        training,
        "begin",
        lambda loggers, settings, step: told.append(settings) or begin(loggers, settings, step),
    )
    words = ("model=vanilla", "seed=1,2", "debug=tiny", "callbacks.samples.n=4", *NO_SCORES)
    answer = ganlab("-m", *words)
    assert answer.code == 0, answer.err
    runs = lines_of(the_sweep(tmp_path) / "runs.csv")
    assert [(run["model"], run["seed"], run["status"], run["images"]) for run in runs] == [
        ("vanilla", seed, "finished", "16") for seed in "12"
    ]
    assert re.fullmatch(
        r"2 runs in outputs/sweeps/\S+; ganlab.log in each run's folder tells how it goes\n"
        r"run 1 of 2: seed=1  finished in 0:\d\d  \(less than a minute left\)\n"
        r"run 2 of 2: seed=2  finished in 0:\d\d\n"
        r"\n2 runs of 1 setting.*",
        answer.out,
        re.DOTALL,
    )
    assert len({settings["protocol"] for settings in told}) == 1  # that trackers group by
    assert "finished 4 steps" in (the_sweep(tmp_path) / "1_seed=2" / "ganlab.log").read_text()
    run = the_sweep(tmp_path).relative_to(tmp_path) / "1_seed=2"
    again = ganlab(f"resume={run}", "trainer.max_steps=6")
    assert again.code == 0, again.err
