"""Aim in a folder, over two starts of a run, read back by its own package."""

import pytest

from ganlab.loggers.aim import AimLog
from tests.support.tracking import telling

pytest.importorskip("aim", reason="logger=aim needs the extra aim")
RESULTS = {
    "status": "finished",
    "scores": {
        "fid_digits": {
            "better": "lower",
            "last": {"value": 9.0, "images": 48, "steps": 6},
            "best": {"value": 8.0, "images": 32, "steps": 4},
            "protocol": {"n_real": 100},
        }
    },
}


def test_R14_aim_has_each_point_once_and_how_it_ended(tmp_path, monkeypatch):
    from aim import Repo, Run
    from aim.storage.context import Context

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AIM_REPO", raising=False)
    run_dir = tmp_path / "run"
    run_dir.mkdir()

    def log_steps(steps, after):
        tracker = AimLog(save_dir=run_dir, name="first", tags=["paper"])
        for _ in telling(tracker, run_dir, steps, after=after, settings={"seed": 0, "model": {"width": 4}}):
            pass
        return tracker

    log_steps(range(1, 5), after=0).logger.finalize("failed")  # stopped, with a checkpoint of step 2
    log_steps(range(3, 7), after=2).finish(RESULTS)
    [identity] = Repo.from_path(str(tmp_path)).list_all_runs()
    run = Run(identity, repo=str(tmp_path))
    steps, [values, *_] = run.get_metric("loss", Context({})).data.items_list()
    assert (steps, values) == ([16, 32, 48], [0.25, 0.5, 0.75])
    assert run.get_image_sequence("samples", Context({})).data.items_list()[0] == [24, 48]
    assert (run.name, run.experiment, run.tags) == ("first", "ganlab", ["paper"])
    assert run["hparams"]["model"]["width"] == 4
    assert (run["best/fid_digits"], run["last/fid_digits"], run["status"]) == (8, 9, "finished")
