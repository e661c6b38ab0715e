"""Shards of a store: what is fetched of them, when, and every way in which a network can fail."""

import logging
import sys
from pathlib import Path

import pytest
import torch

from ganlab.config.secrets import conceal, put_away
from ganlab.data.disk import copies, stores
from ganlab.data.images.shards import Shards
from ganlab.errors import StorageError
from ganlab.inference import packing
from ganlab.inference.packing import pack
from tests.support.data import attach, complaint, first
from tests.support.file_server import Answers, FileServer
from tests.support.pictures import fill


def shards(root: object, **changes) -> Shards:
    settings = {"root": str(root), "image_size": 8, "batch_size": 4, "memory_limit": 0, "workers": 0}
    return Shards(**(settings | changes))


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """Several shards with labels, and their index."""
    root = tmp_path_factory.mktemp("packed")
    divided = packing._divided
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_divided", lambda pictures, most: divided(pictures, most // 100))
        pack(fill(root / "pictures", 12, "cat", "dog"), root / "shards", megabytes=1, labels=True)
    return root / "shards"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stores, "PAUSE", 0)
    return tmp_path / "cache" / "shards"


@pytest.fixture
def server(packed):
    with FileServer({f"/birds/{path.name}": path.read_bytes() for path in packed.iterdir()}) as server:
        yield server


@pytest.fixture
def plain(server):
    """Without an index, as other programs write shards."""
    del server.files["/birds/index.json"]
    return server


def batches(data: Shards) -> list[torch.Tensor]:
    return [batch["image"] for batch in first(attach(data), 3)]


def fetched(server: FileServer) -> list[str]:
    return [call for call in server.calls if call.startswith("GET") and ".tar" in call]


def test_shards_of_a_store_are_those_of_the_folder_and_fetched_once(packed, server):
    here = shards(packed, labels=True)
    there = shards(f"{server.url}/birds", labels=True)
    assert there.classes == here.classes == ("cat", "dog")
    assert all(map(torch.equal, batches(here), batches(there)))
    assert sorted(fetched(server)) == [f"GET /birds/{path.name}" for path in sorted(packed.glob("*.tar"))]
    assert there.changes(here.identity(), same_settings=True) == ""  # a run may go on with either
    server.calls.clear()
    some = shards(f"{server.url}/birds/{{000..001}}.tar", labels=True)
    assert 0 < len(some.dataset("train")) < len(there.dataset("train"))
    assert len(shards(f"{server.url}/birds", labels=True).dataset("train")) == len(there.dataset("train"))
    assert fetched(server) == []


def test_any_kind_of_store_that_fsspec_knows(packed):
    from fsspec import filesystem

    filesystem("memory").put(str(packed), "/birds", recursive=True)
    for root in ("memory://birds", "memory:///birds/*.tar", "memory://birds/{000..001}.tar"):
        data = shards(root, labels=True)
        assert data.classes == ("cat", "dog")
        assert all(map(torch.equal, batches(data), batches(shards(packed)))) == ("{" not in root)
    assert "no shards are there" in complaint(shards("memory://birds/*.zip"))
    assert "there is no memory://none/0.tar, or it is not yours" in complaint(shards("memory://none/0.tar"))
    assert "Protocol not known: nothing; https://, s3://, gs:// or hf://?" in complaint(
        shards("nothing://x/0.tar")
    )
    assert "is on this machine and needs no copy: try data.root=/tmp/0.tar" in complaint(
        shards("file:///tmp/0.tar")
    )


def test_a_store_within_another_is_refused_before_anything_of_it_is_read(server):
    """What chooses the files, or runs, would come from there."""
    server.files["/refs.json"] = b'{"0.tar": ["http://inside/0.tar"]}'
    for root in (f"reference://0.tar::{server.url}/refs.json", f"reference::{server.url}/refs.json"):
        complaint(shards(root))
    assert "expected the address of one store, without ::" in complaint(
        shards(f"zip://0.tar::{server.url}/a.zip")
    )
    assert server.calls == []


def starts_of(server: FileServer, path: str) -> list[int]:
    """Where the answers began."""
    calls = [call for call in fetched(server) if path in call]
    return [int(call.partition("bytes=")[2].rstrip("-") or 0) for call in calls]


def test_D2_a_connection_that_breaks_goes_on_where_it_was(packed, plain, cache):
    plain.files["/birds/000.tar"] += bytes(8_000_000)  # zeros end a tar file
    plain.cuts["/birds/000.tar"] = 2
    root = f"{plain.url}/birds/{{000..001}}.tar"
    assert all(
        map(torch.equal, batches(shards(f"{packed}/{{000..001}}.tar", verify=False)), batches(shards(root)))
    )
    one, two, three = starts_of(plain, "000.tar")
    assert one == 0 < two < three
    assert next(cache.rglob("000.tar")).read_bytes() == plain.files["/birds/000.tar"]
    assert not list(cache.rglob("*.part"))


def test_D2_a_connection_that_breaks_each_time_is_told_and_what_came_is_kept(plain, cache):
    plain.files["/birds/001.tar"] += bytes(8_000_000)
    plain.cuts["/birds/001.tar"] = stores.TRIES
    root = f"{plain.url}/birds/{{000..001}}.tar"
    text = complaint(shards(root))
    assert f"{plain.url}/birds/001.tar: " in text
    assert "(3 tries); what has come is kept, and the next start goes on with it" in text
    (part,) = cache.rglob("001.tar.part")
    come = part.stat().st_size
    plain.calls.clear()
    shards(root).prepare()
    assert starts_of(plain, "001.tar") == [come]
    assert come > 0
    assert next(cache.rglob("001.tar")).read_bytes() == plain.files["/birds/001.tar"]


def test_D2_a_server_that_knows_no_parts_sends_all_of_it_again(packed, server):
    server.ranges = False
    server.cuts["/birds/000.tar"] = 1
    assert all(map(torch.equal, batches(shards(packed)), batches(shards(f"{server.url}/birds"))))


def test_D2_a_store_that_is_gone_is_told_or_done_without(packed, server, caplog):
    with FileServer({}) as gone:
        pass
    text = complaint(shards(f"{gone.url}/birds/{{000..001}}.tar"))
    assert f"{gone.url}/birds/index.json: Cannot connect to host" in text
    root = f"{server.url}/birds"
    shards(root).prepare()
    server.shutdown()
    server.server_close()
    with caplog.at_level(logging.WARNING):
        assert all(map(torch.equal, batches(shards(packed)), batches(shards(root))))
    assert "(3 tries); its copies in" in caplog.text


def test_D2_a_shard_that_is_not_there_is_named(server):
    root = f"{server.url}/birds/{{000..009}}.tar"
    assert "009.tar is not in the index.json beside it" in complaint(shards(f"{server.url}/birds/009.tar"))
    del server.files["/birds/001.tar"]
    assert f"there is no {server.url}/birds/001.tar" in complaint(shards(f"{server.url}/birds"))
    last = max(name for name in server.files if name.endswith(".tar"))
    del server.files["/birds/index.json"]
    missing = 10 - int(last[-7:-4])
    text = complaint(shards(root))
    assert f"there is no {server.url}/birds/001.tar, nor {missing - 1} others of 10" in text
    server.files["/birds/index.json"] = b"{"
    assert "/birds/index.json cannot be read" in complaint(shards(root))


def test_D2_a_shard_that_is_another_than_its_index_says(packed, server):
    content = server.files["/birds/001.tar"]
    server.files["/birds/001.tar"] = content[:600] + bytes([content[600] ^ 1]) + content[601:]
    root = f"{server.url}/birds"
    for _ in range(2):  # it is fetched again, and still another one
        assert "001.tar is not what the index.json beside it says (SHA-256)" in complaint(shards(root))
    server.files["/birds/001.tar"] = content + bytes(512)
    expected = (
        f"{len(content) + 512:,} bytes instead of {len(content):,}: it, or the index.json beside it, is out"
    )
    assert expected in complaint(shards(root))
    server.files["/birds/001.tar"] = content
    assert all(map(torch.equal, batches(shards(packed)), batches(shards(root))))


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"archives": ["000.tar"]}', '{"archives": {"000.tar": 1}, "keys": 3}']
)
def test_D2_notes_of_copies_that_are_damaged_or_of_another_version_are_written_anew(server, cache, text):
    shards(f"{server.url}/birds").prepare()
    (about,) = cache.glob("*/about.json")
    content = about.read_text()
    about.write_text(text)
    shards(f"{server.url}/birds").prepare()
    assert about.read_text() == content


def test_D2_a_page_in_the_place_of_a_shard_is_told_and_not_kept(plain, packed, cache):
    plain.files["/birds/000.tar"] = b"<html>log in first</html>" * 99
    told = complaint(shards(f"{plain.url}/birds/000.tar"))
    assert "what came as 000.tar is damaged, or no archive at all (" in told
    assert not any(cache.glob("*/000.tar"))
    plain.files["/birds/000.tar"] = (packed / "000.tar").read_bytes()
    shards(f"{plain.url}/birds/000.tar").prepare()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limits")
def test_D2_a_disk_that_takes_no_more_is_told_as_such(server, cache, tmp_path):
    import resource
    import signal

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"shards: File too large; GANLAB_CACHE names another folder"):
            shards(f"{server.url}/birds").prepare()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not any(cache.glob("*/about.json"))
    shards(f"{server.url}/birds").prepare()
    (tmp_path / "file").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(tmp_path / "file"))
        with pytest.raises(StorageError, match=r"Not a directory; GANLAB_CACHE names another folder"):
            shards(f"{server.url}/birds").prepare()


def test_D2_an_address_that_leads_to_itself_is_told(server, monkeypatch):
    def lead_on(answer) -> None:
        answer.send_response(302)
        answer.send_header("Location", answer.path)
        answer.send_header("Content-Length", "0")
        answer.end_headers()

    monkeypatch.setattr(Answers, "do_GET", lead_on)
    told = complaint(shards(f"{server.url}/birds"))
    assert "/birds/index.json: it leads on and on, from one address to the next (3 tries)" in told


def test_T4_a_shard_that_changed_in_the_store_is_fetched_and_a_run_that_goes_on_notices(plain, cache):
    root = f"{plain.url}/birds/{{000..001}}.tar"
    before = shards(root)
    before.prepare()
    plain.files["/birds/001.tar"] += bytes(512)
    plain.calls.clear()
    after = shards(root)
    assert after.changes(before.identity(), same_settings=True) == "1 file has other contents (001.tar)"
    assert fetched(plain) == ["GET /birds/001.tar"]
    assert len(list(cache.glob("*/000.tar"))) == 2  # what began with the old ones keeps them


def test_copies_are_kept_within_the_limit(server, plain, cache, monkeypatch):
    size = sum(len(plain.files[f"/birds/{name}.tar"]) for name in ("000", "001"))
    limit = 1.5 * size / 1e9
    text = complaint(shards(f"{plain.url}/birds/{{000..001}}.tar", download_limit=size / 2e9))
    assert "more than data.download_limit=" in text
    assert not fetched(plain)
    shards(f"{plain.url}/birds/{{000..001}}.tar", download_limit=limit).prepare()
    shards(f"{plain.url}/birds/{{001..002}}.tar", download_limit=limit).prepare()
    assert len(list(cache.glob("*/000.tar"))) == 1  # this process reads it
    while copies._holding:  # as when it has ended
        copies._holding.pop().close()
    shards(f"{plain.url}/birds/{{002..003}}.tar", download_limit=limit).prepare()
    assert not list(cache.glob("*/000.tar"))
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda path: copies.shutil._ntuple_diskusage(9, 9, 9))
    assert "are free below" in complaint(shards(f"{plain.url}/birds/{{000..003}}.tar"))


def test_D2_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    text = complaint(shards("s3://bucket/{000..001}.tar"))
    assert "a package for s3:// is not installed: pip install 'ganlab[remote]'" in text


def test_passwords_and_signatures_of_addresses_are_put_away(monkeypatch):
    monkeypatch.delenv("GANLAB_DATA_ROOT", raising=False)
    for address in (
        "https://me:hush@host/0.tar",
        "https:/me:hush@host/0.tar",
        "https://host/0.tar?a=1&X-Amz-Signature=0123456789",
    ):
        assert put_away([f"data.root='{address}'"]) == ["data.root='${oc.env:GANLAB_DATA_ROOT}'"]
    for address in ("https://host:8000/0.tar", "s3://bucket/{000..999}.tar", "https://host/0.tar?version=3"):
        assert put_away([f"data.root='{address}'"]) == [f"data.root='{address}'"]


def test_a_message_names_a_shard_without_the_password_of_its_store():
    text = complaint(shards("http://me:hush@localhost:9/{000..001}.tar"))
    assert "http://me:***@localhost:9/index.json: Cannot connect" in conceal(text)
    assert (
        conceal("of s3://b/0.tar?a=1&sig=abc&b=2, me@host:2") == "of s3://b/0.tar?a=1&sig=***&b=2, me@host:2"
    )
