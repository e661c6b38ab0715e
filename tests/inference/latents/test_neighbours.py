"""The nearest training images, against every distance; and copies are found out where originals are not."""

import csv

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.inference.latents import neighbours
from ganlab.inference.latents.neighbours import features, memorised, nearest, pixels
from ganlab.inference.latents.source import source
from ganlab.training.run import train
from tests.support.extractors import Pooled
from tests.support.runs import QUICK


@pytest.fixture(scope="module")
def data():
    module = instantiate(compose(["data=digits", "data.image_size=8"]).data)
    module.prepare()
    return module


@pytest.mark.parametrize("batch", [50, 5000])
def test_the_nearest_are_those_of_all_distances(data, monkeypatch, batch):
    monkeypatch.setattr(neighbours, "BATCH", batch)
    train, held_out = data.dataset("train"), data.dataset("test")
    images = held_out.images(torch.arange(7))
    everything = torch.arange(len(train))
    for view in (pixels, features(Pooled())):
        distances = torch.cdist(view(images), view(train.images(everything)))
        found = nearest(view, images, train, 3)
        assert torch.allclose(found.distances, distances.topk(3, largest=False).values, atol=1e-6)
        assert torch.equal(found.places[:, 0], distances.argmin(1))


def test_copies_are_found_out_and_new_images_are_not(data):
    train, held_out = data.dataset("train"), data.dataset("test")
    half = torch.arange(len(held_out)) % 2 == 0
    new = held_out.images(torch.arange(len(held_out))[half])
    honest = memorised(pixels, new, train, held_out)
    assert abs(honest.copying) < 3
    assert honest.copies < 0.05
    copied = train.images(torch.arange(100)).clone()
    copied[:, :, 0, 0] += 1  # nearly
    found = memorised(pixels, copied, train, held_out)
    assert found.copying < -10
    assert found.copies == 1
    assert found.nearest.places[:, 0].tolist() == list(range(100))
    assert "it copies" in neighbours.in_words("pixels", found)
    assert "no closer than chance" in neighbours.in_words("pixels", honest)


@pytest.mark.parametrize(("limit", "judgement"), [(20, "it copies"), ("null", "no closer than chance")])
def test_a_gan_that_has_seen_twenty_pictures_is_found_out_and_one_that_has_seen_all_is_not(
    limit, judgement, tmp_path
):
    words = [*QUICK, "model=vanilla", "data.batch_size=20", f"data.limit={limit}", "trainer.max_steps=400"]
    train(compose(words), tmp_path)
    origin, folder = source(tmp_path), tmp_path / "found"
    folder.mkdir()
    [line] = neighbours.write(origin, folder, metrics={}, n=200, rows=2)
    assert judgement in line
    with open(folder / "neighbours.csv", newline="") as file:
        named = {int(row[f"image_{rank}"]) for row in csv.DictReader(file) for rank in range(1, 6)}
    assert named <= set(origin.data().trained_on().tolist())
    with pytest.raises(UserError, match="n=1: whether samples lie near training images"):
        neighbours.write(origin, folder, metrics={}, n=1)
    assert (len(named) <= 20) == (limit == 20)


def test_without_held_out_images_nothing_can_be_said(data):
    class Few:
        def __len__(self):
            return 9

    with pytest.raises(UserError, match="the data has 9 held-out images"):
        memorised(pixels, data.dataset("train").images(torch.arange(2)), data.dataset("train"), Few())
