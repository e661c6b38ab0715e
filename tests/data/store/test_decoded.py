"""Images decoded once for all runs: the same pixels, shared, damaged, too many, on a full disk."""

import errno
import logging
import os
import time
from pathlib import Path

import pytest
import torch

from ganlab.data.images.folder import Folder
from ganlab.data.store import decoded
from ganlab.data.store.decode import Decoder
from ganlab.errors import UserError
from tests.support.data import attach, first
from tests.support.pictures import damage, fill
from tests.support.runs import forked

SIZE = 8 * 8 * 3


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "decoded"


def folder(root: Path, **changes) -> Folder:
    settings = {
        "root": str(root),
        "image_size": 8,
        "batch_size": 2,
        "memory_limit": 0,
        "workers": 0,
        "cache": 1.0,
    }
    return Folder(**(settings | changes))


def pixels(data: Folder) -> torch.Tensor:
    parts = [data.dataset(split) for split in ("train", "test")]
    return torch.cat([part.images(torch.arange(len(part))) for part in parts])


@pytest.fixture
def root(tmp_path) -> Path:
    return fill(tmp_path / "pictures", 16, ".")


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The files that are decoded from now on."""
    paths: list[str] = []
    decode = Decoder.__call__
    monkeypatch.setattr(Decoder, "__call__", lambda self, path: (paths.append(path), decode(self, path))[1])
    return paths


def test_the_cache_gives_the_pixels_of_the_files_and_decodes_each_once(root, calls):
    expected = pixels(folder(root, cache=0.0))
    calls.clear()
    assert torch.equal(pixels(folder(root)), expected)
    assert len(calls) == 16
    assert torch.equal(pixels(folder(root)), expected)
    assert len(calls) == 16


def test_training_batches_are_those_of_the_files(root):
    with_workers = first(attach(folder(root, workers=1)), 3)
    for one, two in zip(with_workers, first(attach(folder(root, cache=0.0)), 3), strict=True):
        assert torch.equal(one["image"], two["image"])


def test_other_contents_sizes_and_grounds_have_their_own(root, calls):
    folder(root).prepare()
    for change in ({"image_size": 4}, {"background": "black"}, {"channels": 1}):
        calls.clear()
        folder(root, **change).prepare()
        assert len(calls) == 16
    calls.clear()
    (root / "000.png").write_bytes((root / "001.png").read_bytes())
    folder(root).prepare()
    assert 0 < len(calls) <= 16


def test_a_folder_that_was_copied_finds_its_pixels(root, tmp_path, calls):
    folder(root).prepare()
    calls.clear()
    folder(root.rename(tmp_path / "moved")).prepare()
    assert calls == []


def test_C10_two_runs_that_start_at_once_decode_each_image_once(root, tmp_path):
    decode = Decoder.__call__

    def start(number: int):
        def run() -> None:
            def slow(self, path):
                time.sleep(0.02)
                with open(tmp_path / "log", "a") as file:
                    file.write(f"{path}\n")
                return decode(self, path)

            Decoder.__call__ = slow
            data = folder(root)
            data.prepare()
            torch.save(pixels(data), tmp_path / f"{number}.pt")

        return run

    assert forked(start(0), start(1)) == [0, 0]
    assert len((tmp_path / "log").read_text().split()) == 16
    one, two = (torch.load(tmp_path / f"{number}.pt") for number in (0, 1))
    assert torch.equal(one, two)


def test_D3_a_damaged_pixel_is_noticed_and_the_file_decoded_in_its_place(root, cache, calls, caplog):
    expected = pixels(folder(root))
    for path in cache.glob("*/pixels"):
        with open(path, "r+b") as file:
            file.write(b"\xff\x00\xff")
    calls.clear()
    assert torch.equal(pixels(folder(root)), expected)
    assert len(calls) == 2  # the first of either part
    assert "is damaged: files are decoded in its place, and kept anew at the next start" in caplog.text
    calls.clear()
    assert torch.equal(pixels(folder(root)), expected)
    assert len(calls) == 16


@pytest.mark.parametrize("name", ["pixels", "sums.npy", "about.json"])
def test_S2_a_file_of_the_cache_that_is_cut_off_or_gone_is_made_anew(name, root, cache, caplog):
    expected = pixels(folder(root))
    for path in cache.glob(f"*/{name}"):
        path.write_bytes(path.read_bytes()[:-9])
    assert torch.equal(pixels(folder(root)), expected)
    assert "its images are decoded anew" in caplog.text
    for path in cache.glob(f"*/{name}"):
        path.unlink()
    assert torch.equal(pixels(folder(root)), expected)


def test_another_version_has_its_own(root, calls, monkeypatch):
    folder(root).prepare()
    calls.clear()
    monkeypatch.setattr(decoded, "FORMAT", 2)
    folder(root).prepare()
    assert len(calls) == 16


def test_what_was_used_longest_ago_makes_room(root, tmp_path, cache, calls):
    others = fill(tmp_path / "others", 16, ".", size=(9, 9))
    room = 40 * SIZE / 1e9
    folder(root, cache=room).prepare()
    for about in cache.glob("*/about.json"):
        os.utime(about, (1, 1))
    folder(others, cache=room).prepare()
    assert sum(path.stat().st_size for path in cache.glob("*/pixels")) <= 40 * SIZE
    calls.clear()
    folder(others, cache=room).prepare()
    assert calls == []


def test_a_limit_that_is_too_small_is_told_and_files_are_read(root, cache, caplog):
    data = folder(root, cache=10 * SIZE / 1e9)
    assert torch.equal(pixels(data), pixels(folder(root, cache=0.0)))
    assert "is too small for" in caplog.text
    assert not cache.exists()


def test_S3_a_full_disk_is_told_and_files_are_read(root, cache, caplog, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(decoded, "_write_at", full)
    assert torch.equal(pixels(folder(root)), pixels(folder(root, cache=0.0)))
    assert "no space is left, so decoded images are not kept there" in caplog.text
    assert not list(cache.glob("*/"))


def test_D3_unreadable_files_are_named_or_replaced_as_without_a_cache(root, caplog):
    fill(root, 150, "more")
    damage(root / "003.png")
    with pytest.raises(UserError, match=r"1 of 166 images cannot be read: \S+003.png"):
        folder(root).prepare()
    skipping = {"on_corrupt": "skip"}
    expected = pixels(folder(root, cache=0.0, **skipping))
    for _ in range(2):
        caplog.clear()
        assert torch.equal(pixels(folder(root, **skipping)), expected)
        assert caplog.text.count("unreadable image replaced by another") == 1


def test_C5_a_cache_below_nothing_is_refused(root):
    with pytest.raises(UserError, match=r"data\.cache=-1\.0: how many GB"):
        folder(root, cache=-1.0)


def test_pictures_in_their_own_sizes_are_told_of(root, caplog):
    from ganlab.data.translation.folders.super_resolution import SuperResolutionFolder

    with caplog.at_level(logging.WARNING, "ganlab"):
        SuperResolutionFolder(
            root=str(root), image_size=8, memory_limit=0, cache=1.0, batch_size=2, scale=2
        ).prepare()
    assert "pictures in their own sizes are not kept decoded" in caplog.text
