"""Rows of held-out examples while training, and the gallery at the end."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ganlab.callbacks.pictures.sheet import GROUND, sheet
from ganlab.callbacks.pictures.translation import Rows
from ganlab.score_record import KeepsScores, from_json
from tests.support.translators import Answers, Examples, pictures


class Model(Answers):
    """Shows an example beside its negative."""

    steps, images = 0, 0

    def __init__(self):
        super().__init__(lambda batch: {"target": -batch["source"]})

    def panels(self, batch):
        self.asked.append(len(batch["source"]))
        return {"input": batch["source"], "output": -batch["source"], "input again": batch["source"]}


class Shows:
    def __init__(self):
        self.shown = []

    def log_picture(self, name, pixels, *, images, step):
        self.shown.append((name, pixels, images, step))


class Keeper(KeepsScores):
    scores = from_json({"l1": {"last": {"value": 0.25, "images": 16, "steps": 2}}})


def trainer(folder, held_out, shows):
    data = SimpleNamespace(
        dataset=lambda split: {"test": held_out, "train": Examples(source=pictures(3))}[split]
    )
    return SimpleNamespace(
        default_root_dir=folder,
        is_global_zero=True,
        loggers=[shows],
        max_steps=2,
        datamodule=data,
        world_size=1,
        callbacks=[Keeper()],
    )


@pytest.mark.parametrize("n_held_out", [10, 0])
def test_the_same_examples_as_training_goes_on_and_a_gallery_at_the_end(tmp_path, n_held_out):
    model, shows = Model(), Shows()
    source = pictures(n_held_out, 1, 24, 16, seed=4)
    run = trainer(tmp_path, Examples(source=source), shows)
    rows = Rows(every_images=100, n=4, gallery=5, title="my <run>")
    rows.on_train_start(run, model)
    for model.steps in (1, 2):
        model.images += 8
        module = SimpleNamespace(
            trainer=run, **{key: getattr(model, key) for key in ("images", "steps", "panels")}
        )
        rows.on_train_batch_end(run, module, None, {"source": torch.zeros(8, 1, 24, 16)}, 0)
    rows.on_train_end(run, model)
    assert set(model.asked) == {1}, "one by one"
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["0000000000.png", "0000000016.png", "animation.gif"]
    assert [(name, images, step) for name, _, images, step in shows.shown] == [
        ("samples", 0, 0),
        ("samples", 16, 2),
    ]
    first, last = (pixels for _, pixels, _, _ in shows.shown)
    assert first.shape == last.shape
    assert np.array_equal(first[:-30], last[:-30])
    page = (tmp_path / "gallery.html").read_text()
    assert "my &lt;run&gt;" in page
    assert "l1 0.25" in page
    expected = [0, 2, 4, 6, 8] if n_held_out else [0, 1, 2]
    assert re.findall(r"example (\d+)", page) == [str(index) for index in expected]


def test_a_run_may_have_no_gallery(tmp_path):
    model, rows = Model(), Rows(n=2, gallery=0)
    run = trainer(tmp_path, Examples(source=pictures(3)), Shows())
    rows.on_train_start(run, model)
    rows.on_train_end(run, model)
    assert not (tmp_path / "gallery.html").exists()


def test_a_sheet_has_a_row_for_each_example_under_captions():
    white, black = torch.ones(1, 20, 30), -torch.ones(3, 20, 30)
    made = sheet({"a": [white, black], "b": [black, white]})
    assert (made.dtype, made.shape[0]) == (torch.uint8, 3)
    pixels = made.permute(1, 2, 0)
    cell = 4 * 30  # the smallest enlargement that shows 96 pixels
    assert pixels.shape[1] == 2 * (cell + 4) + 4
    places = [[(27 + 40 + row * 84, 4 + 60 + column * (cell + 4)) for column in (0, 1)] for row in (0, 1)]
    middle = [[pixels[place].tolist() for place in row] for row in places]
    assert middle == [[[255] * 3, [0] * 3], [[0] * 3, [255] * 3]]
    caption = pixels[:26, :cell]
    assert (caption != torch.tensor(GROUND)).any()
    plain = sheet({"": [white, black], " ": [black, white]}).permute(1, 2, 0)[:26]
    assert (plain == torch.tensor(GROUND)).all()


def test_a_sheet_takes_pictures_of_several_sizes_and_shrinks_what_is_too_wide():
    made = sheet({name: [torch.zeros(3, 256, 700), torch.zeros(1, 8, 8)] for name in ("one", "two", "three")})
    assert made.shape[2] == 1600
    assert made.shape[1] < 256 * 2
