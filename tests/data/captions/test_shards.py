"""Captioned images in archives: what a folder of them gives, and what they may lack."""

import pytest
import torch

from ganlab.data.captions.folder import CaptionFolder
from ganlab.data.captions.shards import CaptionShards
from ganlab.data.disk.packed import samples_of
from ganlab.errors import UserError
from ganlab.inference.packing import pack
from tests.support.archives import tar_of
from tests.support.data import attach, complaint, first
from tests.support.pictures import fill

OPTIONS = {"image_size": 8, "batch_size": 4, "max_length": None, "workers": 0}


@pytest.fixture
def birds(tmp_path):
    root = fill(tmp_path / "birds", 10, "x")
    lines = [
        f'{{"image": "x/{n:03}.png", "captions": ["bird {n}", "a bird of {n} feathers"]}}' for n in range(10)
    ]
    (root / "captions.jsonl").write_text("\n".join(lines))
    return root


def by_name(data) -> dict[str, tuple[str, tuple[str, ...], bytes]]:
    found = {}
    for split in ("train", "test"):
        part = data.dataset(split)
        images = part.images(torch.arange(len(part)))
        for name, captions, image in zip(part.names, part.all_captions, images, strict=True):
            found[name.split("/")[-1]] = split, tuple(captions), image.numpy().tobytes()
    return found


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_shards_hold_the_pixels_captions_and_split_of_the_folder(birds, tmp_path, memory_limit):
    pack(birds, tmp_path / "shards", megabytes=1, captions=True)
    data = CaptionShards(root=str(tmp_path / "shards"), memory_limit=memory_limit, **OPTIONS)
    assert by_name(data) == by_name(CaptionFolder(root=str(birds), **OPTIONS))
    batch = first(attach(data), 1)[0]
    assert batch["image"].shape == (4, 3, 8, 8)
    assert (batch["caption"] != batch["mismatch"]).any(1).all()


def test_D12_an_image_without_its_caption_is_named(birds, tmp_path):
    (birds / "captions.jsonl").unlink()
    (birds / "x" / "000.txt").write_text("a bird")
    with pytest.raises(UserError, match=r"9 of 10 images have no caption: x/001\.png"):
        pack(birds, tmp_path / "shards", megabytes=1, captions=True)
    pack(birds, tmp_path / "shards", megabytes=1)
    text = complaint(CaptionShards(root=str(tmp_path / "shards"), **OPTIONS))
    assert "9 of 10 images have no caption" in text
    assert "x/001.png" in text
    assert "ganlab pack FOLDER captions=true" in text


def test_D12_captions_that_are_no_text_are_named_where_captions_are_read(birds, tmp_path):
    image = (birds / "x" / "000.png").read_bytes()
    path = tar_of(
        tmp_path / "0.tar", **{"7.png": image, "7.txt": b"a bird", "8.png": image, "8.txt": b"gr\xfcn"}
    )
    text = complaint(CaptionShards(root=str(path), **OPTIONS))
    assert f"the captions of {path}/8.png are no text in UTF-8" in text
    assert len(samples_of([str(path)])) == 2  # as images they are sound


def test_captions_of_a_json_are_a_text_or_a_list(birds, tmp_path):
    image = (birds / "x" / "000.png").read_bytes()
    texts = {"1": b'{"caption": ["a bird ", "a red one"]}', "2": b'{"captions": ["a cat"], "label": 3}'}
    texts |= {"3": b'{"text": "a dog\\na black one"}', "4": b'{"caption": null, "text": "a cow"}'}
    files = {f"{name}.json": text for name, text in texts.items()} | {f"{n}.png": image for n in texts}
    found = samples_of([str(tar_of(tmp_path / "0.tar", **files))])
    assert {sample.key: sample.captions for sample in found} == {
        "1": ("a bird", "a red one"),
        "2": ("a cat",),
        "3": ("a dog", "a black one"),
        "4": ("a cow",),
    }


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        (
            "7.txt",
            b"a" * 1_000_001,
            "7.txt cannot be read: it has 1,000,001 bytes, and 1,000,000 at most are",
        ),
        ("7.json", b'{"caption": [1]}', "caption of a .json must be text, or a list of texts"),
        ("7.json", b'{"caption": ', "7.json cannot be read: Expecting value"),
        ("7.json", b"[" * 100_000, "7.json cannot be read: "),
        ("7.json", b'{"caption": []}', "1 of 1 images have no caption"),
    ],
)
def test_D12_captions_that_cannot_be_read_are_named_where_captions_are_read(
    birds, tmp_path, name, content, fault
):
    image = (birds / "x" / "000.png").read_bytes()
    path = tar_of(tmp_path / "0.tar", **{"7.png": image, name: content})
    assert fault in complaint(CaptionShards(root=str(path), **OPTIONS))
    assert len(samples_of([str(path)])) == 1  # as an image it is sound


def test_a_caption_of_two_lines_stays_one(birds, tmp_path):
    fill(tmp_path / "one", 1, ".")
    line = '{"image": "000.png", "captions": ["a bird\\nof two lines", "a bird"]}'
    (tmp_path / "one" / "captions.jsonl").write_text(line)
    pack(tmp_path / "one", tmp_path / "out", megabytes=1, captions=True)
    found = samples_of([str(tmp_path / "out" / "000.tar")])
    assert [sample.captions for sample in found] == [("a bird of two lines", "a bird")]


def test_D3_where_nothing_can_be_passed_over_it_is_not_offered(birds, tmp_path):
    image = (birds / "x" / "000.png").read_bytes()
    files = {
        f"{n}.{ending}": content for n in range(5) for ending, content in (("png", image), ("txt", b"a bird"))
    }
    path = tar_of(tmp_path / "0.tar", **files | {"2.png": b""})
    text = complaint(CaptionShards(root=str(path), **OPTIONS))
    assert "1 of 5 images cannot be read" in text
    assert text.endswith("repair or remove it")
