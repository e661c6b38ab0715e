"""Aim in a folder, over two starts of a run, read back by its own package."""

import pytest
import torch

from ganlab.loggers.aim import AimLog
from ganlab.loggers.csv import CSVLog
from ganlab.pixels import save_png

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
        file, tracker = (
            CSVLog(run_dir / "metrics.csv"),
            AimLog(save_dir=run_dir, name="first", tags=["paper"]),
        )
        if after:
            file.rewind(after)
        tracker.begin({"seed": 0, "model": {"width": 4}}, after)
        for step in steps:
            metrics = {"loss": step / 8, "progress/images": 8 * step}
            file.log_metrics(metrics, step)
            tracker.log_metrics(metrics, step)
            if step % 3 == 0:
                picture = torch.full((3, 2, 2), step, dtype=torch.uint8)
                save_png(picture, run_dir / "samples" / f"{8 * step:010d}.png")
                tracker.log_picture("samples", picture.permute(1, 2, 0).numpy(), images=8 * step, step=step)
        return tracker

    log_steps(range(1, 5), after=0).logger.finalize("failed")  # stopped, with a checkpoint of step 2
    log_steps(range(3, 7), after=2).finish(RESULTS)
    [identity] = Repo.from_path(str(tmp_path)).list_all_runs()
    run = Run(identity, repo=str(tmp_path))
    steps, [values, *_] = run.get_metric("loss", Context({})).data.items_list()
    assert (steps, values) == ([8, 16, 24, 32, 40, 48], [step / 8 for step in range(1, 7)])
    assert run.get_image_sequence("samples", Context({})).data.items_list()[0] == [24, 48]
    assert (run.name, run.experiment, run.tags) == ("first", "ganlab", ["paper"])
    assert run["hparams"]["model"]["width"] == 4
    assert (run["best/fid_digits"], run["last/fid_digits"], run["status"]) == (8, 9, "finished")
