"""Small copies of image files: what they are, and when they take the files' place."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.order import IndexStream
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages
from ganlab.data.store.pyramid import Pyramid
from ganlab.errors import UserError
from tests.support.runs import differences, training_state

CPU = torch.device("cpu")


def written(folder: Path, n: int, size: int, channels: int = 1) -> list[str]:
    """Noise as PNG files."""
    random, shape = np.random.default_rng(0), (size, size, channels)
    paths = [folder / f"{index:03d}.png" for index in range(n)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8).squeeze()).save(path)
    return [str(path) for path in paths]


def files(folder: Path, n: int = 12, size: int = 16) -> FileImages:
    paths = written(folder, n, size)
    decoder = Decoder(height=size, width=size, channels=1)
    labels = torch.arange(n) % 3
    names = ("a", "b", "c")
    corrupt = CorruptFiles("error", n)
    return FileImages(paths=paths, decoder=decoder, corrupt=corrupt, targets=labels, classes=names, workers=0)


def growing(n: int) -> IndexStream:
    """4 pixels for two steps, 8 for two, then 16."""
    return IndexStream(length=n, batch_size=5, seed=1, side_at=lambda step: (4, 4, 8, 8, 16)[min(step, 4)])


def test_copies_are_the_averages_of_blocks_and_last_until_more_pixels_are_needed(tmp_path):
    stored = files(tmp_path)
    pyramid, order = Pyramid(stored, 0.001), growing(12)  # 12 x 8 x 8 = 768 bytes of 1000
    assert pyramid.side == 8
    everything = stored.images(torch.arange(12))
    batches = list(islice(pyramid.batches(order, 0, CPU), 7))
    assert [images.shape[2] for images, _ in batches] == [8, 8, 8, 8, 16, 16, 16]
    for step, (images, labels) in enumerate(batches):
        indices = order.indices(step)
        assert torch.equal(labels, stored.labels(indices))
        whole = everything[indices]
        if step < 4:
            whole = whole.view(5, 1, 8, 2, 8, 2).double().mean((3, 5)).round().byte()
        assert torch.equal(images, whole)
    for first in (3, 5):  # resumed
        for again, once in zip(islice(pyramid.batches(order, first, CPU), 2), batches[first:], strict=False):
            assert torch.equal(again[0], once[0])


@pytest.mark.parametrize(("limit", "side"), [(0, 0), (0.00001, 0), (0.0002, 4), (0.001, 8), (1, 16)])
def test_copies_have_as_many_pixels_as_fit(tmp_path, limit, side):
    assert Pyramid(files(tmp_path), limit).side == side


def test_a_model_that_does_not_grow_reads_the_files_themselves(tmp_path):
    stored = files(tmp_path)
    pyramid = Pyramid(stored, 0.001)
    pyramid.copies = lambda: pytest.fail("nobody needs copies")
    order = IndexStream(length=12, batch_size=5, seed=1)
    (images, labels), *_ = islice(pyramid.batches(order, 0, CPU), 1)
    assert torch.equal(images, stored.images(order.indices(0)))
    assert torch.equal(labels, stored.labels(order.indices(0)))
    assert len(pyramid) == 12
    assert pyramid.classes == ("a", "b", "c")
    assert pyramid.fingerprint() == stored.fingerprint()
    assert torch.equal(pyramid.images(torch.tensor([3])), stored.images(torch.tensor([3])))


def test_D3_a_file_that_cannot_be_read_is_named(tmp_path):
    pyramid = Pyramid(files(tmp_path), 0.001)
    (tmp_path / "004.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"1 of 12 images cannot be read: .*004\.png"):
        next(pyramid.batches(growing(12), 0, CPU))


def test_progan_trains_on_copies_first_and_resumes_bit_for_bit(tiny_run, tmp_path):
    (tmp_path / "images").mkdir()
    written(tmp_path / "images", 120, 64, channels=3)  # 1.3 MB; at 32 pixels 0.3 MB
    words = [
        "model=progan",
        "data=folder",
        f"data.root={tmp_path / 'images'}",
        "data.image_size=64",
        "data.workers=0",
    ]
    words += [
        "data.memory_limit=1",
        "data.batch_size=4",
        "model.growth.stable_images=4",
        "model.growth.fade_images=0",
    ]
    words += ["model.generator.narrows_after=64", "model.discriminator.narrows_after=64"]
    sides = []

    def wrap(module):
        step = module.training_step

        def training_step(batch, batch_idx):
            sides.append((batch["image"].shape[2], module.stage.resolution))
            return step(batch, batch_idx)

        module.training_step = training_step

    tiny_run(*words, "trainer.max_steps=6", folder="straight", wrap=wrap)
    assert sides == [(32, 4), (32, 8), (32, 16), (32, 32), (64, 64), (64, 64)]
    tiny_run(*words, "trainer.max_steps=3", folder="halves")
    tiny_run(*words, "trainer.max_steps=6", folder="halves", resume=True)
    assert differences(*(training_state(tmp_path / folder) for folder in ("straight", "halves"))) == []
