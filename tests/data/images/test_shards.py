"""Images in archives that stay packed: what is read of them, by whom, and every way they can be wrong."""

import json
import os
import signal
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from ganlab.config import compose
from ganlab.data.disk.packed import samples_of
from ganlab.data.images.folder import Folder
from ganlab.data.images.shards import Shards
from ganlab.errors import StorageError, UserError
from ganlab.inference import packing
from ganlab.inference.packing import pack
from ganlab.storage import digest
from tests.support.archives import tar_of
from tests.support.data import attach, complaint, first
from tests.support.pictures import fill
from tests.support.processes import as_rank, free_port
from tests.support.runs import differences, fit, forked, training_state


def shards(root: object, **changes) -> Shards:
    settings = {"root": str(root), "image_size": 8, "batch_size": 4, "memory_limit": 0, "workers": 0}
    return Shards(**(settings | changes))


@pytest.fixture
def pictures(tmp_path) -> Path:
    return fill(tmp_path / "pictures", 12, "cat", "dog")


@pytest.fixture
def packed(pictures, tmp_path) -> Path:
    """Several shards with labels."""
    pack(pictures, tmp_path / "shards", megabytes=1, labels=True)
    return tmp_path / "shards"


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    divided = packing._divided
    monkeypatch.setattr(packing, "_divided", lambda pictures, most: divided(pictures, most // 100))


def test_two_calls_do_not_write_one_output_at_a_time(pictures, packed, tmp_path):
    index = (packed / "index.json").read_bytes()
    with (
        FileLock(packed / packing.LOCK),
        pytest.raises(UserError, match=r"^another ganlab pack writes into .*shards: wait"),
    ):
        pack(pictures, packed, megabytes=1, labels=True)
    pack(pictures, packed, megabytes=1, labels=True)
    assert (packed / "index.json").read_bytes() == index
    with FileLock(tmp_path / "new" / packing.LOCK), pytest.raises(UserError, match="another ganlab pack"):
        pack(pictures, tmp_path / "new", megabytes=1)
    assert len(pack(pictures, tmp_path / "new", megabytes=1)["shards"]) > 1


def by_name(data: Folder) -> dict[str, tuple[int, bytes]]:
    found = {}
    for split in ("train", "test"):
        part = data.dataset(split)
        everything = torch.arange(len(part))
        labels = part.labels(everything)
        for name, label, image in zip(part.names, labels.tolist(), part.images(everything), strict=True):
            found["/".join(name.split("/")[-2:])] = split, part.classes[label], image.numpy().tobytes()
    return found


def test_shards_hold_the_pixels_labels_and_split_of_the_folder(pictures, packed):
    assert len(list(packed.glob("*.tar"))) > 2
    folder = Folder(root=str(pictures), image_size=8, labels=True, batch_size=4)
    data = shards(packed, labels=True)
    assert by_name(data) == by_name(folder)
    assert data.classes == ("cat", "dog")
    for root in (packed / "*.tar", f"{packed}/{{000..002}}.tar"):
        assert len(shards(root).dataset("train")) > 0
    cached = shards(packed, labels=True, cache=1.0)
    assert by_name(cached) == by_name(folder)


def test_workers_and_ranks_share_any_number_of_shards(packed):
    whole = first(attach(shards(packed, labels=True, batch_size=8)), 3)
    halves = [first(attach(shards(packed, labels=True, workers=1), rank=rank, world=2), 3) for rank in (0, 1)]
    for one, *two in zip(whole, *halves, strict=True):
        for key in ("image", "label"):
            assert torch.equal(one[key], torch.cat([half[key] for half in two]))


def test_a_zip_of_stylegan_s_layout(pictures, tmp_path):
    path = tmp_path / "set.zip"
    names = sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.png"))
    with zipfile.ZipFile(path, "w") as file:
        for number, name in enumerate(names):
            method = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            file.write(pictures / name, f"00000/img{number:08}.png", compress_type=method)
        labels = [[f"00000/img{n:08}.png", n % 11] for n in range(len(names))]
        file.writestr("dataset.json", json.dumps({"labels": labels}))
    data = shards(path, labels=True, test_fraction=0)
    assert data.classes == tuple(map(str, range(11)))
    folder = Folder(root=str(pictures), image_size=8, batch_size=4, test_fraction=0)
    all_of_them = torch.arange(24)
    assert torch.equal(data.dataset("train").images(all_of_them), folder.dataset("train").images(all_of_them))
    assert data.dataset("train").labels(all_of_them).tolist() == [n % 11 for n in range(24)]
    assert "or read it by data=shards" in complaint(Folder(root=str(path)))


def test_packing_goes_on_where_it_stopped(pictures, tmp_path, monkeypatch):
    output, write = tmp_path / "out", packing._write
    written = []

    def stop_at_the_third(path, *rest):
        if len(written) == 2:
            raise OSError(28, "No space left on device", str(path))
        written.append(path.name)
        write(path, *rest)

    monkeypatch.setattr(packing, "_write", stop_at_the_third)
    with pytest.raises(StorageError, match="No space left on device; when that is mended, the same command"):
        pack(pictures, output, megabytes=1, labels=False)
    assert "ganlab pack was stopped here" in complaint(shards(output))
    monkeypatch.setattr(
        packing, "_write", lambda path, *rest: (written.append(path.name), write(path, *rest))
    )
    index = pack(pictures, output, megabytes=1, labels=False)
    assert written == sorted(written) == [shard["name"] for shard in index["shards"]]
    assert sum(shard["samples"] for shard in index["shards"]) == 24
    for shard in index["shards"]:
        assert digest(output / shard["name"]) == shard["sha256"]
    assert pack(pictures, output, megabytes=1, labels=False) == index
    assert len(written) == len(index["shards"])
    with pytest.raises(UserError, match="holds shards of other pictures, or with other settings"):
        pack(pictures, output, megabytes=1, labels=True)


def test_captions_and_names_are_packed(tmp_path):
    root = fill(tmp_path / "pictures", 2, ".")
    (root / "000.txt").write_text("a cat")
    (root / "a.b.png").write_bytes((root / "000.png").read_bytes())
    (root / "000.jpg").write_bytes((root / "000.png").read_bytes())
    pack(root, tmp_path / "out", megabytes=1, labels=False)
    names = set()
    for path in (tmp_path / "out").glob("*.tar"):
        with tarfile.open(path) as tar:
            names |= set(tar.getnames())
    assert names == {"000.jpg", "000.txt", "000_png.png", "000_png.txt", "001.png", "a_b.png"}


def test_a_text_that_is_a_link_out_of_the_folder_is_not_packed(tmp_path):
    root = fill(tmp_path / "pictures", 1, ".")
    (tmp_path / "secret").write_text("mine")
    (root / "000.txt").symlink_to(tmp_path / "secret")
    pack(root, tmp_path / "out", megabytes=1)
    with tarfile.open(tmp_path / "out" / "000.tar") as tar:
        assert tar.getnames() == ["000.png"]
    with pytest.raises(UserError, match="1 of 1 images have no caption"):
        pack(root, tmp_path / "captioned", megabytes=1, captions=True)
    (root / "000.txt").unlink()
    (tmp_path / "secret").write_text('{"image": "000.png", "caption": "mine"}')
    (root / "captions.jsonl").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="1 of 1 images have no caption"):
        pack(root, tmp_path / "captioned", megabytes=1, captions=True)


def test_D3_what_is_no_image_is_told_before_it_is_packed(pictures, tmp_path, caplog):
    (pictures / "cat" / "003.png").write_bytes(b"<html>")
    with pytest.raises(UserError, match=r"1 of 24 images cannot be read: .*003\.png .*set on_corrupt=skip"):
        pack(pictures, tmp_path / "out", megabytes=1)
    assert not (tmp_path / "out").exists()
    index = pack(pictures, tmp_path / "out", megabytes=1, on_corrupt="skip")
    assert sum(shard["samples"] for shard in index["shards"]) == 23
    assert "003.png (not an image)" in caplog.text
    (pictures / "dog" / "003.png").write_bytes(b"")
    with pytest.raises(
        UserError, match=r"2 of 24 images cannot be read.*on_corrupt=skip passes over no more than 1%"
    ):
        pack(pictures, tmp_path / "other", megabytes=1, on_corrupt="skip")
    with pytest.raises(UserError, match="on_corrupt=maybe: error"):
        pack(pictures, tmp_path / "other", megabytes=1, on_corrupt="maybe")
    alone = fill(tmp_path / "alone", 1, ".")
    (alone / "000.png").write_bytes(b"")
    with pytest.raises(UserError, match="1 of 1 images cannot be read"):
        pack(alone, tmp_path / "other", megabytes=1, on_corrupt="skip")


def test_D2_shards_that_are_missing_cut_off_or_of_another_index(packed, tmp_path):
    last = sorted(packed.glob("*.tar"))[-1]
    content = last.read_bytes()
    last.write_bytes(content[:1024])
    assert f"{last} has 1,024 bytes, and index.json says {len(content):,}" in complaint(shards(packed))
    (packed / "index.json").rename(tmp_path / "index.json")
    assert f"{last} is damaged or cut off" in complaint(shards(packed))
    last.write_bytes(content)
    (packed / "index.json").write_bytes((tmp_path / "index.json").read_bytes())
    middle = len(content) // 2
    last.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert f"{last} is damaged: its SHA-256 is not the one in index.json; copy it again" in complaint(
        shards(packed)
    )
    shards(packed, verify=False).prepare()
    (packed / "index.json").unlink()
    last.unlink()
    assert "there is no file" in complaint(shards(f"{packed}/{{000..{last.stem}}}.tar"))
    (tmp_path / "index.json").rename(packed / "index.json")
    assert f"{last} is not there, and index.json says" in complaint(shards(packed))
    shards(f"{packed}/{{000..001}}.tar").prepare()  # no more is asked for
    stranger = tar_of(packed / "999.tar", **{"1.png": b""})
    last.write_bytes(content)
    assert f"{stranger} is not in the index.json beside it, which is of another packing" in complaint(
        shards(packed)
    )
    (packed / "index.json").write_text("{")
    assert "index.json cannot be read" in complaint(shards(packed))
    assert "no shards are there" in complaint(shards(tmp_path / "nothing*"))
    assert "there is no file" in complaint(shards(tmp_path / "nothing.tar"))
    (tmp_path / "a.tar.gz").write_bytes(b"")
    assert "no .tar and no .zip: unpack" in complaint(shards(tmp_path / "a.tar.gz*"))


def test_D12_a_sample_without_its_label_is_named(pictures, tmp_path):
    image = (pictures / "cat" / "000.png").read_bytes()
    some = tar_of(tmp_path / "0.tar", **{"7.png": image, "7.cls": b"3", "8.png": image, "9.png": image})
    text = complaint(shards(some, labels=True))
    assert f"8.png in {some} has no label (nor have 1 others)" in text
    none = tar_of(tmp_path / "3.tar", **{"a/7.png": image, "a/7.json": b"label: 3"})
    assert f"the label of {none}/a/7.png: a/7.json cannot be read" in complaint(shards(none, labels=True))
    both = tar_of(tmp_path / "1.tar", **{"7.png": image, "7.jpg": image})
    assert complaint(shards(both)) == f"{both} holds two images called 7: rename one of them"
    empty = tar_of(tmp_path / "4.tar", **{"7.png": image, "7.cls": b"3", "8.png": image, "8.cls": b"\n"})
    assert f"8.png in {empty} has no label" in complaint(shards(empty, labels=True))
    given = tar_of(tmp_path / "2.tar", **{"a/7.png": image, "a/7.json": b'{"label": "cat"}'})
    assert [sample.label for sample in samples_of([str(given)])] == ["cat"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[1]", "indices must be integers"),
        ('{"labels": "x"}', "dictionary update sequence"),
        ('{"labels": [[["x"], 1]]}', "unhashable type"),
        ("nothing", "Expecting value"),
        ("[" * 100_000, "maximum recursion depth"),
    ],
)
def test_D12_a_list_of_labels_of_another_form_is_named(tmp_path, text, fault):
    with zipfile.ZipFile(tmp_path / "0.zip", "w") as file:
        file.writestr("a.png", b"")
        file.writestr("dataset.json", text)
    told = complaint(shards(tmp_path / "0.zip"))
    assert told.startswith(f"{tmp_path}/0.zip/dataset.json cannot be read (")
    assert fault in told
    assert told.endswith('expected {"labels": [["a.png", 6], ...]}')


@pytest.mark.parametrize(
    ("at", "byte", "fault"),
    [
        (b"PK\x01\x02", (6, 255), "zip file version 25.5"),
        (b"PK\x01\x02", (10, 99), "compression method is not supported"),
        (b"dataset.json\xab", (12, 7), "while decompressing data"),
    ],
)
def test_D2_a_zip_that_is_damaged_is_told(tmp_path, at, byte, fault):
    with zipfile.ZipFile(tmp_path / "0.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("dataset.json", '{"labels": []}')
    content = bytearray((tmp_path / "0.zip").read_bytes())
    content[content.index(at) + byte[0]] = byte[1]
    (tmp_path / "0.zip").write_bytes(content)
    told = complaint(shards(tmp_path / "0.zip"))
    assert told.startswith(f"{tmp_path}/0.zip is damaged or cut off (")
    assert fault in told


def test_D2_archives_of_nothing_and_ranges_of_too_much(tmp_path, pictures):
    nothing = tar_of(tmp_path / "0.tar")
    assert complaint(shards(nothing)) == f"{nothing} holds no images"
    for last in ("99999999", "9" * 5000):
        told = complaint(shards(tmp_path / f"{{0..{last}}}.tar"))
        assert f"{{0..{last}}} are more than 1,000,000 shards" in told
    image = (pictures / "cat" / "000.png").read_bytes()
    long = tar_of(tmp_path / "1.tar", **{"7.png": image, "7.cls": b"9" * 5000, "8.png": image, "8.cls": b"1"})
    assert shards(long, labels=True).classes == ("1", "9" * 5000)


def test_D3_a_damaged_image_is_named_with_its_archive(pictures, tmp_path):
    image = (pictures / "cat" / "000.png").read_bytes()
    path = tar_of(tmp_path / "0.tar", **{"7.png": image, "8.png": image[:90]})
    assert f"1 of 2 images cannot be read: {path}/8.png" in complaint(
        shards(path, test_fraction=0, batch_size=1, memory_limit=9)
    )


def test_R1_two_processes_on_shards_killed_and_resumed_end_bit_for_bit(packed, tmp_path):
    words = [
        *(
            "model=cgan_2014",
            "classes=2",
            "data=shards",
            f"data.root={packed}",
            "data.labels=true",
            "data.image_size=8",
        ),
        *("data.memory_limit=0", "data.workers=1", "data.batch_size=4", "data.flip=true", "trainer=ddp_cpu"),
        *(
            "metrics=none",
            "callbacks.samples=null",
            "callbacks.checkpoints.every_images=8",
            "trainer.max_steps=6",
        ),
    ]
    cfg = compose(words)

    def of_two(folder: Path, resume: bool = False, killed: bool = False):
        port = free_port()

        def die(module) -> None:
            step = module.training_step

            def until_the_fourth(batch, index):
                if module.steps == 4:
                    os.kill(os.getpid(), signal.SIGKILL)
                return step(batch, index)

            module.training_step = until_the_fourth

        def train(rank: int) -> None:
            as_rank(rank, port)
            fit(cfg, folder, resume=resume, wrap=die if killed else None)

        return lambda: train(0), lambda: train(1)

    straight, broken = tmp_path / "straight", tmp_path / "killed"
    assert forked(*of_two(straight), *of_two(broken, killed=True)) == [0, 0, -9, -9]
    assert training_state(broken)["ganlab"]["steps"] == 3
    assert forked(*of_two(broken, resume=True)) == [0, 0]
    assert differences(training_state(straight), training_state(broken)) == []
