"""``ganlab dashboard``: what W&B would be sent, checked against the models of the package that sends it."""

import json
import sys

import pytest
import yaml

pytest.importorskip("wandb_workspaces")


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Two models with two seeds each, as a sweep leaves them."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    for number, (model, seed) in enumerate(
        [(model, seed) for model in ("dcgan", "lsgan") for seed in (1, 2)]
    ):
        folder = tmp_path / "mine" / f"{number}_model={model}_seed={seed}"
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "config.yaml").write_text(
            yaml.safe_dump({"chosen": {"model": model, "data": "digits"}, "seed": seed})
        )
        (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump([f"model={model}", f"seed={seed}"]))
        point = {"value": 10.0 + seed, "images": 64, "steps": 4}
        score = {"better": "lower", "last": point, "best": point, "protocol": {"n_fake": 8}}
        results = {"status": "finished", "model": model, "data": "digits", "seed": seed, "group": "mine"}
        (folder / "results.json").write_text(
            json.dumps({**results, "scores": {"fid_digits": score, "is": score}})
        )
        (folder / "metrics.csv").write_text("step,images,health/diversity,generator/loss\n")
    return tmp_path / "mine"


def test_without_an_account_the_workspace_is_a_file_and_the_commands_are_told(ganlab, sweep):
    from wandb_workspaces.workspaces.internal import View

    answer = ganlab("dashboard", "mine", "project=gans")
    assert answer.code == 0, answer.err
    assert "the workspace is in mine/dashboard.json" in answer.out
    assert "  wandb login\n" in answer.out
    assert "dashboard mine project=gans\n" in answer.out
    tree = json.loads((sweep / "dashboard.json").read_text())
    view = View.model_validate(tree)
    assert (view.project, view.display_name) == ("gans", "mine")
    [sections] = [tree["spec"]["section"]["panelBankConfig"]["sections"]]
    panels = {section["name"]: section["panels"] for section in sections}
    curves = {panel["config"]["chartTitle"]: panel["config"] for panel in panels["Scores"][1:]}
    assert list(curves) == ["val/fid_digits", "val/is"]
    assert curves["val/fid_digits"]["xAxis"] == "progress/images"
    assert curves["val/fid_digits"]["groupArea"] == "stddev"
    assert "model" in curves["val/fid_digits"]["groupBy"]
    assert panels["Scores"][0]["viewType"] == "Bar Chart"
    assert [panel["config"]["chartTitle"] for panel in panels["The game"]] == ["health/diversity"]
    assert {panel["viewType"] for panel in panels["Settings"]} == {"Run Comparer", "Parameter Importance"}
    assert panels["Pictures"][0]["config"]["mediaKeys"] == ["samples"]
    assert '"mine"' in json.dumps(tree["spec"]["section"]["runSets"][0]["filters"])


def test_with_an_account_workspace_and_report_are_saved_and_their_links_told(ganlab, sweep, monkeypatch):
    from wandb_workspaces.reports.v2 import Report
    from wandb_workspaces.workspaces import Workspace

    from ganlab.cli import dashboard

    saved = []
    for kind in (Workspace, Report):
        monkeypatch.setattr(kind, "save", lambda thing: saved.append(thing) or thing)
        monkeypatch.setattr(kind, "url", "https://there")
    monkeypatch.setattr(dashboard, "has_account", lambda: True)
    answer = ganlab("dashboard", "mine", "entity=me")
    assert answer.out == "https://there\nhttps://there\n", answer.err
    assert [thing.entity for thing in saved] == ["me", "me"]
    assert "| lsgan | 2 |" in saved[1].blocks[0].text or "lsgan" in saved[1].blocks[0].text
    assert not (sweep / "dashboard.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "which runs? Give a sweep's folder"),
        (("mine", "projct=x"), "ganlab dashboard projct=x: options are project=..., entity=..., output=..."),
        (("nowhere",), "nowhere does not exist"),
    ],
)
def test_mistakes_are_one_sentence(ganlab, sweep, words, sentence):
    answer = ganlab("dashboard", *words)
    assert answer.code == 2
    assert sentence in answer.err


def test_a_missing_package_is_named_with_the_command_that_installs_it(ganlab, sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    assert ganlab("dashboard", "mine").err == (
        "ganlab: ganlab dashboard needs wandb-workspaces, which is not installed: pip install 'ganlab[dashboard]'\n"
    )
