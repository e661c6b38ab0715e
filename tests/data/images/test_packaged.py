"""Digits and glyphs: real, labelled, split once and for all, without a download."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.captions.shapes import Shapes
from ganlab.data.images.packaged import Digits, Glyphs, Photos
from ganlab.data.images.stacked import StackedDigits
from ganlab.data.store import scikit_learn
from ganlab.data.store.photographs import PHOTOS
from ganlab.data.translation.fonts import FontsUnpaired
from ganlab.data.translation.photos import PhotosInpaint, PhotosSR
from ganlab.errors import UserError
from ganlab.pixels import from_uint8


def rows(pixels) -> set[bytes]:
    return {image.numpy().tobytes() for image in pixels}


def test_digits_are_scikit_learns_scaled_from_sixteen_to_255():
    from sklearn.datasets import load_digits

    data = Digits(image_size=8)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), data.classes) == (1297, 500, tuple("0123456789"))
    source = load_digits()
    known = {
        image.astype("uint8").tobytes(): int(label)
        for image, label in zip(source.images, source.target, strict=True)
    }
    for images in (train, test):
        back = (images.pixels.double() * 16 / 255).round().to(torch.uint8)[:, 0]
        for image, label in zip(back, images.targets, strict=True):
            assert known[image.numpy().tobytes()] == label
    assert train.pixels.max() == 255
    assert train.pixels.min() == 0


@pytest.mark.parametrize("found", [True, False])
def test_the_files_of_scikit_learn_hold_what_its_functions_give(found, monkeypatch):
    from sklearn.datasets import load_digits, load_sample_image

    if not found:  # a version that keeps them elsewhere
        monkeypatch.setattr(scikit_learn, "_file", lambda name: None)
    images, targets = scikit_learn.digits()
    assert np.array_equal(images, load_digits().images)
    assert np.array_equal(targets, load_digits().target)
    for name in PHOTOS:
        assert np.array_equal(scikit_learn.photograph(name), load_sample_image(f"{name}.jpg"))


def test_digits_need_no_import_of_scikit_learn():
    code = "import sys; from ganlab.data.images.packaged import Digits; Digits().prepare()"
    code += "; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_digits_split_is_disjoint_fixed_and_holds_every_class():
    first, second = Digits(image_size=8, seed=0), Digits(image_size=8, seed=9)
    assert torch.equal(first.dataset("test").pixels, second.dataset("test").pixels)
    assert not rows(first.dataset("train").pixels) & rows(first.dataset("test").pixels)
    assert torch.bincount(first.dataset("test").targets).min() > 30
    batches = [next(iter(data.train_dataloader()))["label"] for data in (first, second)]
    assert not torch.equal(*batches)  # the order does follow the seed


def test_digits_at_32_are_the_bilinear_enlargement():
    small, large = Digits(image_size=8).dataset("train").pixels, Digits().dataset("train").pixels
    assert large.shape == (1297, 1, 32, 32)
    for before, after in zip(small[:50, 0], large[:50, 0], strict=True):
        pillow = Image.fromarray(before.numpy()).resize((32, 32), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(pillow).astype(int) - after.numpy()).max() <= 1
    assert torch.equal(Digits(channels=3).dataset("train").pixels[:5], large[:5].expand(-1, 3, -1, -1))


def test_glyphs_are_1302_different_characters_none_blank():
    data = Glyphs(image_size=28)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), len(data.classes)) == (1116, 186, 62)
    assert train.pixels.shape[1:] == (1, 28, 28)
    assert len(rows(train.pixels) | rows(test.pixels)) == 1302
    ink = torch.cat((train.pixels, test.pixels)).float().mean((1, 2, 3))
    assert ink.min() > 5
    assert torch.equal(torch.bincount(train.targets), torch.full((62,), 18))
    assert torch.equal(torch.bincount(test.targets), torch.full((62,), 3))


def test_glyph_labels_name_what_is_drawn():
    data = Glyphs(characters="upper")
    wide, narrow = data.classes.index("W"), data.classes.index("I")
    pixels, targets = data.dataset("train").pixels, data.dataset("train").targets
    columns = (pixels > 0).any(2).sum(2).float()[:, 0]  # how many columns hold ink
    assert columns[targets == wide].mean() > 1.7 * columns[targets == narrow].mean()


@pytest.mark.parametrize(("characters", "n"), [("digits", 10), ("upper", 26), ("lower", 26)])
def test_glyphs_of_one_kind(characters, n):
    data = Glyphs(characters=characters, image_size=32, channels=3)
    assert len(data.classes) == n
    assert len(data.dataset("train")) == 18 * n
    assert next(iter(data.train_dataloader()))["image"].shape == (64, 3, 32, 32)


def test_unknown_characters_are_refused():
    with pytest.raises(UserError, match="all, digits, upper or lower"):
        Glyphs(characters="greek")


def test_photos_are_the_crops_that_image_to_image_data_have():
    data, holes = Photos(image_size=64, flip=False), PhotosInpaint(image_size=64)
    for split, number in (("train", 7113), ("test", 61)):
        images = data.dataset(split)
        assert len(images) == number
        assert images.names == holes.dataset(split).names
        some = torch.tensor([0, number - 1])
        assert torch.equal(from_uint8(images.images(some)), holes.dataset(split).batch(some)["image"])
    assert (data.kind, data.classes) == ("images", ())
    batch = next(iter(Photos(channels=1, batch_size=4).train_dataloader()))
    assert set(batch) == {"image"}
    assert batch["image"].shape == (4, 1, 32, 32)


def test_photos_larger_than_what_is_held_out_are_refused():
    with pytest.raises(UserError, match="held out is 128 pixels wide"):
        Photos(image_size=160).prepare()


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (Digits, "image"),
        (StackedDigits, "image"),
        (FontsUnpaired, "b"),
        (PhotosSR, "high"),
        (Shapes, "image"),
    ],
)
def test_limit_is_how_many_images_any_data_trains_on(make, key):
    data = make(image_size=16, batch_size=8, flip=False, limit=24)
    batches = [batch[key] for batch, _ in zip(data.train_dataloader(), range(6), strict=False)]
    assert len(rows(torch.cat(batches[:3]))) == len(rows(torch.cat(batches))) == 24
    size = len(data.dataset("train"))
    assert size > 24, "scores compare with all"
