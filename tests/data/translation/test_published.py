"""Every known data set on small files in its original format: as an archive put there by hand, and unpacked."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from ganlab.config import config_dir
from ganlab.data.disk import downloads
from ganlab.data.translation import published
from ganlab.errors import UserError
from ganlab.pixels import to_uint8
from tests.support.pictures import fill, noise, write

FOLDER = config_dir() / "data"


def load(name: str, root: Path, **changes):
    node = OmegaConf.load(FOLDER / f"{name}.yaml")
    for key in ("defaults", "facts"):  # which composing takes out
        node.pop(key, None)
    cfg = OmegaConf.create({"seed": 3, "data": node}).data
    cfg.update({"root": str(root), "workers": 0} | changes)
    return instantiate(cfg, _convert_="all")


UNPAIRED = sorted(published.CYCLEGAN)
PAIRED = sorted(published.PIX2PIX)
EVERY = [*UNPAIRED, *PAIRED, "div2k", "df2k", "ade20k"]
ADE = "ADEChallengeData2016"
TESTS = dict.fromkeys(PAIRED, "val") | {"facades": "test"}  # facades has train, val and test


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Small archives have no published checksum, and every address leads to a closed port of this machine."""
    for table in (published.CYCLEGAN, published.DIV2K):
        for name in table:
            monkeypatch.setitem(table, name, (None, None))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(published, "BERKELEY", "http://127.0.0.1:9")
    monkeypatch.setattr(published, "ZURICH", "http://127.0.0.1:9")
    monkeypatch.setattr(published, "MIT", "http://127.0.0.1:9")
    monkeypatch.setattr(published, "SEOUL", "http://127.0.0.1:9")
    monkeypatch.setattr(downloads, "PAUSE", 0)


def unpacked(root: Path, name: str) -> Path:
    """The data set's folder as its authors laid it out, with 6 + 5 training pictures or 5 pairs; the root it is in."""
    if name in UNPAIRED:
        fill(root / name, 6, "trainA", size=(32, 32), ending="jpg")
        fill(root / name, 5, "trainB", size=(32, 32), ending="jpg")
        for folder in ("testA", "testB"):
            write(root / name / folder / "2014-08-01 17_41_55.jpg", size=(32, 32))
    elif name in PAIRED:
        for part in {"train", "val", TESTS[name]}:
            for i in range(1, 6 if part == "train" else 3):
                white, black = np.full((32, 32, 3), 255, np.uint8), noise(i, 32, 32) // 4
                write(root / name / part / f"{i}_AB.jpg", np.concatenate((white, black), 1))
        (root / name / "._train").write_bytes(b"of macOS")
    elif name == "ade20k":
        for part, n in (("training", 5), ("validation", 2)):
            for i in range(n):
                write(root / ADE / "images" / part / f"ADE_{i:08}.jpg", noise(i, 50, 40))
                write(
                    root / ADE / "annotations" / part / f"ADE_{i:08}.png", np.full((40, 50), 30 * i, np.uint8)
                )
    else:
        fill(root / "DIV2K" / "DIV2K_train_HR", 5, ".", size=(140, 100))
        fill(root / "DIV2K" / "DIV2K_valid_HR", 2, ".", size=(140, 100))
    if name == "df2k":
        fill(root / "Flickr2K" / "Flickr2K_HR", 3, ".", size=(140, 100))
    return root


def packed(root: Path, name: str, made: Path) -> Path:
    """The same as the archives that are downloaded; the root they are in."""
    files = sorted(path for path in made.rglob("*") if path.is_file())
    if name in UNPAIRED:
        root.mkdir()
        with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
            archive.mkdir(name)
            for path in files:
                archive.write(path, path.relative_to(made))
    elif name == "ade20k":
        root.mkdir()
        with zipfile.ZipFile(root / f"{ADE}.zip", "w") as archive:
            for path in files:
                archive.write(path, path.relative_to(made))
    elif name in PAIRED:
        root.mkdir()
        with tarfile.open(root / f"{name}.tar.gz", "w:gz") as archive:
            archive.add(made / name, f"./{name}")
    else:
        (root / "DIV2K").mkdir(parents=True)
        for part in published.DIV2K:
            with zipfile.ZipFile(root / "DIV2K" / f"{part}.zip", "w") as archive:
                for path in files:
                    if part in path.parts:
                        archive.write(path, path.relative_to(made / "DIV2K"))
    if name == "df2k":
        with tarfile.open(root / "Flickr2K.tar", "w") as archive:
            archive.add(made / "Flickr2K", "Flickr2K")
    return root


def small(name: str) -> dict:
    if name in ("div2k", "df2k"):
        return {"image_size": 32, "test_size": 64, "batch_size": 2}
    return {"image_size": 24, "load_size": 28, "batch_size": 2}


@pytest.mark.parametrize("name", EVERY)
def test_a_known_set_is_read_unpacked_packed_and_by_its_own_folder(tmp_path, name):
    made = unpacked(tmp_path / "made", name)
    by_hand = packed(tmp_path / "by_hand", name, made)
    own = made / {"div2k": "DIV2K", "df2k": ".", "ade20k": ADE}.get(name, name)
    sets = [load(name, root, **small(name)) for root in (made, by_hand, own)]
    batches = [next(iter(data.train_dataloader())) for data in sets]
    for data, batch in zip(sets, batches, strict=True):
        assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
        assert all(torch.equal(batch[key], batches[0][key]) for key in batch)
        train, test = data.dataset("train"), data.dataset("test")
        assert (len(train), len(test)) == ((6, 1) if name in UNPAIRED else (8 if name == "df2k" else 5, 2))
        assert test.names == sets[0].dataset("test").names
    assert not list(by_hand.rglob("*.unpacking"))


def test_ids_of_ade20k_begin_at_1_and_0_means_that_nobody_knows(tmp_path):
    data = load("ade20k", unpacked(tmp_path, "ade20k"), image_size=16, load_size=None, batch_size=5)
    train = data.dataset("train").batch(torch.arange(5))["label_map"]
    assert [int(ids.unique()) for ids in to_uint8(train)] == [255, 29, 59, 89, 119]


@pytest.mark.parametrize("name", PAIRED)
def test_directions_are_those_of_the_paper(tmp_path, name):
    data = load(name, unpacked(tmp_path, name), image_size=32, load_size=None, batch_size=2)
    batch = data.dataset("test").batch(torch.tensor([0]))
    white = "source" if name in ("maps", "edges2shoes", "edges2handbags") else "target"  # the left half
    other = {"source": "target", "target": "source"}[white]
    assert to_uint8(batch[white]).float().mean() > 245
    assert to_uint8(batch[other]).float().mean() < 80


def test_the_pairs_of_a_known_set_taken_apart(tmp_path):
    root = unpacked(tmp_path, "edges2shoes")
    data = load("edges2shoes_unpaired", root, image_size=32, batch_size=5)
    batch = next(iter(data.train_dataloader()))
    assert to_uint8(batch["a"]).float().mean() > 245  # the left half, edges on white
    assert to_uint8(batch["b"]).float().mean() < 80
    assert data.dataset("test").truth.tolist() == [0, 1]
    assert data.archive == load("edges2shoes", root).archive


@pytest.mark.parametrize("name", EVERY)
def test_without_files_and_network_it_is_said_what_belongs_where(tmp_path, name):
    folder, file = tmp_path / "data", f"{name}.zip" if name in UNPAIRED else f"{name}.tar.gz"
    if name == "div2k":
        folder, file = folder / "DIV2K", "DIV2K_train_HR.zip"
    file = {"df2k": "Flickr2K.tar", "ade20k": f"{ADE}.zip"}.get(name, file)
    with pytest.raises(UserError) as caught:
        load(name, tmp_path / "data").prepare()
    text = str(caught.value)
    assert "Connection refused" in text
    assert f"put {file} into {folder} by hand and start again" in text
    assert "http://127.0.0.1:9/" in text
    assert "\n" not in text


def test_addresses_lengths_and_checksums(monkeypatch, tmp_path):
    monkeypatch.undo()
    archive = load("horse2zebra", tmp_path).archive
    assert archive.url == "http://efrosgans.eecs.berkeley.edu/cyclegan/datasets/horse2zebra.zip"
    assert str(archive).endswith(
        "(117 MB, SHA-256 a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1)"
    )
    assert load("maps", tmp_path).archive.url.endswith("berkeley.edu/pix2pix/datasets/maps.tar.gz")
    for size, sha256 in (published.CYCLEGAN | published.DIV2K).values():
        assert size > 10_000_000
        assert len(bytes.fromhex(sha256)) == 32


def test_an_unknown_set_is_refused():
    for cls in (published.KnownPaired, published.KnownUnpaired):
        with pytest.raises(UserError, match=r"data\.known=night2day: .*\w+, \w+"):
            cls(known="night2day")
