"""Each kind of side gives the same images, and what is none of them is named."""

import shutil
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.disk.listing import find_images
from ganlab.errors import UserError
from ganlab.inference.captions import write_pictures
from ganlab.inference.output import fresh_folder
from ganlab.inference.packing import pack
from ganlab.inference.picture_files import find_pictures
from ganlab.inference.scoring.kinds import find
from ganlab.inference.scoring.kinds.pictures import DEEP, TRANSPARENT, TURNED
from ganlab.inference.scoring.kinds.statistics import Statistics
from tests.support.scoring import noise, write_images


def side(word, **options):
    return find.side("generated", str(word), **{"on_corrupt": "error", "workers": 2, **options})


def images_of(found, batch_size=7):
    """All images in their order, as one tensor where they have one size."""
    parts, places = zip(*found.pictures(range(len(found)), batch_size), strict=True)
    assert [place for part in places for place in part] == list(range(len(found)))
    return torch.cat(parts)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_a_zip_and_an_array_hold_the_same_images(tmp_path, channels):
    pixels = noise(20, channels=channels)
    folder = write_images(tmp_path / "nested" / "more", pixels).parent
    shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    np.save(tmp_path / "first.npy", pixels.numpy())
    np.savez(tmp_path / "last.npz", arr_0=pixels.permute(0, 2, 3, 1).numpy())
    for name in ("nested", "packed.zip", "first.npy", "last.npz"):
        assert torch.equal(images_of(side(tmp_path / name)), pixels), name


def test_of_samples_that_were_written_each_is_counted_once_and_their_sheet_is_none(tmp_path):
    pixels = noise(12)
    with fresh_folder(tmp_path / "run" / "generated", tmp_path / "run") as folder:
        write_pictures(pixels, folder, columns=4)
    assert (folder / "grid.png").is_file()
    assert torch.equal(images_of(side(folder)), pixels)
    assert len(find_images(folder).paths) == len(find_pictures("input", folder)) == 12
    index = pack(folder, tmp_path / "shards", megabytes=1)
    assert index["shards"][0]["samples"] == 12
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == ["000.tar", "index.json"]
    shutil.rmtree(tmp_path / "shards")
    (folder / "grid.png").rename(tmp_path / "grid.png")  # anybody's picture of that name is one
    assert len(side(tmp_path)) == 13


def test_an_order_is_kept_and_a_batch_is_of_one_size(tmp_path):
    write_images(tmp_path / "a", noise(4, side=12))
    write_images(tmp_path / "b", noise(3, side=16))
    found = list(side(tmp_path).pictures([6, 0, 1, 5, 4], 8))
    assert [part.places for part in found] == [[6], [0, 1], [5, 4]]
    assert [part.images.shape[2] for part in found] == [16, 12, 16]


def test_images_are_taken_as_libraries_take_them_and_what_may_surprise_is_counted(tmp_path):
    pixels = noise(1, channels=3)[0].permute(1, 2, 0).contiguous().numpy()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif)
    Image.fromarray(np.dstack([pixels, np.full((12, 12), 10, np.uint8)])).save(tmp_path / "b.png")
    Image.fromarray(np.full((12, 12), 65535, np.uint16)).save(tmp_path / "c.png")
    found = side(tmp_path)
    parts = [part.images for part in found.pictures(range(3), 1)]
    assert torch.equal(parts[1][0, :3].permute(1, 2, 0), torch.from_numpy(pixels))
    assert parts[1][0, 3].unique().tolist() == [10]
    assert parts[2].shape[1] == 1
    assert int(parts[2].min()) == 255
    assert found.odd == {TURNED: 1, TRANSPARENT: 1, DEEP: 1}


@pytest.mark.parametrize("packed", [False, True])
def test_a_broken_file_is_named_or_left_out_and_counted(tmp_path, packed):
    folder = write_images(tmp_path / "images", noise(5))
    (folder / "0002.png").write_bytes((folder / "0002.png").read_bytes()[:60])
    where = folder
    if packed:
        where = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    with pytest.raises(UserError, match=r"0002\.png .*on_corrupt=skip"):
        images_of(side(where))
    lenient = side(where, on_corrupt="skip")
    assert [place for part in lenient.pictures(range(5), 8) for place in part.places] == [0, 1, 3, 4]
    assert list(lenient.lacking) == [2]


def test_labels_are_the_folders_or_stand_in_the_array(tmp_path):
    for name in ("cat", "dog"):
        write_images(tmp_path / "animals" / name, noise(2))
    found = side(tmp_path / "animals")
    assert found.labels().tolist() == [0, 0, 1, 1]
    assert found.classes == ("cat", "dog")
    write_images(tmp_path / "flat", noise(3))
    assert side(tmp_path / "flat").labels() is None
    np.savez(tmp_path / "a.npz", arr_0=noise(3).numpy(), arr_1=np.eye(3, dtype=np.int64))
    assert side(tmp_path / "a.npz").labels().tolist() == [0, 1, 2]


def test_a_data_set_by_name_with_its_other_split():
    found = side("data:digits:test:image_size=8")
    assert len(found) == 500
    assert len(found.other) == 1297
    assert next(found.pictures([3, 1], 8)).images.shape == (2, 1, 8, 8)
    assert found.labels().shape == (500,)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((2, 3, 8, 8), np.nan, np.float32), "float32 without a finite one, 384 of them NaN"),
        (np.linspace(-1, 1, 384).reshape(2, 3, 8, 8), "float64 from -1 to 1: expected uint8"),
        (np.zeros((2, 5, 8, 8), np.uint8), r"shape \(2, 5, 8, 8\): expected uint8"),
        (np.zeros((0, 3, 8, 8), np.uint8), "shape"),
        (np.array(["a"]), "shape"),
    ],
)
def test_an_array_that_holds_no_images_says_what_it_holds(tmp_path, array, said):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UserError, match=said) as caught:
        side(tmp_path / "a.npy")
    assert "damaged" not in str(caught.value)


def test_what_is_no_side_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no images")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    (tmp_path / "bad.npz").write_bytes(b"PK no zip")
    np.save(tmp_path / "pickled.npy", np.array([object()]), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    expected = {
        "missing": "there is no such file or folder; expected a folder of images",
        "notes.txt": "a file of another kind",
        "empty": "holds no images",
        "bad.zip": "cannot be read as a zip",
        "bad.npz": "bad.npz",
        "pickled.npy": "cannot be read as an array of NumPy",
        "none.zip": "holds no images",
        "other.npz": "holds weights: expected images",
    }
    for name, said in expected.items():
        with pytest.raises(UserError, match=said):
            side(tmp_path / name)
    for word, said in {"data:digits": "data:NAME:SPLIT", "data:ring:train": "not of single images"}.items():
        with pytest.raises(UserError, match=said):
            side(word)


def test_saved_statistics_are_ours_and_others(tmp_path):
    mean, covariance = np.zeros(4), np.eye(4)
    np.savez(tmp_path / "others.npz", mu=mean, sigma=covariance)
    np.savez(tmp_path / "features.npz", feats=np.random.default_rng(0).normal(size=(50, 4)))
    assert isinstance(side(tmp_path / "others.npz"), Statistics)
    assert len(side(tmp_path / "features.npz").features) == 50
    np.savez(tmp_path / "bad.npz", mu=mean, sigma=np.eye(3))
    with pytest.raises(UserError, match=r"covariance of shape \(3, 3\)"):
        side(tmp_path / "bad.npz")
