"""Crops of pictures in their own size: never resized, anywhere, in memory or streamed."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.store.crops import Pictures
from ganlab.data.translation.folders.super_resolution import SuperResolutionFolder
from ganlab.errors import UserError
from ganlab.pixels import to_uint8
from tests.support.data import complaint, first
from tests.support.pictures import damage, fill, write


def large(root, **changes) -> SuperResolutionFolder:
    settings = {"root": str(root), "image_size": 8, "scale": 2, "batch_size": 3, "workers": 0, "flip": False}
    return SuperResolutionFolder(**(settings | changes))


@pytest.fixture
def plans(tmp_path):
    """Pictures of different size whose pixels say where they are: (row, column, number of the picture)."""
    for number, (width, height) in enumerate(((20, 12), (9, 30), (16, 16), (40, 11), (8, 8))):
        for part in ("train", "test"):
            pixels = np.zeros((height, width, 3), np.uint8)
            pixels[..., 0], pixels[..., 1] = np.arange(height)[:, None], np.arange(width)
            pixels[..., 2] = number
            write(tmp_path / part / f"{number}.png", pixels)
    return tmp_path


def test_crops_are_pieces_of_the_picture_from_everywhere(plans):
    tops, lefts = set(), set()
    for batch in first(large(plans), 100):
        assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == large(plans).shape
        for crop in to_uint8(batch["high"]):
            top, left, number = crop[:, 0, 0].tolist()
            assert torch.equal(crop[0].long(), torch.arange(top, top + 8)[:, None].expand(8, 8))
            assert torch.equal(crop[1].long(), torch.arange(left, left + 8).expand(8, 8))
            assert (crop[2] == number).all()
            tops, lefts = tops | {(number, top)}, lefts | {(number, left)}
    assert {top for number, top in tops if number == 2} == set(range(9))
    assert {left for number, left in lefts if number == 4} == {0}
    assert max(left for number, left in lefts if number == 3) > 28


def test_streamed_crops_are_those_in_memory_with_workers_and_on_two_ranks(plans):
    whole = first(large(plans, batch_size=4), 8)
    for workers in (0, 2):
        data = large(plans, batch_size=4, memory_limit=0, workers=workers)
        for one, other in zip(whole, first(data, 8), strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)
    data = large(plans, batch_size=2)
    data.prepare()
    orders = [data._order(rank, 2)["high"] for rank in (0, 1)]
    device = torch.device("cpu")
    streams = [data._splits.train["high"].images.batches(order, 0, device) for order in orders]
    for batch, (zero, _), (one, _) in zip(whole, *streams, strict=False):
        assert torch.equal(to_uint8(batch["high"]), torch.cat((zero, one)))


def test_held_out_crops_are_centres_of_test_size(plans):
    (plans / "test" / "4.png").unlink()
    data = large(plans, image_size=8, test_size=[10, 8])
    examples = data.dataset("test")
    batch = examples.batch(torch.arange(4))
    assert tuple(batch["high"].shape[1:]) == (3, 10, 8)
    assert tuple(batch["low"].shape[1:]) == (3, 5, 4)
    corners = to_uint8(batch["high"])[:, :2, 0, 0].tolist()
    assert corners == [[1, 6], [10, 1], [3, 4], [1, 16]]  # of 12 x 20, 30 x 9, 16 x 16 and 11 x 40
    assert examples.names == ["0", "1", "2", "3"]
    assert to_uint8(data.dataset("train").batch(torch.tensor([2]))["high"])[0, :, 0, 0].tolist() == [4, 4, 2]
    kept = large(plans, test_size=[10, 8], memory_limit=0).dataset("test")
    assert torch.equal(kept.batch(torch.arange(4))["high"], batch["high"])


def test_memory_is_counted_in_the_pictures_own_sizes(plans, caplog):
    total = 2 * 3 * (20 * 12 + 9 * 30 + 16 * 16 + 40 * 11 + 8 * 8) / 1e6
    with caplog.at_level("INFO", "ganlab"):
        large(plans, memory_limit=0).prepare()
    assert f"{total:.0f} MB of pixels stay in their files" in caplog.text
    data = large(plans, memory_limit=1)
    data.prepare()
    assert isinstance(data._splits.train["high"].images, Pictures)


def test_pictures_lie_as_their_exif_says(tmp_path):
    fill(tmp_path, 3, "train", size=(20, 12))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    (tmp_path / "test").mkdir()
    Image.new("RGB", (20, 12)).save(tmp_path / "test" / "0.jpg", exif=exif)
    batch = large(tmp_path, test_size=[20, 12]).dataset("test").batch(torch.tensor([0]))
    assert tuple(batch["high"].shape[2:]) == (20, 12)


def test_what_can_be_wrong(plans):
    text = complaint(large(plans, image_size=10))
    assert "fewer than the crops of 10 x 10: remove it, or lower data.image_size" in text
    assert "lower data.test_size" in complaint(large(plans, test_size=10))
    with pytest.raises(
        UserError, match=r"data\.image_size=9 is no multiple of data.scale=2; try data.image_size=8"
    ):
        large(plans, image_size=9)
    with pytest.raises(UserError, match=r"data\.test_size=11 is no multiple"):
        large(plans, test_size=11)
    damage(plans / "train" / "0.png")
    assert "train/0.png" in complaint(large(plans))
