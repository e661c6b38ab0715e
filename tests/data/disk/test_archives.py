"""Downloads that are cut off, wrong or evil, from a server on this machine; and what is left on the disk."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from ganlab.data.disk import archives, downloads
from ganlab.data.disk.archives import obtain, unpack
from ganlab.data.disk.downloads import Archive, Refused
from ganlab.errors import UserError
from tests.support.archives import EVIL, HORSES, NOISE, zipped


class Server:
    """Serves ``content`` as its switches say, and notes the ranges that were asked for."""

    def __init__(self) -> None:
        self.content, self.status, self.ranges, self.cut_after, self.resumes = HORSES, 200, [], [], True
        self.length: str | None = None  # said in the place of the true one
        self.hangs: threading.Event | None = None  # when a body has ended, it waits for this one

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):
                self.answer(handler)

            def log_message(handler, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/horses.zip"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        self.ranges.append(asked)
        if self.status != 200:
            return handler.send_error(self.status)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.resumes else 0
        if start >= len(self.content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        handler.send_response(206 if start else 200)
        body = self.content[start:]
        handler.send_header("Content-Length", self.length or str(len(body)))
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(self.content)}")
        handler.end_headers()
        handler.wfile.write(body[: self.cut_after.pop(0)] if self.cut_after else body)
        if self.hangs:
            self.hangs.wait(60)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE", 0)
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def horses(server, **facts) -> Archive:
    return Archive(server.url, "horses", **facts)


def known(content: bytes) -> dict:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def complaint(parent, archive: Archive) -> str:
    with pytest.raises(UserError) as caught:
        obtain(parent, [archive])
    return str(caught.value)


def left(parent) -> set[str]:
    return {path.name for path in parent.iterdir()} - {".download.lock"}


def test_D19_an_archive_is_fetched_once_checked_and_unpacked(tmp_path, server):
    archive = horses(server, **known(HORSES))
    for _ in range(2):
        obtain(tmp_path / "data", [archive])
    assert server.ranges == [None]
    assert (tmp_path / "data/horses/trainA/1.jpg").read_bytes() == NOISE
    assert (tmp_path / "data/horses/trainB/2.jpg").read_bytes() == b"x" * 9
    assert left(tmp_path / "data") == {"horses", "horses.zip", "horses.zip.sha256"}


def test_D19_a_download_cut_off_goes_on_where_it_ended(tmp_path, server):
    server.cut_after = [100_000, 50_000]
    obtain(tmp_path, [horses(server, **known(HORSES))])
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "horses/trainA/1.jpg").read_bytes() == NOISE


def test_D19_three_cuts_are_a_sentence_and_the_next_start_goes_on(tmp_path, server):
    server.cut_after = [100_000, 0, 10]
    text = complaint(tmp_path, horses(server, **known(HORSES)))
    assert (
        f"{tmp_path}/horses is missing: cut off after 100010 of {len(HORSES)} bytes; put horses.zip" in text
    )
    assert server.url in text
    assert left(tmp_path) == {"horses.zip.part"}
    obtain(tmp_path, [horses(server)])
    assert server.ranges[-1] == "bytes=100010-"
    assert (tmp_path / "horses/trainA/1.jpg").read_bytes() == NOISE
    assert "horses.zip.part" not in left(tmp_path)


def test_D19_a_server_that_cannot_resume_sends_all_again(tmp_path, server):
    server.cut_after, server.resumes = [100_000], False
    obtain(tmp_path, [horses(server, **known(HORSES))])
    assert server.ranges == [None, "bytes=100000-"]
    assert (tmp_path / "horses/trainA/1.jpg").read_bytes() == NOISE


def test_D19_a_server_that_falls_silent_is_given_up_and_gone_on_with(tmp_path, server, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.2)
    server.cut_after, server.hangs = [100_000, 50_000, 10], threading.Event()
    try:
        text = complaint(tmp_path, horses(server, **known(HORSES)))
        assert "horses is missing: " in text
        assert "timed out; put horses.zip into" in text
    finally:
        server.hangs.set()
        server.hangs = None
    assert left(tmp_path) == {"horses.zip.part"}
    obtain(tmp_path, [horses(server, **known(HORSES))])
    assert (tmp_path / "horses/trainA/1.jpg").read_bytes() == NOISE


@pytest.mark.parametrize("length", ["", "many", "-5", "99999999"])
def test_D19_a_length_that_is_not_true(tmp_path, server, length):
    """It is not relied on: what is known of the file is."""
    server.length = length or None
    obtain(tmp_path, [horses(server, **known(HORSES))])
    assert (tmp_path / "horses/trainA/1.jpg").read_bytes() == NOISE


def test_D19_a_part_that_is_whole_already_is_not_fetched_again(tmp_path, server):
    (tmp_path / "horses.zip.part").write_bytes(HORSES)
    obtain(tmp_path, [horses(server)])
    assert server.ranges == [f"bytes={len(HORSES)}-"]
    assert (tmp_path / "horses").is_dir()


def test_D19_a_part_longer_than_the_file_is_thrown_away(tmp_path, server):
    (tmp_path / "horses.zip.part").write_bytes(NOISE * 2)
    obtain(tmp_path, [horses(server)])
    assert server.ranges == [f"bytes={2 * len(NOISE)}-", None]


def test_D18_a_wrong_checksum_or_length_leaves_nothing(tmp_path, server):
    for facts, words in (
        (known(HORSES) | {"sha256": "0" * 64}, "instead of " + "0" * 64),
        (known(HORSES) | {"size": 77}, f"has {len(HORSES)} bytes instead of 77"),
    ):
        text = complaint(tmp_path, horses(server, **facts))
        assert words in text
        assert left(tmp_path) == set()


def test_D18_an_unpublished_checksum_is_kept_from_the_first_time(tmp_path, server):
    obtain(tmp_path, [horses(server)])
    digest = hashlib.sha256(HORSES).hexdigest()
    assert (tmp_path / "horses.zip.sha256").read_text() == f"{digest}  horses.zip\n"
    (tmp_path / "horses").rename(tmp_path / "old")
    (tmp_path / "horses.zip").unlink()
    server.content = zipped({"horses/trainA/1.jpg": b"another"})
    record = tmp_path / "horses.zip.sha256"
    assert f"instead of {digest}, which {record} keeps of the first one" in complaint(
        tmp_path, horses(server)
    )
    assert left(tmp_path) == {"old", "horses.zip.sha256"}
    server.content = HORSES
    obtain(tmp_path, [horses(server)])


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (500, 3)])
def test_D19_a_server_that_refuses_is_told_with_what_to_do(tmp_path, server, status, asked):
    server.status = status
    text = complaint(tmp_path, horses(server, **known(HORSES)))
    assert f"HTTP Error {status}" in text
    assert (
        f"put horses.zip into {tmp_path} by hand and start again, it is unpacked for you: {server.url}"
        in text
    )
    assert text.endswith(f"(0 MB, SHA-256 {known(HORSES)['sha256']})")
    assert len(server.ranges) == asked
    assert left(tmp_path) == set()


def test_D19_without_a_network_the_sentence_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE", 0)
    text = complaint(tmp_path, Archive("http://127.0.0.1:9/maps.tar.gz", "maps"))
    assert "maps is missing: [Errno" in text
    assert "Connection refused; put maps.tar.gz into" in text
    assert text.endswith("http://127.0.0.1:9/maps.tar.gz (nobody has published its checksum)")


def test_D18_a_page_in_place_of_the_archive_is_refused_and_removed(tmp_path, server):
    server.content = b"<html>please log in</html>"
    assert "horses.zip is damaged" in complaint(tmp_path, horses(server))
    assert left(tmp_path) == set()


def test_D18_an_archive_put_there_by_hand_is_used_and_never_removed(tmp_path):
    path = tmp_path / "horses.zip"
    archive = Archive("http://127.0.0.1:9/horses.zip", "horses", **known(HORSES))
    path.write_bytes(HORSES[:-1])
    assert "bytes instead of" in complaint(tmp_path, archive)
    path.write_bytes(HORSES)
    obtain(tmp_path, [archive])
    assert {"horses", "horses.zip"} <= left(tmp_path)


def test_D19_a_full_disk_is_a_sentence_before_anything_is_written(tmp_path, server, monkeypatch):
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: SimpleNamespace(free=9))
    assert "more than is free on the disk" in complaint(tmp_path, horses(server))
    assert left(tmp_path) == set()


@pytest.mark.parametrize("name", EVIL)
def test_D17_an_evil_or_damaged_archive_leaves_nothing_behind(tmp_path, name):
    content, words = EVIL[name]
    root = tmp_path / "root"
    root.mkdir()
    (root / "horses.zip").write_bytes(content)
    text = complaint(root, Archive("http://127.0.0.1:9/horses.zip", "horses"))
    assert words in text
    assert "\n" not in text
    assert left(root) == {"horses.zip"}
    assert left(tmp_path) == {"root"}


def test_D17_a_member_without_a_name_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"": b"1"}))
    with pytest.raises(Refused, match="would write '', outside"):
        unpack(path, tmp_path / "work")


def test_D17_two_members_of_one_name_and_too_many_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a/1": b"1", "a//1": b"2"}))
    with pytest.raises(Refused, match="twice"):
        unpack(path, tmp_path / "twice")
    monkeypatch.setattr(archives, "MANY", 3)
    path.write_bytes(zipped({f"a/{i}": b"" for i in range(5)}))
    with pytest.raises(Refused, match="more than 3 files"):
        unpack(path, tmp_path / "many")


def test_D17_what_a_killed_process_left_is_cleared_away(tmp_path):
    (tmp_path / ".horses.unpacking" / "horses").mkdir(parents=True)
    (tmp_path / ".horses.unpacking" / "horses" / "half").write_bytes(b"1")
    (tmp_path / "horses.zip").write_bytes(HORSES)
    obtain(tmp_path, [Archive("http://127.0.0.1:9/horses.zip", "horses")])
    assert not (tmp_path / "horses" / "half").exists()
    assert ".horses.unpacking" not in left(tmp_path)


def test_archives_without_their_own_folder_are_unpacked_into_it(tmp_path):
    (tmp_path / "horses.zip").write_bytes(zipped({"trainA/1.jpg": b"1"}))
    obtain(tmp_path, [Archive("http://127.0.0.1:9/horses.zip", "horses")])
    assert (tmp_path / "horses" / "trainA" / "1.jpg").is_file()
