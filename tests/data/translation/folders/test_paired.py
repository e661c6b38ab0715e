"""Pairs in every layout that people have, in memory or streamed, and every way they can be wrong."""

import numpy as np
import pytest
import torch

from ganlab.data.translation.folders.paired import PairedFolder
from ganlab.errors import UserError
from ganlab.pixels import to_uint8
from tests.support.data import complaint, first
from tests.support.pictures import damage, fill, noise, write


def paired(root, **changes) -> PairedFolder:
    settings = {
        "root": str(root),
        "image_size": [10, 12],
        "load_size": None,
        "batch_size": 2,
        "flip": False,
        "workers": 0,
    }
    return PairedFolder(**(settings | changes))


def test_side_by_side_pictures_are_cut_in_the_middle(tmp_path):
    for part, n in (("train", 5), ("val", 3), ("test", 2)):
        for i in range(n):
            write(
                tmp_path / part / f"{i}.png",
                np.concatenate([noise(f"{part}{i}{s}", 12, 10) for s in "ab"], 1),
            )
    data = paired(tmp_path)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), test.names) == (5, 2, ["0", "1"])  # of val and test, test
    for direction, sides in (("a_to_b", "ab"), ("b_to_a", "ba")):
        batch = paired(tmp_path, direction=direction).dataset("test").batch(torch.tensor([1]))
        for key, side in zip(("source", "target"), sides, strict=True):
            expected = torch.from_numpy(noise(f"test1{side}", 12, 10)).permute(2, 0, 1)
            assert torch.equal(to_uint8(batch[key])[0], expected)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (("trainA", "trainB"), ("testA", "testB")),
        (("trainA", "trainB"), ("valA", "valB")),
        (("train/A", "train/B"), ("test/A", "test/B")),
        (("A/train", "B/train"), ("A/val", "B/val")),
        (("train/source", "train/target"), ("test/source", "test/target")),
        (("A", "B"), None),
        (("source", "target"), None),
    ],
)
def test_two_folders_in_every_layout(tmp_path, train, test):
    fill(tmp_path, 20, *train)
    fill(tmp_path, 4, *(test or ()))
    for direction, first_pixels in (("a_to_b", (0, 50)), ("b_to_a", (50, 0))):
        data = paired(tmp_path, direction=direction, test_fraction=0.25)
        examples = data.dataset("test")
        if test:
            assert (len(data.dataset("train")), examples.names) == (20, ["000", "001", "002", "003"])
        else:
            assert len(data.dataset("train")) + len(examples) == 20
            assert 1 <= len(examples) <= 9
            assert not set(data.dataset("train").names) & set(examples.names)
        batch = examples.batch(torch.arange(len(examples)))
        for key, pixel in zip(("source", "target"), first_pixels, strict=True):
            assert to_uint8(batch[key])[:, :, 0, 0].unique().tolist() == [pixel]
        assert torch.equal(batch["source"][..., 1:], batch["target"][..., 1:])  # partners


def test_partners_may_differ_in_ending_and_bear_their_side(tmp_path):
    for i in range(6):
        write(tmp_path / "trainA" / "more" / f"{i}_A.png", noise(i, 12, 10))
        write(tmp_path / "trainB" / "more" / f"{i}_B.bmp", noise(i, 12, 10))
    data = paired(tmp_path)
    train = data.dataset("train")
    batch = train.batch(torch.arange(len(train)))
    assert torch.equal(batch["source"], batch["target"])
    assert set(train.names) <= {f"more/{i}" for i in range(6)}


def test_each_side_has_its_own_channels_and_pictures_are_resized_then_cropped(tmp_path):
    fill(tmp_path, 8, "A", "B", size=(40, 30))
    data = paired(tmp_path, source_channels=1, image_size=[18, 24], load_size=[20, 26], flip=True)
    assert data.shape == {"source": (1, 18, 24), "target": (3, 18, 24)}
    for batch in first(data, 5):
        assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
        luma = (batch["target"] * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
        assert (luma - batch["source"])[..., 1:, 1:].abs().mean() < 0.02  # the same crop, mirrored alike


@pytest.mark.parametrize(("direction", "labels"), [("a_to_b", "target"), ("b_to_a", "source")])
def test_colours_of_labels_are_resized_to_the_nearest_pixel(tmp_path, direction, labels):
    colours = np.array([[128, 64, 128], [244, 35, 232], [0, 0, 142]], np.uint8)
    pictures = [colours[np.random.default_rng(seed).integers(3, size=(23, 23))] for seed in range(6)]
    for number, picture in enumerate(pictures):
        for side in "AB":
            write(tmp_path / side / f"{number}.png", picture)
    data = paired(tmp_path, direction=direction, nearest="b", image_size=8, load_size=10, test_fraction=0.2)
    known = {tuple(colour) for colour in colours.tolist()}
    for batch in (first(data, 1)[0], data.dataset("test").batch(torch.tensor([0]))):
        found = {
            key: {tuple(pixel) for pixel in to_uint8(value).permute(0, 2, 3, 1).reshape(-1, 3).tolist()}
            for key, value in batch.items()
        }
        assert found.pop(labels) <= known
        assert not found.popitem()[1] <= known, "colours of the other side mix"


def test_streamed_pairs_are_those_in_memory_with_workers_too(tmp_path):
    for root, layout in ((tmp_path / "two", ("A", "B")), (tmp_path / "one", ("train", "val"))):
        fill(root, 9, *layout, size=(24, 10))
        own = {"image_size": 8, "load_size": 10, "flip": True}
        whole = first(paired(root, **own), 12)
        for workers in (0, 2):
            streamed = paired(root, memory_limit=0, workers=workers, **own)
            for one, other in zip(whole, first(streamed, 12), strict=True):
                assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_fingerprint_sees_a_change_on_either_side(tmp_path):
    fill(tmp_path, 8, "A", "B")
    seen = {paired(tmp_path, memory_limit=0).dataset("train").fingerprint()}
    for side in ("A", "B"):
        name = paired(tmp_path).dataset("train").names[0]
        write(tmp_path / side / f"{name}.png", noise("changed" + side, 12, 10))
        seen.add(paired(tmp_path, memory_limit=0).dataset("train").fingerprint())
    seen.add(paired(tmp_path, memory_limit=0, direction="b_to_a").dataset("train").fingerprint())
    assert len(seen) == 4


def test_a_missing_folder_or_an_empty_one_is_named_with_the_layouts(tmp_path):
    text = complaint(paired(tmp_path / "nowhere"))
    assert f"there is no {tmp_path}/nowhere" in text
    assert "side by side:" in text
    fill(tmp_path / "half", 3, "trainA")
    assert f"{tmp_path}/half has trainA/ but not trainB/" in complaint(paired(tmp_path / "half"))
    (tmp_path / "half" / "trainB").mkdir()
    assert f"{tmp_path}/half/trainB holds no images" in complaint(paired(tmp_path / "half"))
    fill(tmp_path / "untested", 3, "A/train", "B/train", "A/test")
    assert "has A/test/ but not B/test/" in complaint(paired(tmp_path / "untested"))
    (tmp_path / "empty").mkdir()
    assert f"{tmp_path}/empty holds no images (0 other files" in complaint(paired(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"data\.root=/path/to/images"):
        PairedFolder().prepare()


def test_pictures_without_partner_are_counted_and_the_first_five_named(tmp_path):
    fill(tmp_path, 10, "A", "B")
    for i in range(7):
        (tmp_path / "B" / f"{i:03}.png").unlink()
    write(tmp_path / "B" / "extra.png")
    text = complaint(paired(tmp_path, test_fraction=0.0))
    assert text.startswith("8 pictures have no partner of the same name")
    assert [f"A/{i:03}.png" in text for i in range(7)] == [True] * 5 + [False] * 2
    assert text.endswith("...; rename or remove them")
    write(tmp_path / "A" / "009.bmp")
    assert "have one name" in complaint(paired(tmp_path, test_fraction=0.0))


def test_sides_of_different_size_and_odd_pictures_are_named(tmp_path):
    fill(tmp_path / "two", 4, "A", "B")
    write(tmp_path / "two" / "B" / "002.png", size=(14, 10))
    text = complaint(paired(tmp_path / "two"))
    assert f"{tmp_path}/two/A/002.png has 12 x 10 pixels, but its partner" in text
    assert text.endswith(
        "14 x 10: both sides of a pair need the same size; data.resize=true stretches the second to the first"
    )
    fill(tmp_path / "one", 4, "train", "test", size=(24, 10))
    write(tmp_path / "one" / "train" / "002.png", size=(25, 10))
    assert "002.png is 25 pixels wide, an odd number" in complaint(paired(tmp_path / "one"))


@pytest.mark.parametrize("memory", [0, 2000])
def test_sides_of_different_size_are_brought_together_where_that_is_asked_for(memory, tmp_path):
    """The target is seen where the source is: as large, at the same places, labels without mixing."""
    colours = np.array([[[255, 0, 0]], [[0, 255, 0]]], np.uint8)  # red above green
    for i in range(3):
        write(tmp_path / "A" / f"{i}.png", noise(f"{i}", 12, 10))
        write(tmp_path / "B" / f"{i}.png", colours.repeat(35, 0).repeat((12, 24, 90)[i], 1))
    options = {"resize": True, "nearest": "b", "memory_limit": memory, "test_fraction": 0.0}
    batch = paired(tmp_path, **options).dataset("train").batch(torch.arange(3))
    expected = torch.from_numpy(np.repeat(colours, 5, 0).repeat(12, 1)).permute(2, 0, 1)
    assert torch.equal(to_uint8(batch["target"]), expected.expand(3, 3, 10, 12))
    for place in range(3):
        pixels = torch.from_numpy(noise(f"{place}", 12, 10)).permute(2, 0, 1)
        assert torch.equal(to_uint8(batch["source"][place]), pixels), "the first stays as it is"
    other = paired(tmp_path, **options | {"direction": "b_to_a"}).dataset("train").batch(torch.arange(3))
    assert other["target"].shape == (3, 3, 10, 12)


def test_D3_an_unreadable_half_is_named_or_its_pair_replaced(tmp_path):
    fill(tmp_path, 150, "A", "B")
    damage(tmp_path / "B" / "004.png")
    for limit in (0, 100):
        data = paired(tmp_path, memory_limit=limit, test_fraction=0.0)
        with pytest.raises(UserError, match=r"1 of 150 images cannot be read: .*B/004.png"):
            first(data, 75)
    data = paired(tmp_path, on_corrupt="skip", test_fraction=0.0)
    batch = data.dataset("train").batch(torch.tensor([4, 5]))
    assert torch.equal(batch["source"][0], batch["source"][1])
    assert torch.equal(batch["target"][0], batch["target"][1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"direction": "A_to_B"}, "data.direction=A_to_B: a_to_b or b_to_a"),
        ({"nearest": "B"}, "data.nearest=B: the side of labels, a or b"),
        ({"test_fraction": 1}, "data.test_fraction=1"),
        ({"workers": -1}, "data.workers=-1"),
        ({"on_corrupt": "ignore"}, "data.on_corrupt=ignore"),
        ({"source_channels": 4}, "data.source_channels=4"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, changes, words):
    with pytest.raises(UserError, match=words):
        paired(tmp_path, **changes)


@pytest.mark.parametrize(("width", "warned"), [(12, True), (20, False)])
def test_pictures_too_narrow_for_two_are_cut_with_a_warning(tmp_path, caplog, width, warned):
    fill(tmp_path, 4, ".", size=(width, 10))
    paired(tmp_path).prepare()
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert bool(told) == warned
    if warned:
        assert (
            "000.png has 12 x 10 pixels, and is cut into a left half (a) and a right half (b) of 6 x 10"
            in told[0]
        )
