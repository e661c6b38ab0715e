"""Two domains in folders: layouts, sizes that differ, in memory or streamed, and what can be wrong."""

import numpy as np
import torch

from ganlab.data.translation.folders.unpaired import UnpairedFolder
from ganlab.pixels import to_uint8
from tests.support.data import complaint, first
from tests.support.pictures import fill, write


def unpaired(root, **changes) -> UnpairedFolder:
    settings = {"root": str(root), "image_size": 8, "load_size": 10, "batch_size": 2, "workers": 0}
    return UnpairedFolder(**(settings | changes))


def test_domains_of_different_length_size_and_channels(tmp_path):
    fill(tmp_path, 7, "trainA", size=(30, 20))
    fill(tmp_path, 4, "trainB", size=(9, 40), ending="jpg")
    fill(tmp_path, 2, "testA")
    fill(tmp_path, 3, "testB")
    data = unpaired(tmp_path, a_channels=1)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(train.side("a")), len(train.side("b"))) == (7, 7, 4)
    assert test.names == ["000 + 000", "001 + 001", "000 + 002"]
    assert test.truth is None
    for batch in [*first(data, 3), test.batch(torch.arange(3))]:
        assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
    assert data.shape == {"a": (1, 8, 8), "b": (3, 8, 8)}


def test_held_out_pictures_are_whole_at_image_size(tmp_path):
    fill(tmp_path, 3, "trainA", "trainB", "testA", "testB", size=(8, 8))
    data = unpaired(tmp_path)
    assert data.dataset("test").side("a").images(torch.tensor([0]))[0, :, 0, 0].tolist() == [100] * 3
    batch = data.dataset("test").batch(torch.tensor([0]))
    assert to_uint8(batch["b"])[0, :, 0, 0].tolist() == [150] * 3  # the corner, which a crop would cut off


def test_a_share_is_held_out_where_there_is_no_test_folder(tmp_path):
    fill(tmp_path, 30, "A", "B")
    data = unpaired(tmp_path, test_fraction=0.2)
    sizes = {split: len(data.dataset(split).side("a")) for split in ("train", "test")}
    assert sum(sizes.values()) == 30
    assert 2 <= sizes["test"] <= 11
    again = unpaired(tmp_path, test_fraction=0.2, seed=9)
    assert again.dataset("test").names == data.dataset("test").names


def test_streamed_domains_are_those_in_memory_with_workers_too(tmp_path):
    fill(tmp_path, 7, "trainA", "testA", "testB")
    fill(tmp_path, 5, "trainB")
    whole = first(unpaired(tmp_path), 9)
    for workers in (0, 2):
        streamed = unpaired(tmp_path, memory_limit=0, workers=workers)
        for one, other in zip(whole, first(streamed, 9), strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)


def test_pictures_that_show_both_sides_are_taken_apart(tmp_path):
    for i in range(6):
        left, right = np.full((12, 10, 3), 20 * i, np.uint8), np.full((12, 10, 3), 255 - 20 * i, np.uint8)
        write(tmp_path / "train" / f"{i}.png", np.concatenate((left, right), 1))
        write(tmp_path / "val" / f"{i}.png", np.concatenate((left, right), 1))
    data = unpaired(tmp_path, side_by_side=True, batch_size=6, b_channels=1)
    (batch,) = first(data, 1)
    a, b = (to_uint8(batch[side])[:, 0, 0, 0].tolist() for side in ("a", "b"))
    assert sorted(a) == [20 * i for i in range(6)]
    assert sorted(b) == [255 - 20 * i for i in reversed(range(6))]
    assert a != [255 - value for value in b], "each side has an order of its own"
    test = data.dataset("test")
    assert test.truth.tolist() == list(range(6))
    real_a, real_b = (test.side(side).images(torch.arange(6))[:, 0, 0, 0] for side in ("a", "b"))
    assert (real_a + real_b == 255).all()
    write(tmp_path / "train" / "odd.png", size=(11, 12))
    assert "is 11 pixels wide, an odd number" in complaint(unpaired(tmp_path, side_by_side=True))


def test_what_can_be_wrong_with_the_folders(tmp_path):
    assert "there is no" in complaint(unpaired(tmp_path / "nowhere"))
    fill(tmp_path / "flat", 3, ".")
    assert "has no folders of two domains, trainA/ and trainB/" in complaint(unpaired(tmp_path / "flat"))
    fill(tmp_path / "half", 3, "trainB")
    assert "has trainB/ but not trainA/" in complaint(unpaired(tmp_path / "half"))
    fill(tmp_path / "untested", 3, "trainA", "trainB", "testB")
    assert "has testB/ but not testA/" in complaint(unpaired(tmp_path / "untested"))
    (tmp_path / "half" / "trainA").mkdir()
    (tmp_path / "half" / "trainA" / "notes.txt").write_text("none yet")
    assert "trainA holds no images (1 other files" in complaint(unpaired(tmp_path / "half"))
    fill(tmp_path / "few", 3, "A", "B")
    text = complaint(unpaired(tmp_path / "few", batch_size=4, test_fraction=0.0))
    assert "data.batch_size=4 is more than the 3 training images" in text
    write(tmp_path / "few" / "A" / "x.jpg")
    write(tmp_path / "few" / "A" / "x.png")  # two of one name are no fault here
    unpaired(tmp_path / "few", test_fraction=0.0).prepare()
