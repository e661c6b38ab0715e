"""Tiny files in the original formats, read by torchvision; and what is said when they cannot be had."""

import gzip
import hashlib
import pickle
import re
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import torch
import torchvision.datasets as sets
from PIL import Image
from torchvision.datasets import utils

from ganlab.data.images.celeba import CelebA
from ganlab.data.images.torchvision_sets import CIFAR10, MNIST, FashionMNIST
from ganlab.errors import UserError
from tests.support.data import complaint


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Every address leads to a closed port of this machine."""
    for dataset in (sets.MNIST, sets.FashionMNIST):
        monkeypatch.setattr(dataset, "mirrors", ["http://127.0.0.1:9/mirror/"])
    monkeypatch.setattr(sets.CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")

    def refuse(*arguments):
        raise RuntimeError("no way to Google Drive")

    monkeypatch.setattr(utils, "download_file_from_google_drive", refuse)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">I{array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


def mnist_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    files = {}
    for name, n in (("train", 12), ("t10k", 5)):
        files[f"{name}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (n, 28, 28), np.uint8))
        files[f"{name}-labels-idx1-ubyte"] = idx((np.arange(n) % 10).astype(np.uint8))
    return files


@pytest.mark.parametrize("module", [MNIST, FashionMNIST])
def test_mnist_is_read_from_its_raw_files(tmp_path, module):
    raw = tmp_path / module.__name__ / "raw"
    raw.mkdir(parents=True)
    files = mnist_files()
    for name, data in files.items():
        (raw / name).write_bytes(data)
    data = module(root=str(tmp_path), image_size=28, batch_size=4)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), len(data.classes)) == (12, 5, 10)
    assert train.pixels[3].numpy().tobytes() == files["train-images-idx3-ubyte"][16 + 3 * 784 : 16 + 4 * 784]
    assert train.targets.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert data.classes[7] == {"MNIST": "7", "FashionMNIST": "Sneaker"}[module.__name__]
    batch = next(iter(module(root=str(tmp_path), image_size=32, channels=3, batch_size=4).train_dataloader()))
    assert batch["image"].shape == (4, 3, 32, 32)


def test_mnist_archives_put_there_by_hand_are_unpacked(tmp_path, monkeypatch):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    resources = []
    for name, data in mnist_files().items():
        (raw / f"{name}.gz").write_bytes(gzip.compress(data))
        resources.append((f"{name}.gz", md5((raw / f"{name}.gz").read_bytes())))
    monkeypatch.setattr(sets.MNIST, "resources", resources)
    assert len(MNIST(root=str(tmp_path), batch_size=4).dataset("train")) == 12


def test_mnist_that_cannot_be_had_says_what_to_do(tmp_path):
    text = complaint(MNIST(root=str(tmp_path)))
    assert f"Put these files into {tmp_path}/MNIST/raw by hand" in text
    for name, checksum in sets.MNIST.resources:
        assert f"http://127.0.0.1:9/mirror/{name}  (MD5 {checksum})" in text


def test_a_truncated_mnist_file_is_no_traceback(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, data in mnist_files().items():
        (raw / name).write_bytes(data[:-100] if name.startswith("train-images") else data)
    assert "MNIST is not complete" in complaint(MNIST(root=str(tmp_path)))


def write_cifar(root, monkeypatch) -> dict[str, np.ndarray]:
    """Batches of four pictures in CIFAR-10's pickled format, with checksums to match."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    sums, pixels = {}, {}
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        pixels[name] = rng.integers(0, 256, (4, 3072), np.uint8)
        content = pickle.dumps({"data": pixels[name], "labels": [1, 2, 3, 9]})
        (folder / name).write_bytes(content)
        sums[name] = md5(content)
    meta = pickle.dumps({"label_names": [f"kind{i}" for i in range(10)]})
    (folder / "batches.meta").write_bytes(meta)
    monkeypatch.setattr(
        sets.CIFAR10, "train_list", [[f"data_batch_{i}", sums[f"data_batch_{i}"]] for i in range(1, 6)]
    )
    monkeypatch.setattr(sets.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(
        sets.CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": md5(meta)}
    )
    return pixels


def test_cifar10_is_read_with_channels_first(tmp_path, monkeypatch):
    pixels = write_cifar(tmp_path, monkeypatch)
    data = CIFAR10(root=str(tmp_path), batch_size=4)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), data.classes[9]) == (20, 4, "kind9")
    assert np.array_equal(train.pixels[5].numpy().reshape(-1), pixels["data_batch_2"][1])
    assert test.targets.tolist() == [1, 2, 3, 9]
    assert CIFAR10(root=str(tmp_path), batch_size=4, channels=1, image_size=[16, 24]).dataset(
        "train"
    ).pixels.shape == (20, 1, 16, 24)


def test_X1_a_cifar10_file_with_a_wrong_checksum_is_never_unpickled(tmp_path, monkeypatch):
    write_cifar(tmp_path, monkeypatch)
    marker = tmp_path / "marker"

    class Payload:
        def __reduce__(self):
            return open, (str(marker), "w")

    (tmp_path / "cifar-10-batches-py" / "data_batch_3").write_bytes(pickle.dumps(Payload()))
    text = complaint(CIFAR10(root=str(tmp_path)))
    assert not marker.exists()
    assert f"cifar-10-python.tar.gz  (MD5 {sets.CIFAR10.tgz_md5})" in text
    assert f"Put these files into {tmp_path} by hand" in text


def test_a_cifar10_archive_put_there_by_hand_is_unpacked(tmp_path, monkeypatch):
    write_cifar(tmp_path / "made", monkeypatch)
    (tmp_path / "root").mkdir()
    archive = tmp_path / "root" / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(sets.CIFAR10, "tgz_md5", md5(archive.read_bytes()))
    assert len(CIFAR10(root=str(tmp_path / "root"), batch_size=4).dataset("train")) == 20


def write_celeba(root, n: int = 12) -> list[np.ndarray]:
    """n faces in CelebA's layout: 8 to train on, 2 for validation, the rest held out."""
    folder = root / "celeba" / "img_align_celeba"
    folder.mkdir(parents=True)
    lines = []
    for i in range(1, n + 1):
        Image.new("RGB", (178, 218), (i * 20, 0, 100)).save(folder / f"{i:06}.jpg", quality=95)
        lines.append(f"{i:06}.jpg {0 if i <= 8 else 1 if i <= 10 else 2}\n")
    (root / "celeba" / "list_eval_partition.txt").write_text("".join(lines))


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_celeba_is_read_by_its_own_split(tmp_path, memory_limit):
    write_celeba(tmp_path)
    data = CelebA(root=str(tmp_path), batch_size=4, workers=0, memory_limit=memory_limit)
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test), data.classes, data.kind) == (8, 2, (), "images")
    reds = train.images(torch.arange(8))[:, 0].float().mean((1, 2))
    assert (reds - torch.arange(20, 180, 20)).abs().max() < 4
    assert test.images(torch.tensor([1]))[0, 0, 0, 0].item() == pytest.approx(240, abs=4)
    batch = next(iter(data.train_dataloader()))
    assert batch["image"].shape == (4, 3, 32, 32)
    assert set(batch) == {"image"}


def test_a_celeba_archive_put_there_by_hand_is_unpacked(tmp_path, monkeypatch):
    write_celeba(tmp_path / "made")
    folder = tmp_path / "root" / "celeba"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for path in sorted((tmp_path / "made" / "celeba" / "img_align_celeba").iterdir()):
            archive.write(path, f"img_align_celeba/{path.name}")
    partition = (tmp_path / "made" / "celeba" / "list_eval_partition.txt").read_bytes()
    (folder / "list_eval_partition.txt").write_bytes(partition)
    sums = {
        "img_align_celeba.zip": md5((folder / "img_align_celeba.zip").read_bytes()),
        "list_eval_partition.txt": md5(partition),
    }
    files = [(file_id, sums.get(name, old), name) for file_id, old, name in sets.CelebA.file_list]
    monkeypatch.setattr(sets.CelebA, "file_list", files)
    assert len(CelebA(root=str(tmp_path / "root"), batch_size=4).dataset("train")) == 8


def test_celeba_that_is_missing_or_incomplete_says_what_to_do(tmp_path):
    for _ in range(2):
        text = complaint(CelebA(root=str(tmp_path)))
        assert f"Put these files into {tmp_path}/celeba by hand" in text
        assert re.search(r"img_align_celeba\.zip from https://drive\.google\.com/\S+  \(MD5 00d2c5bc", text)
        assert "list_eval_partition.txt" in text
        assert "list_attr_celeba" not in text  # not needed
    write_celeba(tmp_path / "other")
    (tmp_path / "other" / "celeba" / "img_align_celeba" / "000003.jpg").unlink()
    assert "CelebA is not complete" in complaint(CelebA(root=str(tmp_path / "other")))


def test_a_root_that_cannot_be_written_is_no_traceback(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "NotADirectoryError" in complaint(MNIST(root=str(tmp_path / "file")))


def test_a_store_is_no_place_for_downloads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in (MNIST, CelebA):
        with pytest.raises(UserError, match=r"data.root=s3://bucket: expected a folder of this machine"):
            kind(root="s3://bucket")
    assert not list(tmp_path.iterdir())
