"""Pictures and progress, at intervals that mean the same at every batch size."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.callbacks.interval import crossed
from ganlab.callbacks.pictures.images import Samples

QUICK = ["model=mlp_gan", "metrics=none", "data.image_size=8", "trainer.max_steps=10"]


class Clock:
    """What ``crossed`` reads of a module."""

    def __init__(self, world: int) -> None:
        self.images = 0
        self.trainer = type("Trainer", (), {"world_size": world})()


@pytest.mark.parametrize(("batch", "world"), [(7, 1), (8, 1), (50, 1), (5, 4), (130, 2)])
def test_every_multiple_is_met_once_whatever_the_batch(batch, world):
    clock, met = Clock(world), 0
    for step in range(1, 201):
        clock.images = step * batch * world
        met += crossed(100, clock, {"image": range(batch)})
    each_step_passes_several = batch * world >= 100
    assert met == (200 if each_step_passes_several else clock.images // 100)


def test_samples_from_the_start_to_the_end_and_an_animation(tiny_run):
    module = tiny_run(*QUICK, "callbacks.samples.every_images=32")
    folder = f"{module.trainer.default_root_dir}/samples"
    names = ["0000000000.png", "0000000032.png", "0000000064.png", "0000000080.png"]
    grids = []
    for name in names:
        with Image.open(f"{folder}/{name}") as picture:
            grids.append(picture.convert("RGB").tobytes())
    assert len(set(grids)) == 4, "the generator moved"
    with Image.open(f"{folder}/animation.gif") as animation:
        assert animation.n_frames == 4


def test_the_loggers_that_show_pictures_get_those_of_samples(tmp_path):
    class Shows:
        def log_picture(self, name, pixels, *, images, step):
            self.shown = (name, pixels, images, step)

    shows = Shows()
    trainer = SimpleNamespace(
        default_root_dir=tmp_path, is_global_zero=True, loggers=[object(), shows], max_steps=5
    )
    noise = torch.randn(4, 1, 6, 5, generator=torch.Generator().manual_seed(0))
    module = SimpleNamespace(
        steps=5, images=40, sheet=lambda n, columns: (n, columns), sample=lambda n, seed: noise
    )
    samples = Samples(n=4, columns=2)
    samples.on_train_start(trainer, module)
    samples.draw(trainer, module)
    samples.on_train_end(trainer, module)
    name, pixels, images, step = shows.shown
    assert (name, images, step) == ("samples", 40, 5)
    assert pixels.dtype == np.uint8
    with Image.open(tmp_path / "samples" / "0000000040.png") as picture:
        assert picture.width > 500
        assert np.array_equal(np.asarray(picture.convert("RGB")), pixels)


def test_progress_without_a_terminal_is_lines(tiny_run, caplog):
    caplog.set_level(logging.INFO, logger="ganlab")
    tiny_run(*QUICK, "callbacks.progress.line_seconds=0")
    lines = [record.getMessage() for record in caplog.records if "images/s" in record.getMessage()]
    assert len(lines) == 10
    assert lines[-1].startswith("step 10/10  D ")
    assert "G " in lines[-1]
    assert "left" in lines[-1]


def test_a_player_that_has_not_moved_yet_has_no_loss_to_show(tiny_run, caplog):
    caplog.set_level(logging.INFO, logger="ganlab")
    few = ["model=wgan", "metrics=none", "data.image_size=8", "trainer.max_steps=2"]  # of five, until G moves
    tiny_run(*few, "callbacks.progress.line_seconds=0")
    lines = [record.getMessage() for record in caplog.records if "images/s" in record.getMessage()]
    assert len(lines) == 2
    assert all("D " in line and "G " not in line for line in lines), lines
    assert not any("nan" in record.getMessage() for record in caplog.records)
