"""Stacked digits: each channel one digit, the label the number that they make."""

import struct

import numpy as np
import pytest
import torch

from ganlab.data.images import stacked
from ganlab.data.images.stacked import StackedDigits, StackedImages, StackedMNIST
from ganlab.data.images.torchvision_sets import MNIST
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(stacked, "HELD_OUT", 20)


@pytest.fixture
def root(tmp_path):
    """Twelve digits to train on and five held out, in MNIST's own files."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in (("train", 12), ("t10k", 5)):
        for what, array in (
            ("images-idx3", rng.integers(0, 256, (n, 28, 28), np.uint8)),
            ("labels-idx1", (np.arange(n) % 10).astype(np.uint8)),
        ):
            head = struct.pack(f">I{array.ndim}I", 0x0800 + array.ndim, *array.shape)
            (raw / f"{name}-{what}-ubyte").write_bytes(head + array.tobytes())
    return str(tmp_path)


def test_each_channel_is_a_digit_of_the_number_that_the_label_says(root):
    data = StackedMNIST(root=root, pictures=40, image_size=28, batch_size=8)
    digits = MNIST(root=root, image_size=28, batch_size=4).dataset("train")
    train, test = data.dataset("train"), data.dataset("test")
    assert (len(train), len(test)) == (40, 20)
    assert train.classes[7] == "007"
    assert len(data.classes) == 1000
    pictures, labels = train.images(torch.arange(40)), train.labels(torch.arange(40))
    assert pictures.shape == (40, 3, 28, 28)
    for picture, label in zip(pictures, labels.tolist(), strict=True):
        found = [int((digits.pixels == channel).flatten(1).all(1).nonzero()) for channel in picture]
        assert [digits.targets[index].item() for index in found] == [int(digit) for digit in f"{label:03d}"]
    batch = next(iter(data.train_dataloader()))
    assert batch["image"].shape == (8, 3, 28, 28)
    assert batch["label"].shape == (8,)


def test_the_stacks_depend_on_no_seed_and_each_split_has_its_own_digits(root):
    one, other = (StackedMNIST(root=root, pictures=40, batch_size=8, seed=seed) for seed in (1, 2))
    assert one.dataset("train").fingerprint() == other.dataset("train").fingerprint()
    fewer = StackedMNIST(root=root, pictures=39, batch_size=8)
    assert one.dataset("train").fingerprint() != fewer.dataset("train").fingerprint()
    held_out = MNIST(root=root, batch_size=4).dataset("test").pixels
    seen = one.dataset("test").images(torch.arange(20)).flatten(0, 1)
    assert all(bool((held_out[:, 0] == digit).flatten(1).all(1).any()) for digit in seen)


def test_embedded_digits_are_stacked_without_a_download():
    data = StackedDigits(pictures=50, image_size=16, batch_size=4)
    assert data.dataset("train").images(torch.arange(3)).shape == (3, 3, 16, 16)
    assert data.dataset("train").labels(torch.arange(50)).unique().numel() > 30


def test_stacks_have_three_channels():
    with pytest.raises(UserError, match=r"data\.channels=1: stacked digits have 3"):
        StackedDigits(channels=1)


def test_digits_without_labels_are_not_stacked():
    with pytest.raises(ValueError, match="without labels"):
        StackedImages(MemoryImages(torch.zeros(4, 1, 8, 8, dtype=torch.uint8)), 3, "train")
