"""What is known of files from earlier starts, and when it no longer counts."""

import os

import pytest

from ganlab.data.images.folder import Folder
from ganlab.data.store import known
from ganlab.data.store.decode import Decoder
from ganlab.data.store.known import KnownFiles
from tests.support.pictures import fill


@pytest.fixture(autouse=True)
def settled(monkeypatch, tmp_path):
    """Files of this moment are as good as old ones, and each test has a cache of its own."""
    monkeypatch.setattr(known, "FRESH", -60.0)
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))


def folder(root, **changes) -> Folder:
    settings = {"root": str(root), "image_size": 8, "batch_size": 2, "memory_limit": 0, "workers": 0}
    return Folder(**(settings | changes))


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The files whose headers are read from now on."""
    paths: list[str] = []
    header = Decoder.header
    monkeypatch.setattr(Decoder, "header", lambda self, path: (paths.append(path), header(self, path))[1])
    return paths


def test_a_second_start_reads_no_header_and_no_end_of_a_file(tmp_path, asked, monkeypatch):
    root = fill(tmp_path / "pictures", 8, ".")
    first = folder(root)
    identity = first.identity()
    assert len(asked) == 8
    asked.clear()
    monkeypatch.setattr("ganlab.data.identity.ends_of", lambda path: pytest.fail(f"{path} was read"))
    second = folder(root)
    assert second.changes(identity, same_settings=True) == ""
    assert asked == []


def test_S17_a_file_that_was_written_to_is_asked_again_whatever_its_time_says(tmp_path, asked):
    root = fill(tmp_path / "pictures", 8, ".")
    before = folder(root)
    identity = before.identity()
    path = root / "003.png"
    status, text = path.stat(), bytearray(path.read_bytes())
    asked.clear()
    text[-1] ^= 1  # of the last chunk's checksum: the same length
    path.write_bytes(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = folder(root)
    assert after.changes(identity, same_settings=True).startswith("1 file has other contents")
    assert asked == [str(path)]


def test_other_settings_ask_again_and_fresh_files_are_not_kept(tmp_path, asked, monkeypatch):
    root = fill(tmp_path / "pictures", 8, ".")
    monkeypatch.setattr(known, "FRESH", 3600.0)
    for _ in range(2):
        folder(root).prepare()
    assert len(asked) == 16
    monkeypatch.setattr(known, "FRESH", -60.0)
    for size in (8, 8, 4):
        folder(root, image_size=size).prepare()
    assert len(asked) == 16 + 16


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"version": 0, "stamps": {}, "facts": {}}', b'{"version": 1}']
)
def test_S2_a_damaged_index_or_one_of_another_version_is_none(text, tmp_path, asked):
    root = fill(tmp_path / "pictures", 8, ".")
    folder(root).prepare()
    (index,) = (tmp_path / "cache" / "files").iterdir()
    index.write_bytes(text)
    asked.clear()
    folder(root).prepare()
    assert len(asked) == 8
    assert KnownFiles([str(path) for path in root.iterdir()])._facts


def test_S4_a_cache_that_cannot_be_written_is_none(tmp_path, asked, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "file"))
    root = fill(tmp_path / "pictures", 8, ".")
    for _ in range(2):
        folder(root).prepare()
    assert len(asked) == 16
