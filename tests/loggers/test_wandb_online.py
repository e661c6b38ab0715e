"""A W&B run with a server in reach: what arrives there over several starts, and when the server goes away."""

import logging
import os
import subprocess
import sys
import time

import pytest
import torch
import wandb

from ganlab.loggers.csv import CSVLog
from ganlab.loggers.wandb import WandbLog
from ganlab.pixels import save_png
from tests.support.runs import in_child
from tests.support.wandb_reading import alone
from tests.support.wandb_server import Server

ENDED = {"status": "finished", "scores": {}}


@pytest.fixture
def server(monkeypatch, tmp_path):
    alone(monkeypatch, tmp_path / "home")
    server = Server()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    yield server
    wandb.teardown()
    server.stop()


def log_steps(run_dir, steps, *, after: int = 0, dies: bool = False, **options) -> None:
    """What a training run does that goes on after ``after``: one row a step."""
    file, tracker = CSVLog(run_dir / "metrics.csv"), WandbLog(save_dir=run_dir, **options)
    if after:
        file.rewind(after)
    tracker.begin({"seed": 0}, after)
    for step in steps:
        metrics = {"loss": step / 7, "progress/images": 8 * step}
        file.log_metrics(metrics, step)
        tracker.log_metrics(metrics, step)
    if dies:
        os._exit(9)
    tracker.finish(ENDED)


def test_R14_each_step_arrives_once(server, tmp_path):
    """A first start that ends well, a second that dies with rows not handed in, a third from a checkpoint between."""
    assert in_child(lambda: log_steps(tmp_path, range(1, 11))) == 0
    assert server.steps() == list(range(1, 11))
    assert in_child(lambda: log_steps(tmp_path, range(11, 16), after=10, dies=True)) == 9
    log_steps(tmp_path, range(14, 18), after=13)
    assert server.steps() == list(range(1, 18))


def test_R14_a_run_that_was_offline_is_whole_online(server, tmp_path):
    """And its offline file is not uploaded on top."""
    log_steps(tmp_path, range(1, 6), mode="offline")
    save_png(torch.zeros(3, 4, 4, dtype=torch.uint8), tmp_path / "samples" / "0000000024.png")
    assert server.rows == {}
    log_steps(tmp_path, range(6, 9), after=5)
    assert server.steps() == list(range(1, 9))
    ((_, rows),) = server.rows.items()
    assert rows[2]["samples"]["_type"] == "image-file"
    said = subprocess.run(
        [sys.executable, "-m", "wandb", "sync", "--dry-run", str(tmp_path / "wandb")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stderr
    assert "No runs to sync" in said


def test_wandb_sync_uploads_offline_starts_in_order(server, tmp_path):
    log_steps(tmp_path, range(1, 6), mode="offline")
    log_steps(tmp_path, range(4, 9), after=3, mode="offline")
    command = [sys.executable, "-m", "wandb", "sync", "--yes", str(tmp_path / "wandb")]
    subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    assert server.steps() == list(range(1, 9))


def test_S14_the_network_goes_away(server, tmp_path, caplog):
    tracker = WandbLog(save_dir=tmp_path, finish_timeout=1.0)
    tracker.begin({}, 0)
    server.stop()
    for step in range(1, 201):
        tracker.log_metrics({"loss": 1.0, "progress/images": step}, step)
    began = time.monotonic()
    tracker.finish(ENDED)
    assert time.monotonic() - began < 120  # W&B would try for days
    (warning,) = [r for r in caplog.records if r.name.startswith("ganlab") and r.levelno == logging.WARNING]
    assert "wandb sync --include-online" in warning.getMessage()
    assert warning.getMessage().endswith(str(next(tmp_path.glob("wandb/run-*"))))
