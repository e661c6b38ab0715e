"""A W&B run over several starts of a training run, without an account and without a network."""

import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import wandb

from ganlab.errors import UserError
from ganlab.loggers.csv import CSVLog
from ganlab.loggers.wandb import WandbLog
from ganlab.pixels import save_png
from tests.support.runs import in_child
from tests.support.wandb_reading import alone, history, records, starts, summary

KEY = "0123456789" * 4
KILLED_AT, TOTAL = 300, 310
RESULTS = {
    "status": "finished",
    "scores": {
        "fid_digits": {
            "better": "lower",
            "floor": 4.5,
            "start": {"value": 90.0, "images": 0, "steps": 0},
            "best": {"value": 7.5, "images": 16, "steps": 2},
            "last": {"value": None, "images": 24, "steps": 3},
            "protocol": {"extractor": "digits", "n_fake": 1000},
        },
    },
}


def told(caplog) -> list[tuple[int, str]]:
    """What the user was told, with its level."""
    return [(r.levelno, r.getMessage()) for r in caplog.records if r.name.startswith("ganlab")]


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    alone(monkeypatch, tmp_path / "home")


def log_steps(run_dir: Path, steps: range, *, after: int = 0, until: int | None = None) -> None:
    """What a run does that goes on after ``after``: one row a step, a picture every 50; killed at ``until``."""
    file, tracker = CSVLog(run_dir / "metrics.csv"), WandbLog(save_dir=run_dir)
    if after:
        file.rewind(after)
    tracker.begin({}, after)
    for step in steps:
        metrics = {f"term{n}": step / (n + 1) for n in range(8)} | {"progress/images": 8 * step}
        file.log_metrics(metrics, step)
        tracker.log_metrics(metrics, step)
        if step % 50 == 0:
            picture = torch.full((3, 4, 4), step % 256, dtype=torch.uint8)
            save_png(picture, run_dir / "samples" / f"{8 * step:010d}.png")
            pixels = picture.permute(1, 2, 0).numpy()
            tracker.log_picture("samples", pixels, images=8 * step, step=step)
        if step == until:
            os._exit(9)
    tracker.finish({"status": "finished", "scores": {}})


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> tuple[Path, int]:
    """A run directory of a process that died after 300 rows, and the last step that W&B had written by then."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        alone(patch, folder / "home")
        assert in_child(lambda: log_steps(folder, range(1, KILLED_AT + 1), until=KILLED_AT)) == 9
    left = folder / "left"  # a copy, since W&B's own process may outlive the one that died for a moment
    shutil.copytree(folder / "wandb", left / "wandb", symlinks=True)
    shutil.copytree(folder / "samples", left / "samples")
    shutil.copy(folder / "metrics.csv", left)
    (path,) = starts(left)
    os.truncate(path, min(path.stat().st_size, 120_000))  # W&B writes every 32 kB and every 15 seconds
    return left, history(path)[-1]["_step"]


@pytest.mark.parametrize("lead", [30, -30], ids=["a checkpoint after that", "a checkpoint before"])
def test_R14_no_step_twice_and_none_missing(killed, tmp_path, lead):
    (folder, written), run = killed, tmp_path / "run"
    assert 50 < written < KILLED_AT - 30
    shutil.copytree(folder, run, symlinks=True)
    checkpoint = written + lead
    log_steps(run, range(checkpoint + 1, TOTAL + 1), after=checkpoint)

    first, second = starts(run)
    assert {records(path, "run")[0]["run_id"] for path in (first, second)} == {(run / "wandb/id").read_text()}
    rows = [*history(first), *history(second)]
    assert [row["_step"] for row in rows] == list(range(1, TOTAL + 1))
    for row in rows:
        assert row["progress/images"] == 8 * row["_step"]
        assert row["term6"] == pytest.approx(row["_step"] / 7)
    assert [row["_step"] for row in rows if "samples.path" in row] == [50, 100, 150, 200, 250, 300]


def test_a_run_that_starts_over_in_the_same_directory_is_another_run(tmp_path):
    log_steps(tmp_path, range(1, 4))
    identity = (tmp_path / "wandb/id").read_text()
    log_steps(tmp_path, range(1, 3))
    assert (tmp_path / "wandb/id").read_text() != identity
    assert [len(history(path)) for path in starts(tmp_path)] in ([3, 2], [2, 3])


def test_a_run_that_took_up_wandb_late_is_whole(tmp_path):
    file = CSVLog(tmp_path / "metrics.csv")
    for step in (1, 50, 100):
        file.log_metrics({"loss": float(step), "progress/images": 8 * step}, step)
    log_steps(tmp_path, range(101, 103), after=100)
    assert [row["_step"] for row in history(starts(tmp_path)[0])] == [1, 50, 100, 101, 102]


def test_summary_has_best_and_last_with_images_and_protocol(tmp_path):
    tracker = WandbLog(save_dir=tmp_path)
    tracker.begin({}, 0)
    for step, value in enumerate((9.0, 7.5, 8.0), start=1):
        tracker.log_metrics({"val/fid_digits": value, "progress/images": 8 * step}, step)
    tracker.finish(RESULTS)
    (path,) = starts(tmp_path)
    defined = next(entry for entry in records(path, "metric") if entry.get("name") == "val/fid_digits")
    assert defined["step_metric"] == "progress/images"
    assert defined["summary"] == {"min": True, "max": True, "last": True}
    found = summary(path)
    assert {key: found[key] for key in found if key.endswith(("fid_digits", "fid_digits_images"))} == {
        "val/fid_digits": {"min": 7.5, "max": 9.0, "last": 8.0},
        "best/fid_digits": 7.5,
        "best/fid_digits_images": 16,
        "last/fid_digits_images": 24,  # its value could not be computed
        "floor/fid_digits": 4.5,
        "better/fid_digits": "lower",
        "protocol/fid_digits": "extractor: digits, n_fake: 1000",
    }


@pytest.mark.parametrize(
    ("given", "environment", "netrc", "expected"),
    [
        (None, {}, False, "offline"),
        (None, {"WANDB_API_KEY": KEY}, False, "online"),
        (None, {}, True, "online"),
        (None, {"WANDB_API_KEY": KEY, "WANDB_MODE": "offline"}, False, "offline"),
        (None, {"WANDB_API_KEY": KEY, "WANDB_MODE": "dryrun"}, False, "offline"),
        (None, {"WANDB_API_KEY": KEY, "WANDB_MODE": "disabled"}, False, "disabled"),
        ("offline", {"WANDB_API_KEY": KEY}, False, "offline"),
        ("online", {"WANDB_API_KEY": KEY, "WANDB_MODE": "offline"}, False, "online"),
    ],
)
def test_online_if_a_key_is_configured_else_offline(
    given, environment, netrc, expected, tmp_path, monkeypatch, caplog
):
    (tmp_path / "home").mkdir()
    if netrc:
        (tmp_path / "home" / ".netrc").write_text(f"machine api.wandb.ai\n  login user\n  password {KEY}\n")
        (tmp_path / "home" / ".netrc").chmod(0o600)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    modes = []
    monkeypatch.setattr(wandb, "init", lambda mode, **arguments: modes.append(mode))
    WandbLog(save_dir=tmp_path, mode=given)._start()
    assert modes == [expected]
    assert told(caplog) == []


@pytest.mark.parametrize(
    ("mode", "environment"),
    [(None, {"WANDB_API_KEY": "not a key"}), ("online", {}), (None, {"WANDB_MODE": "online"})],
    ids=["malformed key", "online without a key", "the same from the environment"],
)
def test_a_key_that_is_not_one_is_a_warning_or_an_error(mode, environment, tmp_path, monkeypatch, caplog):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    modes = []
    monkeypatch.setattr(wandb, "init", lambda mode, **arguments: modes.append(mode))
    WandbLog(save_dir=tmp_path, mode=mode)._start()
    assert modes == ["offline"]
    ((level, sentence),) = told(caplog)
    assert level == logging.WARNING
    assert sentence.startswith("W&B cannot be used, so this run stays offline: ")
    assert "not a key" not in sentence
    with pytest.raises(UserError, match="on_failure=fail: W&B cannot be used") as caught:
        WandbLog(save_dir=tmp_path, mode=mode, on_failure="fail")._start()
    assert caught.value.exit_code == 2


def test_S13_a_key_but_no_network(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    caplog.set_level(logging.INFO, "ganlab")
    tracker = WandbLog(save_dir=tmp_path, init_timeout=1.0)
    tracker.begin({}, 0)
    tracker.log_metrics({"loss": 0.5, "progress/images": 8}, 1)
    tracker.finish({"status": "finished", "scores": {}})
    (level, warning), (_, hint) = told(caplog)
    assert level == logging.WARNING
    assert "stays offline" in warning
    assert hint.endswith(f"wandb sync {tmp_path / 'wandb'}")
    offline = [path for path in starts(tmp_path) if path.parent.name.startswith("offline-")]
    assert [row["loss"] for row in history(offline[0])] == [0.5]
    assert len(offline) == 1


def test_S12_wandb_does_not_go_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "elsewhere"))
    (tmp_path / "run").mkdir()
    tracker = WandbLog(save_dir=tmp_path / "run")
    tracker.begin({}, 0)
    assert Path(tracker.run.dir).is_relative_to(tmp_path / "run" / "wandb")
    tracker.finish({"status": "finished"})

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "wandb").write_text("in the way")
    with pytest.raises(UserError, match=r"logger=wandb: .* cannot be written"):
        WandbLog(save_dir=tmp_path / "broken").begin({}, 0)


def test_a_sweep_of_wandb_keeps_the_id_that_it_chose(tmp_path, monkeypatch):
    from ganlab.loggers.wandb_files import run_id

    monkeypatch.setenv("WANDB_RUN_ID", "chosen")
    assert run_id(tmp_path / "a", resumed=False) != "chosen"
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep")
    assert run_id(tmp_path / "b", resumed=False) == "chosen"


@pytest.mark.parametrize(
    ("status", "alerts", "told"), [("diverged", True, 1), ("diverged", False, 0), ("finished", True, 0)]
)
def test_a_run_that_diverged_is_an_alert(status, alerts, told, tmp_path):
    tracker = WandbLog(save_dir=tmp_path, mode="offline", name="mine", alerts=alerts)
    tracker.begin({"seed": 0}, 0)
    tracker.finish({"status": status, "error": "generator/loss is nan", "scores": {}})
    found = records(starts(tmp_path)[0], "alert")
    assert len(found) == told
    assert all(one["title"] == "mine has diverged" and "is nan" in one["text"] for one in found)


def test_disabled_leaves_nothing(tmp_path):
    tracker = WandbLog(save_dir=tmp_path, mode="disabled")
    tracker.begin({}, 0)
    tracker.log_metrics({"loss": 0.5, "progress/images": 8}, 1)
    tracker.log_picture("samples", np.zeros((4, 4, 3), np.uint8), images=8, step=1)
    tracker.finish(RESULTS)
    assert starts(tmp_path) == []
