"""A finished run as a model, and pictures from it."""

import pytest
import torch
from PIL import Image

import ganlab
from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.inference.sample import write_samples
from ganlab.training.run import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(
        compose(
            [
                "model=mlp_gan",
                "data.image_size=8",
                "trainer=cpu",
                "trainer.max_steps=30",
                "callbacks.samples.n=4",
                "metrics=none",  # and so no best checkpoint
            ]
        ),
        folder,
    )
    return folder


def test_load_gives_the_averaged_generator(run):
    model = ganlab.load(run)
    assert not model.training
    assert model.steps == 30
    images = model.sample(10, seed=1)
    assert images.shape == (10, 1, 8, 8)
    assert images.abs().max() <= 1
    assert torch.allclose(images, model.sample(10, seed=1, batch_size=3), atol=1e-5), (
        "the batch size changes nothing"
    )
    assert not torch.equal(images, model.sample(10, seed=1, averaged=False)), (
        "the average is another network by now"
    )


def test_write_samples(run, tmp_path):
    folder = write_samples(run, n=5, seed=2, output=tmp_path / "out")
    assert sorted(p.name for p in folder.iterdir()) == [*(f"{i:06d}.png" for i in range(5)), "grid.png"]
    with Image.open(folder / "000000.png") as image:
        assert image.size == (8, 8)
    assert write_samples(run, n=1).parent == run / "generated"


def test_the_same_seed_makes_the_same_files(run, tmp_path):
    one, two = (write_samples(run, n=2, seed=7, output=tmp_path / name) for name in "ab")
    assert (one / "000001.png").read_bytes() == (two / "000001.png").read_bytes()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"n": 0}, "n=0: expected"),
        ({"label": 3}, "label=3: this model was trained without labels"),
        ({"checkpoint": "best"}, "holds no best checkpoint"),
    ],
)
def test_wishes_that_cannot_be_met(run, wish, sentence):
    with pytest.raises(UserError, match=sentence):
        write_samples(run, **wish)


def test_not_a_run_directory(tmp_path):
    with pytest.raises(UserError, match="not a run directory"):
        ganlab.load(tmp_path)
