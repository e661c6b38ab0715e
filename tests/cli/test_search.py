"""``ganlab search=...`` from its words to its end; training itself is played by a stand-in."""

import json
import math
import re
from pathlib import Path

import pytest
import yaml

from ganlab.errors import DivergedError, UserError
from ganlab.search.trials import outcome_of

pytest.importorskip("optuna")
LR = "model.optimizers.generator.lr"
RATES = f"{LR}=interval(1e-5,1e-1)"
WORDS = ("model=vanilla", "metrics=digits", "trainer=cpu", RATES)


DIVERGING: set[int] = set()


@pytest.fixture
def no_plots(monkeypatch) -> None:
    """A page of plots takes a second, and one test looks at it."""
    monkeypatch.setattr("ganlab.search.conclusion.write_plots", lambda *args: None)


@pytest.fixture
def scored(monkeypatch) -> list:
    """A stand-in for training whose score is best at a rate of 1e-4, and whose cost falls with it. Notes each call.

    The calls whose numbers are in ``DIVERGING`` diverge.
    """
    import ganlab.training.run
    from ganlab.config import save_config

    calls = []

    def train(run, run_dir):
        cfg, rate = run.cfg, run.cfg.model.optimizers.generator.lr
        calls.append((cfg, run_dir))
        save_config(cfg, run_dir)
        value = 10 + 10 * abs(math.log10(rate) + 4) + cfg.seed
        fault = DivergedError("generator/loss is nan") if len(calls) in DIVERGING else None
        number = {"value": None if fault else value, "images": 64, "steps": 4}
        results = {
            "status": "diverged" if fault else "finished",
            "model": cfg.chosen.model,
            "data": cfg.chosen.data,
            "seed": cfg.seed,
            "seconds": 1 / rate,
            "error": str(fault) if fault else None,
            "scores": {
                "fid_digits": {
                    "better": "lower",
                    "floor": 1.0,
                    "last": number,
                    "best": number,
                    "protocol": {},
                }
            },
        }
        (run_dir / "results.json").write_text(json.dumps(results))
        if fault:
            raise fault

    monkeypatch.setattr(ganlab.training.run, "train", train)
    return calls


def rates(calls) -> list[float]:
    return [cfg.model.optimizers.generator.lr for cfg, _ in calls]


def folder_of(tmp_path: Path) -> Path:
    [folder] = (tmp_path / "outputs" / "searches").iterdir()
    return folder


def test_a_search_finds_names_and_writes_down_the_best_point(ganlab, scored, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.DIVERGING", {4})  # the second seed of the second point
    answer = ganlab("search=tpe", "search.trials=3", "search.seeds=2", *WORDS)
    assert answer.code == 0, answer.err
    assert len(scored) == 6, rates(scored)
    assert [cfg.seed for cfg, _ in scored] == [0, 1] * 3
    lines = [line for line in answer.out.splitlines() if line.startswith("point")]
    assert len(lines) == 3
    assert "  diverged  (best" in lines[1]
    assert "3 points: 2 finished, 1 diverged" in answer.out
    best = min((10 + 10 * abs(math.log10(rate) + 4) + 0.5, rate) for rate in rates(scored[:2] + scored[4:]))
    assert f"fid_digits {best[0]:.4g}\n" in answer.out  # the mean over both seeds
    assert f"{LR}={best[1]}" in answer.out.partition("best: point")[2]
    folder = folder_of(tmp_path)
    assert f"000_{LR}={rates(scored)[0]}_seed=0" in [path.name for path in folder.iterdir()]
    assert "Plotly" in (folder / "search.html").read_text()[:200_000]
    table = (folder / "table.md").read_text()
    assert "| * |" in table
    again = ganlab("--config-dir", str(folder / "recipe"), "experiment=winner", "seed=7")
    assert again.code == 0, again.err
    assert rates(scored)[-1] == best[1]
    assert scored[-1][0].seed == 7


@pytest.mark.usefixtures("no_plots")
def test_R13_a_killed_search_goes_on_as_if_it_had_not_been(ganlab, scored, tmp_path, monkeypatch):
    import ganlab.training.run as training

    words = ("search=tpe", "search.trials=3", *WORDS)
    assert ganlab(*words, "hydra.sweep.dir=whole").code == 0
    whole, train = rates(scored), training.train
    scored.clear()

    def killed(run, run_dir):
        if len(scored) == 1:
            from ganlab.config import save_config

            save_config(run.cfg, run_dir)  # it had begun
            raise SystemExit(137)
        train(run, run_dir)

    monkeypatch.setattr(training, "train", killed)
    stopped = ganlab(*words)
    assert stopped.code == 137
    assert "to go on with the search, give the same command" in stopped.err
    monkeypatch.setattr(training, "train", train)
    answer = ganlab(*words)
    assert answer.code == 0, answer.err
    assert rates(scored) == whole
    assert [cfg.resume is not None for cfg, _ in scored] == [False, True, False]


@pytest.mark.usefixtures("no_plots")
def test_machines_of_one_database_take_no_more_points_together_than_were_asked_for(ganlab, scored, tmp_path):
    import optuna

    url = f"sqlite:///{tmp_path}/studies.db"
    words = ("search=random", f"search.storage={url}", "search.name=mine", *WORDS)
    assert ganlab(*words, "search.trials=1", "hydra.sweep.dir=here").code == 0
    study = optuna.load_study(study_name="mine", storage=url)
    elsewhere = study.ask()  # what another machine does meanwhile
    elsewhere.set_user_attr("folder", "/elsewhere")
    elsewhere.set_user_attr("words", [f"{LR}=0.001"])
    answer = ganlab(*words, "search.trials=3", "hydra.sweep.dir=here")
    assert answer.code == 0, answer.err
    assert len(scored) == 2
    assert "2 points: 2 finished; 1 more under way elsewhere" in answer.out


def test_a_run_of_a_search_is_given_up_by_it_alone_and_goes_on_like_any_other(ganlab, tmp_path):
    import optuna

    from ganlab.search.study import storage_of

    tiny = ("model=plane_gan", "data=ring", "metrics=energy", "trainer=cpu", "debug=tiny")
    often = "callbacks.quality.every_images=8"
    answer = ganlab("search=random", "search.trials=1", "hydra.sweep.dir=mine", *tiny, often, RATES)
    assert answer.code == 0, answer.err
    [run] = (tmp_path / "mine").glob("000_*")
    told = optuna.load_study(study_name="mine", storage=storage_of(tmp_path / "mine", None)).trials[0]
    assert list(told.intermediate_values) == [1, 2]  # it was watched ...
    assert "ganlab.search" not in "".join(
        path.read_text() for path in (run / ".hydra").glob("*.yaml")
    )  # ... untold
    assert "without lines" not in ganlab("report", f"run={run}").out
    assert ganlab(f"resume={run}", "trainer.max_steps=6").code == 0
    assert json.loads((run / "results.json").read_text())["steps"] == 6
    again = optuna.load_study(study_name="mine", storage=storage_of(tmp_path / "mine", None)).trials[0]
    assert again.intermediate_values == told.intermediate_values


@pytest.mark.usefixtures("no_plots")
def test_one_name_is_of_one_search(ganlab, scored):
    named = ("search=random", "search.trials=1", "search.name=mine")
    assert ganlab(*named, *WORDS).code == 0
    other = ganlab(*named, *WORDS[:-1], f"{LR}=interval(1e-4,1e-2)", "data.batch_size=8")
    assert other.code == 2
    assert f"{LR} was from 1e-05 to 0.1, by their logarithm, and is from 0.0001 to 0.01" in other.err
    assert "it had no data.batch_size=8" in other.err
    assert other.err.count("\n") == 1


@pytest.mark.usefixtures("no_plots")
def test_a_grid_ends_by_itself(ganlab, scored):
    assert ganlab("search=grid", *WORDS[:-1], f"{LR}=1e-4,1e-3").code == 0
    assert rates(scored) == [1e-4, 1e-3]


def test_two_objectives_end_with_all_that_are_best_at_their_price(ganlab, scored):
    answer = ganlab("search=nsga2", "search.trials=3", *WORDS)
    assert answer.code == 0, answer.err
    assert len(re.findall(r"best: point \d+, fid_digits \S+ at \S+ seconds", answer.out)) >= 2


def test_a_search_whose_first_runs_fail_ends_with_what_they_said(ganlab, scored, monkeypatch):
    def fail(run, run_dir):
        raise UserError("there is no such disk")

    monkeypatch.setattr("ganlab.training.run.train", fail)
    answer = ganlab("search=random", "search.trials=3", *WORDS)
    assert answer.code == 2
    assert "the first runs of this search failed" in answer.err
    assert answer.err.count("there is no such disk") == 1


@pytest.mark.usefixtures("no_plots")
def test_cmaes_searches_numbers(ganlab, scored):
    pytest.importorskip("cmaes")
    answer = ganlab("search=cmaes", "search.trials=2", *WORDS)
    assert answer.code == 0, answer.err
    assert len(set(rates(scored))) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("search=tpe", "model=vanilla"),
            "there is nothing to search: give a key several values, for instance",
        ),
        (
            ("search=tpe", "model.optimizers.generator.rl=interval(0,1)"),
            "model.optimizers.generator.rl: no such key",
        ),
        (("search=tpe", "model=vanilla,dcgn", RATES), "model=dcgn: no such model; did you mean dcgan"),
        (("-m", RATES), "leaves open which values: add search=tpe or search=random"),
        ((RATES,), "leaves open which values: add search=tpe or search=random"),
        (("search=tpe", "search.trials=0", RATES), "search.trials=0: expected a whole number of at least 1"),
        (("search=tpe", "search.trial=3", RATES), "search.trial: no such key; did you mean search.trials?"),
        (("search.trials=3",), "search.trials: choose a method first, as in search=tpe"),
        (("search=tpe", RATES, "objective=val/fid"), "objective=val/fid is no score of this run"),
        (("search=tpe", RATES, "metrics=none"), "a search needs a score"),
        (("search=bayes", RATES), "search=bayes: no such search; did you mean"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_searched_is_one_sentence_before_the_first_run(
    ganlab, scored, tmp_path, words, sentence
):
    answer = ganlab(*words)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert scored == []
    assert not list(tmp_path.rglob("results.json"))


def test_the_file_of_a_sweep_of_wandb(ganlab, scored, tmp_path):
    answer = ganlab("search=tpe", "search.export=wandb", *WORDS, "data.batch_size=4,8", "data.image_size=28")
    assert answer.code == 0, answer.err
    found = yaml.safe_load((tmp_path / "wandb_sweep.yaml").read_text())
    assert found["method"] == "bayes"
    assert found["metric"] == {"name": "val/fid_digits", "goal": "minimize"}
    assert found["parameters"][LR] == {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}
    assert found["parameters"]["data.batch_size"] == {"values": [4, 8]}
    assert {"model=vanilla", "logger=wandb", "${args_no_hyphens}"} <= set(found["command"])
    assert ganlab("sweep=dcgan_rates", "search=random", "search.export=wandb").code == 0
    found = yaml.safe_load((tmp_path / "wandb_sweep.yaml").read_text())
    assert list(found["parameters"]) == [LR, LR.replace("generator", "discriminator")]
    assert "model=dcgan" in found["command"]
    assert scored == []


def test_what_is_searched_for_is_of_the_direction_that_the_model_translates(ganlab, tmp_path):
    words = (
        "search=random",
        "search.export=wandb",
        "model=cut",
        "model.direction=b_to_a",
        "data=fonts_unpaired",
    )
    answer = ganlab(*words, "model.optimizers.generator.lr=interval(1e-5,1e-2)")
    assert answer.code == 0, answer.err
    found = yaml.safe_load((tmp_path / "wandb_sweep.yaml").read_text())
    assert found["metric"]["name"].endswith("_b_to_a")


def test_runs_whose_score_cannot_be_computed_say_so(tmp_path):
    (tmp_path / "results.json").write_text('{"status": "finished", "last": {"val/hq": 0.0}}')
    found = outcome_of([tmp_path], "val/mode_kl", "none")
    assert (found.status, found.value) == ("failed", None)
    assert found.error.startswith("at the end val/mode_kl had no value: it cannot be computed")
    assert outcome_of([tmp_path], "val/hq", "none").value == 0.0


def test_an_agent_of_wandb_calls_ganlab_with_dashes(ganlab, trained, monkeypatch):
    words = ("--model=vanilla", "--data.batch_size=8", "trainer=cpu", "metrics=none")
    assert "options are written key=value, without dashes" in ganlab(*words).err
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    assert ganlab(*words).code == 0
    [(cfg, _)] = trained
    assert (cfg.chosen.model, cfg.data.batch_size) == ("vanilla", 8)
