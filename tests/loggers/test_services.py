"""MLflow in a folder, over several starts of a run, read back with its own client; and what goes wrong."""

import json
import sys

import pytest

from ganlab.errors import UserError
from ganlab.loggers.aim import AimLog
from ganlab.loggers.csv import CSVLog
from ganlab.loggers.services import CometLog, MlflowLog
from tests.support.tracking import telling

RESULTS = {
    "status": "finished",
    "scores": {
        "fid_digits": {
            "better": "lower",
            "floor": 1.0,
            "last": {"value": 9.0, "images": 80, "steps": 10},
            "best": {"value": 8.0, "images": 64, "steps": 8},
            "protocol": {"n_real": 100},
        }
    },
}


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """In an empty folder, with a store of its own."""
    pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_ALLOW_FILE_STORE", "GIT_PYTHON_REFRESH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    from mlflow.tracking import MlflowClient

    def read():
        client = MlflowClient((tmp_path / "mlruns").as_uri())
        [experiment] = [one for one in client.search_experiments() if one.name == "ganlab"]
        return client, client.search_runs([experiment.experiment_id])

    return read


def log_steps(run_dir, steps, *, after=0, finish=True):
    """A run that goes on after ``after``."""
    tracker = MlflowLog(save_dir=run_dir, name="first", tags=["paper"])
    for _ in telling(tracker, run_dir, steps, after=after, settings={"seed": 0, "model": {"width": 4}}):
        pass
    if finish:
        tracker.finish(RESULTS)
    return tracker


def test_R14_mlflow_has_each_point_once_and_how_it_ended(mlflow, tmp_path):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    log_steps(run_dir, range(1, 9), finish=False)  # killed, with a checkpoint of step 5
    log_steps(run_dir, range(6, 11), after=5)
    client, [run] = mlflow()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(8 * n, n / 8) for n in (2, 4, 6, 8, 10)]
    assert [file.path for file in client.list_artifacts(run.info.run_id, "samples")] == [
        f"samples/{8 * n:010d}.png" for n in (3, 6, 9)
    ]
    assert run.data.params["model/width"] == "4"
    assert (run.data.metrics["best/fid_digits"], run.data.metrics["last/fid_digits"]) == (8, 9)
    assert run.data.tags["protocol/fid_digits"] == "n_real: 100"
    assert (run.data.tags["status"], run.data.tags["paper"], run.info.run_name) == (
        "finished",
        "true",
        "first",
    )
    assert run.info.status == "FINISHED"


def test_a_service_that_fails_is_told_the_rest_at_the_next_start(mlflow, tmp_path, monkeypatch, caplog):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    tracker = log_steps(run_dir, range(1, 3), finish=False)

    def fail(*args, **options):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(tracker.logger, "log_metrics", fail)
    file = CSVLog(run_dir / "metrics.csv")
    file.rewind(2)
    for step in (4, 6):
        tracker.log_metrics({"loss": 1.0, "progress/images": 8 * step}, step)
        file.log_metrics({"loss": 1.0, "progress/images": 8 * step}, step)
    assert [record.message for record in caplog.records] == [
        "mlflow is told nothing more in this start of the run: no route to host"
    ]
    assert json.loads((run_dir / "mlflow.json").read_text())["row"] == 16
    log_steps(run_dir, range(7, 9), after=6)
    client, [run] = mlflow()
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == [16, 32, 48, 64]


@pytest.mark.parametrize(
    ("log", "module", "extra"),
    [
        (MlflowLog, "mlflow", "mlflow"),
        (CometLog, "comet_ml", "comet"),
        (AimLog, "aim.pytorch_lightning", "aim"),
    ],
)
def test_a_missing_package_is_one_sentence(log, module, extra, tmp_path, monkeypatch):
    import lightning.pytorch.loggers.comet
    import lightning.pytorch.loggers.mlflow

    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(lightning.pytorch.loggers.mlflow, "_MLFLOW_AVAILABLE", False)
    monkeypatch.setattr(lightning.pytorch.loggers.comet, "_COMET_AVAILABLE", False)
    with pytest.raises(UserError, match=rf"logger={extra} needs .*: pip install 'ganlab\[{extra}\]'"):
        log(save_dir=tmp_path).begin({}, 0)


def test_a_server_that_cannot_be_used_is_named(mlflow, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "gopher://nowhere")
    with pytest.raises(UserError, match="logger=mlflow cannot be used: "):
        MlflowLog(save_dir=tmp_path).begin({}, 0)
