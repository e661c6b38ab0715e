"""Images with caption files: every layout, and every fault with its sentence."""

import json
import logging
import os
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganlab.data.captions.folder import CaptionFolder
from ganlab.data.captions.published import CUB, COCOCaptions, Flowers
from ganlab.errors import UserError
from ganlab.inference.latents.interpolate import interpolate


def picture(path: Path, shade: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 10), (shade, 0, 0)).save(path)
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def root(tmp_path) -> Path:
    """Eight images in two folders, without captions."""
    for number in range(8):
        picture(tmp_path / f"{number % 2}" / f"{number}.png", shade=20 * number)
    return tmp_path


def folder(root: Path, **options) -> CaptionFolder:
    return CaptionFolder(root=str(root), image_size=8, batch_size=2, test_fraction=0.3, **options)


def images_of(root: Path) -> list[Path]:
    return sorted(root.glob("*/*.png"))


def lines(root: Path) -> list[dict]:
    """One line of a list for each image, the first with two captions."""
    rows = [
        {"image": path.relative_to(root).as_posix(), "caption": f"shade {path.stem}"}
        for path in images_of(root)
    ]
    return [{**rows[0], "caption": ["shade 0", "almost black"]}, *rows[1:]]


@pytest.mark.parametrize("layout", ["txt", "jsonl", "csv"])
def test_every_layout_gives_the_same_captions(root, layout):
    for row in lines(root):
        texts = row["caption"] if isinstance(row["caption"], list) else [row["caption"]]
        if layout == "txt":
            write((root / row["image"]).with_suffix(".txt"), "\n".join(texts) + "\n\n")
        elif layout == "csv":
            with (root / "captions.csv").open("a") as file:
                file.write("" if file.tell() else "image,caption\n")
                file.writelines(f'{row["image"]},"{text}"\n' for text in texts)
        else:
            with (root / "captions.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
    data = folder(root)
    train, test = data.dataset("train"), data.dataset("test")
    assert len(train) + len(test) == 8
    for part in (train, test):
        reds = part.images(torch.arange(len(part)))[:, 0, 4, 4].tolist()
        assert part.captions(torch.arange(len(part))) == [f"shade {red // 20}" for red in reds]
    assert "almost black" in train.texts + test.texts
    batch = next(iter(data.train_dataloader()))
    assert batch["image"].shape == (2, 3, 8, 8)
    assert (batch["caption"] != batch["mismatch"]).any(1).all()


def test_images_without_captions_and_empty_ones_are_counted_and_named(root):
    for number, path in enumerate(images_of(root)):
        if number >= 6:
            write(path.with_suffix(".txt"), f"shade {number}")
    with pytest.raises(
        UserError, match=r"6 of 8 images have no caption: 0/0.png, (\S+, ){3}1/1.png, \.\.\.; each"
    ):
        folder(root).prepare()
    for path in images_of(root)[:6]:
        write(path.with_suffix(".txt"), " \n\n" if path.stem == "2" else "some shade")
    with pytest.raises(UserError, match=r"1 of 8 images have an empty caption: 0/2.png; .*on_missing=skip"):
        folder(root).prepare()
    data = folder(root, on_missing="skip")
    assert len(data.dataset("train")) + len(data.dataset("test")) == 7


def test_faults_in_a_list_are_told_with_their_line(root):
    good = "\n".join(json.dumps(row) for row in lines(root))
    cases = {
        good + "\n{not json": r"captions.jsonl, line 9: not JSON",
        good + "\n[1, 2]": r"captions.jsonl, line 9: expected \{",
        '{"image": "0/0.png", "words": "x"}': r"line 1: no caption or captions or text; the line has image, words",
        '{"image": 3, "caption": "x"}': "line 1: image and caption must be text",
        good + '\n{"image": "lost.png", "caption": "x"}': r"names 1 images that are not below .*: lost.png",
    }
    for text, message in cases.items():
        write(root / "captions.jsonl", text)
        with pytest.raises(UserError, match=message):
            folder(root).prepare()
    (root / "captions.jsonl").unlink()
    write(root / "captions.csv", "picture,caption\n0/0.png,x\n")
    with pytest.raises(UserError, match=r"captions.csv, line 2: no image or file_name"):
        folder(root).prepare()


def test_larger_images_are_cut_at_random_for_training_and_in_the_middle_for_scores(tmp_path):
    for number in range(6):
        path = picture(tmp_path / f"{number}.png")
        sloped = Image.linear_gradient("L").resize((20, 20))
        sloped.convert("RGB").save(path)
        write(path.with_suffix(".txt"), f"slope {number}")
    data = CaptionFolder(root=str(tmp_path), image_size=8, load_size=20, batch_size=6, test_fraction=0)
    batches = [batch["image"] for batch, _ in zip(data.train_dataloader(), range(4), strict=False)]
    assert len(set(torch.cat(batches)[:, 0, 0, 0].tolist())) > 5
    whole = data._splits.train.images(torch.arange(6))
    assert torch.equal(data.dataset("train").images(torch.arange(6)), whole[:, :, 6:14, 6:14])
    with pytest.raises(UserError, match="load_size=4 is smaller"):
        CaptionFolder(root=str(tmp_path), image_size=8, load_size=4)


def reed(root: Path, images: str, kinds: dict[str, list[str]]) -> None:
    """A tiny set in the layout of Reed's captions."""
    for kind, names in kinds.items():
        for name in names:
            picture(root / images.format(kind=kind, name=name))
            write(root / "text_c10" / kind / f"{name}.txt", f"a {kind[-3:]} one\nsomething {kind[-3:]}\n")
    write(root / "trainvalclasses.txt", "\n".join(list(kinds)[:2]))
    write(root / "testclasses.txt", "\n".join(list(kinds)[2:]))


@pytest.mark.parametrize(("make", "images"), [(CUB, "images/{kind}/{name}.jpg"), (Flowers, "jpg/{name}.jpg")])
def test_reeds_captions_match_all_images_of_their_class(tmp_path, make, images):
    kinds = {"001.aaa": ["a1", "a2"], "002.bbb": ["b1", "b2"], "003.ccc": ["c1"]}
    reed(tmp_path, images, kinds)
    data = make(root=str(tmp_path), image_size=8, batch_size=4)
    assert (len(data.dataset("train")), len(data.dataset("test"))) == (4, 1)
    words = data.lexicon
    for batch in (batch for batch, _ in zip(data.train_dataloader(), range(5), strict=False)):
        for right, wrong in zip(batch["caption"].tolist(), batch["mismatch"].tolist(), strict=True):
            assert {words.decode(right)[-3:], words.decode(wrong)[-3:]} <= {"aaa", "bbb", "one"}
            assert ("aaa" in words.decode(right)) != ("aaa" in words.decode(wrong))
    (tmp_path / images.format(kind="001.aaa", name="a2")).unlink()
    with pytest.raises(UserError, match=r"1 of 4 images are not there.*expected"):
        make(root=str(tmp_path)).prepare()
    with pytest.raises(UserError, match=r"(?s)there is no .*nowhere; expected\n  .*text_c10.*reedscot"):
        make(root=str(tmp_path / "nowhere")).prepare()


def test_coco_captions_belong_to_their_image(tmp_path):
    for split, numbers in (("train", (3, 5, 9)), ("val", (7,))):
        names = {number: f"COCO_{number}.jpg" for number in numbers}
        for name in names.values():
            picture(tmp_path / f"{split}2014" / name)
        content = {
            "images": [{"id": number, "file_name": name} for number, name in names.items()],
            "annotations": [
                {"image_id": number, "id": 10 * number + k, "caption": f"scene {number} seen {k} times "}
                for number in numbers
                for k in range(5)
            ],
        }
        write(tmp_path / "annotations" / f"captions_{split}2014.json", json.dumps(content))
    data = COCOCaptions(root=str(tmp_path), image_size=8, batch_size=3)
    assert (len(data.dataset("train")), len(data.dataset("train").texts), len(data.dataset("test"))) == (
        3,
        15,
        1,
    )
    batch = next(iter(data.train_dataloader()))
    decode = data.lexicon.decode
    pairs = zip(batch["caption"].tolist(), batch["mismatch"].tolist(), strict=True)
    assert all(decode(right).split()[1] != decode(wrong).split()[1] for right, wrong in pairs)
    write(tmp_path / "annotations" / "captions_val2014.json", '{"images": []}')
    with pytest.raises(UserError, match=r"captions_val2014.json is no list of COCO captions \(KeyError"):
        COCOCaptions(root=str(tmp_path)).prepare()
    with pytest.raises(UserError, match=r"captions_train2017.json; unpack train2017.zip"):
        COCOCaptions(root=str(tmp_path), year=2017).prepare()


def things(root: Path, n: int = 16) -> Path:
    """Pictures, each with a word in its caption that no other has."""
    for i in range(n):
        picture(root / f"{i:02}.png", 10 * i)
        write(root / f"{i:02}.txt", f"a thing {i}\n")
    return root


def test_words_that_only_held_out_captions_have_stop_no_run_and_are_told_once(tmp_path, caplog):
    from tests.support.runs import fit, tiny_config

    root = things(tmp_path / "pictures")
    words = [
        "model=gan_int",
        "data=captions",
        f"data.root={root}",
        "data.workers=0",
        "data.test_fraction=0.3",
    ]
    cfg = tiny_config(*words, "trainer.max_steps=1", "callbacks.samples.n=16")
    with caplog.at_level(logging.WARNING, "ganlab"):
        module = fit(cfg, tmp_path / "run")
    held_out = module.book.held_out
    assert held_out
    strange = [text.split()[-1] for text in held_out]
    [told] = [record.getMessage() for record in caplog.records if "held out" in record.getMessage()]
    assert (
        f"{len(held_out)} of {len(held_out)} captions have words that are not known ('{min(strange)}'" in told
    )
    assert any((tmp_path / "run" / "samples").glob("*.png"))
    assert len(next(iter(module.draw(held_out)))) == len(held_out)
    with pytest.raises(UserError, match=rf"never read '{strange[0]}'"):
        module.sample(1, caption=held_out[0])  # what a person asks for must be known
    with pytest.raises(UserError, match="never read"):
        interpolate(module, [0], along="caption", captions=[module.book.captions[0], held_out[0]])


def test_rare_words_that_are_left_out_are_counted(tmp_path):
    root = things(tmp_path)
    data = folder(root, max_words=1)
    found = data.unread("train")
    assert data.classes == ("a",)
    assert found.captions == found.total == len(found.words) - 1
    assert found.words[0] == "thing"
    assert str(found).endswith(", ...)")
    assert folder(root, tokens="letters").unread("test").captions == 0


def test_T11_a_caption_that_is_a_pipe_is_none_and_one_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    root = things(tmp_path)
    (root / "05.txt").unlink()
    os.mkfifo(root / "05.txt")
    with pytest.raises(UserError, match=r"1 of 16 images have no caption: 05.png"):
        folder(root).prepare()

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UserError, match=r"00.txt cannot be read: Permission denied"):
        folder(root).prepare()
