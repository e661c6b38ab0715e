"""TensorBoard over several starts of a run, read back with its own reader."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.loggers.csv import CSVLog
from ganlab.loggers.tensorboard import TensorBoardLog
from ganlab.pixels import save_png
from tests.support.runs import in_child
from tests.support.tracking import telling


def log_steps(run_dir: Path, steps: range, *, after: int = 0, until: int | None = None) -> None:
    """A run that goes on after ``after``; it is killed after ``until``."""
    tracker = TensorBoardLog(save_dir=run_dir)
    for step in telling(tracker, run_dir, steps, after=after, settings={"seed": 0}):
        if step == until:
            os._exit(9)
    tracker.finish({"images": 8 * steps[-1], "scores": {}})


def a_minute_later(run_dir: Path) -> None:
    """Event files are read in the order of the seconds in their names."""
    for path in list((run_dir / "tensorboard").iterdir()):
        second = path.name.removeprefix("events.out.tfevents.").partition(".")[0]
        path.rename(path.with_name(path.name.replace(second, str(int(second) - 60), 1)))


def points(run_dir: Path) -> tuple[list[tuple[int, float]], list[int]]:
    """Images and values of the scalars, images of the pictures; the same for the reader behind the web page."""
    folder = str(run_dir / "tensorboard")
    events = EventAccumulator(folder, size_guidance={"images": 0}).Reload()
    scalars, pictures = events.Scalars("loss"), [event.step for event in events.Images("samples")]
    page = plugin_event_accumulator.EventAccumulator(folder)
    page.Reload()
    assert [event.step for event in page.Tensors("loss")] == [event.step for event in scalars]
    assert [event.step for event in page.Tensors("samples")] == pictures
    return [(event.step, event.value) for event in scalars], pictures


@pytest.mark.parametrize("checkpoint", [6, 9, 10, 11])
def test_R14_no_point_twice_and_none_missing(checkpoint, tmp_path):
    """Nothing that was logged is lost in a kill; what came after the checkpoint is withdrawn."""
    assert in_child(lambda: log_steps(tmp_path, range(1, 12), until=11)) == 9
    a_minute_later(tmp_path)
    log_steps(tmp_path, range(checkpoint + 1, 15), after=checkpoint)
    scalars, pictures = points(tmp_path)
    assert scalars == [(8 * step, step / 8) for step in range(2, 15, 2)]
    assert pictures == [8 * step for step in range(3, 15, 3)]


def test_a_run_that_starts_over_in_the_same_directory_withdraws_everything(tmp_path):
    log_steps(tmp_path, range(1, 12))
    a_minute_later(tmp_path)
    log_steps(tmp_path, range(1, 7))
    scalars, pictures = points(tmp_path)
    assert [images for images, _ in scalars] == [16, 32, 48]
    assert pictures == [24, 48]


def test_a_run_that_took_up_tensorboard_late_is_whole(tmp_path):
    file = CSVLog(tmp_path / "metrics.csv")
    for step in (2, 4, 6):
        file.log_metrics({"loss": step / 8, "progress/images": 8 * step}, step)
    for step in (0, 3, 7):  # the last was drawn after the step that the run goes on from
        save_png(torch.zeros(3, 2, 2, dtype=torch.uint8), tmp_path / "samples" / f"{8 * step:010d}.png")
    log_steps(tmp_path, range(7, 9), after=6)
    scalars, pictures = points(tmp_path)
    assert [images for images, _ in scalars] == [16, 32, 48, 64]
    assert pictures == [0, 24]


def test_best_scores_and_protocols(tmp_path):
    tracker = TensorBoardLog(save_dir=tmp_path)
    tracker.begin({"seed": 3, "callbacks": {"n": 4}}, 0)
    score = {
        "better": "lower",
        "floor": None,
        "best": {"value": 7.5, "images": 16, "steps": 2},
        "last": {"value": 8.0, "images": 24, "steps": 3},
        "protocol": {"extractor": "digits", "n_fake": 1000},
    }
    tracker.finish({"images": 24, "scores": {"fid_digits": score}})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("val_best/fid_digits")] == [(24, 7.5)]
    (protocol,) = events.Tensors("protocol/fid_digits/text_summary")
    assert protocol.tensor_proto.string_val[0] == b"extractor: digits, n_fake: 1000"


def test_a_missing_package_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    (make,) = instantiate(compose(["logger=tensorboard"]).logger).values()
    with pytest.raises(UserError, match=r"^logger=tensorboard needs .*: pip install tensorboard$"):
        make(save_dir=tmp_path)


def test_pictures_are_what_was_drawn(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    tracker = TensorBoardLog(save_dir=tmp_path)
    tracker.log_picture("samples", pixels, images=8, step=1)
    (event,) = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Images("samples")
    (tmp_path / "shown.png").write_bytes(event.encoded_image_string)
    from PIL import Image

    with Image.open(tmp_path / "shown.png") as picture:
        assert np.array_equal(np.asarray(picture), pixels)
