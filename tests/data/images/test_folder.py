"""Any folder of images: what is found, how it is split, in memory or streamed, and every way it can be wrong."""

import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.disk.listing import held_out_by_hash
from ganlab.data.images.folder import Folder
from ganlab.data.store.decode import Decoder
from ganlab.errors import UserError
from tests.support.data import attach, complaint, first


def picture(path: Path, seed=0, size=(8, 8), mode="RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8)).convert(mode).save(path)


def fill(root: Path, n: int, *groups: str, sizes=((8, 8),)) -> Path:
    for group in groups or (".",):
        for i in range(n):
            picture(root / group / f"{i:03}.png", seed=[i, *group.encode()], size=sizes[i % len(sizes)])
    return root


def folder(root: Path, **changes) -> Folder:
    return Folder(
        **({"root": str(root), "image_size": 8, "batch_size": 4, "seed": 1, "workers": 0} | changes)
    )


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])


def test_D1_flat_and_nested_folders_are_read_and_everything_else_is_counted(tmp_path, caplog):
    fill(tmp_path, 6, "a/deep", "b", ".")
    for other in (".DS_Store", "notes.txt", "._000.png", ".hidden/0.png", "__MACOSX/000.png"):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).write_bytes(b"no image")
    picture(tmp_path / "UPPER.JPG", mode="L", size=(30, 20))
    with caplog.at_level(logging.INFO, "ganlab"):
        data = folder(tmp_path)
        data.prepare()
    assert len(data.dataset("train")) + len(data.dataset("test")) == 19
    assert "modes RGB 18, L 1; 18 of 8 x 8 pixels, others from (8, 8) to (30, 20)" in caplog.text
    assert "left out: 3 other files" in caplog.text  # hidden folders are not entered
    assert data.classes == ()
    assert "label" not in first(data, 1)[0]
    assert data.kind == "images"


def test_D16_a_link_that_leads_out_of_the_folder_is_left_out(tmp_path, caplog):
    root, private = fill(tmp_path / "root", 8), tmp_path / "private"
    picture(private / "photo.png", seed=99)
    (root / "name.png").symlink_to("/etc/hostname")
    (root / "photo.png").symlink_to(private / "photo.png")
    (root / "up.png").symlink_to("../private/photo.png")
    (root / "more").symlink_to(private)
    (root / "within.png").symlink_to("000.png")
    (tmp_path / "link").symlink_to(root)  # the folder itself may be reached by one
    with caplog.at_level(logging.INFO, "ganlab"):
        data = folder(tmp_path / "link", test_fraction=0, memory_limit=0)
        found = [Path(path).name for path in data.dataset("train").files]
    assert found == [*(f"{i:03}.png" for i in range(8)), "within.png"]
    assert "0 other files, 4 links to folders or out of this one" in caplog.text
    for path in root.glob("0*.png"):
        path.unlink()
    (root / "within.png").unlink()
    with pytest.raises(
        UserError, match=r"holds no images .*4 links to folders or out of it, which are not followed"
    ):
        folder(root).prepare()


def test_classes_are_the_first_level_of_folders(tmp_path):
    fill(tmp_path, 9, "cat", "dog/young")
    data = folder(tmp_path, labels=True, test_fraction=0.3)
    assert (data.classes, data.kind) == (("cat", "dog"), "labelled")
    for split in ("train", "test"):
        images = data.dataset(split)
        everything = torch.arange(len(images))
        for pixels, label in zip(images.images(everything), images.labels(everything), strict=True):
            group = ("cat", "dog/young")[label]
            decode = Decoder(height=8, width=8, channels=3)
            assert any(np.array_equal(decode(str(p)), pixels.numpy()) for p in (tmp_path / group).iterdir())


def test_own_split_folders_are_used(tmp_path):
    fill(tmp_path, 8, "train/cat", "train/dog")
    fill(tmp_path, 3, "val/dog")
    data = folder(tmp_path, labels=True)
    assert (len(data.dataset("train")), len(data.dataset("test"))) == (16, 3)
    assert data.classes == ("cat", "dog")
    assert data.dataset("test").labels(torch.arange(3)).tolist() == [1, 1, 1]


def test_held_out_images_are_a_fixed_share_that_new_files_do_not_reshuffle(tmp_path):
    fill(tmp_path, 300)
    share = folder(tmp_path, seed=0, memory_limit=0)
    before = set(share.dataset("test").paths)
    assert 15 <= len(before) <= 45  # 10% of 300, standard deviation 5
    assert not before & set(share.dataset("train").files)
    assert set(folder(tmp_path, seed=9, memory_limit=0).dataset("test").paths) == before
    picture(tmp_path / "new.png")
    after = set(folder(tmp_path, memory_limit=0).dataset("test").paths)
    assert after - {str(tmp_path / "new.png")} == before
    assert len(folder(tmp_path, test_fraction=0).dataset("test")) == 0


def test_D8_D10_mixed_sizes_and_modes_come_out_alike(tmp_path):
    fill(tmp_path, 6, sizes=((8, 8), (31, 17), (5, 90)))
    for i, mode in enumerate(("L", "P", "RGBA", "1", "LA")):
        picture(tmp_path / f"{mode}.png", seed=i, mode="RGBA" if mode == "LA" else mode, size=(9, 12))
    for channels in (1, 3):
        data = folder(tmp_path, channels=channels, image_size=[6, 10])
        assert first(data, 1)[0]["image"].shape == (4, channels, 6, 10)


# Memory, files, workers: the same pixels in the same order


@pytest.mark.parametrize("on_corrupt", ["error", "skip"])
def test_memory_and_streaming_with_any_workers_give_the_same_batches(tmp_path, on_corrupt):
    fill(tmp_path, 60, "a", "b", sizes=((8, 8), (12, 9)))
    if on_corrupt == "skip":
        damage(tmp_path / "a" / "017.png")  # the header is whole
    settings = {"labels": True, "flip": True, "on_corrupt": on_corrupt, "batch_size": 16}
    straight = first(folder(tmp_path, **settings), 20)
    streamed = []
    for workers in (0, 2):
        data = folder(tmp_path, **settings | {"memory_limit": 0, "workers": workers})
        streamed.append(first(data, 20))
    for batches in streamed:
        for one, other in zip(straight, batches, strict=True):
            assert torch.equal(one["image"], other["image"])
            assert torch.equal(one["label"], other["label"])


def test_a_streamed_set_begins_at_the_modules_step(tmp_path):
    fill(tmp_path, 40)
    straight = first(folder(tmp_path, memory_limit=0, flip=True), 14)
    resumed = first(attach(folder(tmp_path, memory_limit=0, flip=True, workers=2), steps=11), 3)
    for one, other in zip(straight[11:], resumed, strict=True):
        assert torch.equal(one["image"], other["image"])


def test_the_memory_limit_decides(tmp_path):
    fill(tmp_path, 20)  # 20 * 3 * 8 * 8 bytes = 3,840
    assert isinstance(folder(tmp_path, memory_limit=1).dataset("train").pixels, torch.Tensor)
    assert folder(tmp_path, memory_limit=0).dataset("train").files
    large = folder(tmp_path, image_size=128, memory_limit=0)
    assert large.dataset("train").images(torch.tensor([0, 3])).shape == (2, 3, 128, 128)


def test_streaming_draws_nothing_from_the_global_generators(tmp_path):
    fill(tmp_path, 20)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first(folder(tmp_path, memory_limit=0, flip=True, workers=1), 3)
    assert torch.equal(torch.get_rng_state(), before)


STREAM = """
import signal, sys, torch
torch.set_num_threads(1)
from ganlab.data.images.folder import Folder
from ganlab.data.disk.listing import held_out_by_hash
came = []
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda *what: came.append(what[0]))
batches = iter(Folder(root=sys.argv[1], image_size=8, batch_size=4, workers=2, memory_limit=0).train_dataloader())
for _ in range(20):
    next(batches)
print("both workers are up", flush=True)
while len(came) < 3:
    next(batches)
for _ in range(20):
    next(batches)
print("still here", flush=True)
raise SystemExit(f"signals {sorted(came)}")  # with the pass, and its workers, still open
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker cannot tell who sent a signal")
def test_S6_S9_workers_outlive_signals_to_the_group_and_end_with_the_process(tmp_path):
    fill(tmp_path, 20)
    child = subprocess.Popen(
        [sys.executable, "-c", STREAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert child.stdout.readline() == "both workers are up\n", child.stderr.read()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.killpg(child.pid, number)
        assert child.stdout.readline() == "still here\n", child.stderr.read()
        assert child.wait(300) == 1, "its workers hold it"
        assert child.stderr.read() == "signals [1, 2, 15]\n"
    finally:
        child.kill()
        child.communicate()


# What is wrong with it


def test_D1_a_missing_folder_names_the_one_that_was_meant(tmp_path):
    fill(tmp_path / "pictures" / "cats", 2)
    text = complaint(folder(tmp_path / "picturse" / "cats"))
    assert f"there is no {tmp_path}/picturse; did you mean {tmp_path}/pictures?" in text
    assert "cat/a.png" in text
    assert "did you mean" not in complaint(folder(tmp_path / "zzzz"))


def test_D1_an_empty_folder_shows_what_was_expected(tmp_path):
    (tmp_path / "readme.txt").write_text("no image")
    text = complaint(folder(tmp_path))
    assert "holds no images (1 other files" in text
    assert f"{tmp_path}/train/..." in text


def test_D1_an_archive_is_no_folder(tmp_path):
    (tmp_path / "images.zip").write_bytes(b"PK")
    assert "is a file: unpack it" in complaint(folder(tmp_path / "images.zip"))


def test_D1_labels_without_class_folders(tmp_path):
    fill(tmp_path, 3)
    assert "3 images lie in no class folder" in complaint(folder(tmp_path, labels=True, test_fraction=0))


def test_D1_a_class_without_images(tmp_path):
    fill(tmp_path, 6, "cat", "dog")
    (tmp_path / "mouse").mkdir()
    assert f"{tmp_path}/mouse holds no images to train on" in complaint(folder(tmp_path, labels=True))


def test_D1_an_empty_split_and_a_class_that_is_only_held_out(tmp_path):
    fill(tmp_path, 6, "train/cat")
    (tmp_path / "test" / "cat").mkdir(parents=True)
    assert f"{tmp_path}/test holds no images" in complaint(folder(tmp_path))
    fill(tmp_path, 2, "test/dog")
    assert f"{tmp_path}/train/dog holds no images to train on" in complaint(folder(tmp_path, labels=True))


@pytest.mark.parametrize("root", [None, "???", ""])
def test_D1_no_root_gets_a_sentence(root):
    with pytest.raises(UserError, match=r"data\.root=/path/to/images"):
        Folder(root=root)


def test_D2_fewer_images_than_a_batch(tmp_path):
    fill(tmp_path, 3)
    assert "try data.batch_size=3" in complaint(folder(tmp_path, test_fraction=0))


def test_D3_one_corrupt_file_of_a_thousand_is_named_before_training(tmp_path):
    fill(tmp_path, 1000, sizes=((4, 4),))
    damage(tmp_path / "421.png")
    text = complaint(folder(tmp_path, image_size=4))
    assert text.startswith(f"1 of 1000 images cannot be read: {tmp_path}/421.png (")
    assert text.endswith("repair or remove it, or set data.on_corrupt=skip")


def test_D3_all_damaged_files_are_named_at_once_wherever_the_damage_shows(tmp_path):
    fill(tmp_path, 8, "train", "test")
    (tmp_path / "train" / "002.png").write_bytes(b"")  # by its header
    damage(tmp_path / "train" / "005.png")  # by its pixels
    damage(tmp_path / "test" / "001.png")
    text = complaint(folder(tmp_path))
    assert text.startswith("3 of 16 images cannot be read: ")
    named = [name for name in ("test/001", "train/002", "train/005") if f"{tmp_path}/{name}.png" in text]
    assert len(named) == 3
    (tmp_path / "train" / "002.png").unlink()
    text = complaint(folder(tmp_path))
    assert text.startswith(f"2 of 15 images cannot be read: {tmp_path}/test/001.png (")


def test_D3_skip_puts_the_next_of_the_class_in_its_place_and_says_so(tmp_path, caplog):
    fill(tmp_path, 60, "a", "b")
    fill(tmp_path, 60, "c")
    (tmp_path / "b" / "031.png").write_bytes(b"")
    data = folder(tmp_path, on_corrupt="skip", labels=True, test_fraction=0)
    images = data.dataset("train")
    assert len(images) == 180
    assert torch.equal(images.pixels[91], images.pixels[92])  # b/031 shows b/032
    assert not torch.equal(images.pixels[90], images.pixels[91])
    assert caplog.text.count("b/031.png") == 1


def test_D3_the_last_of_a_class_is_replaced_by_the_first_of_it(tmp_path):
    fill(tmp_path, 60, "a", "b", "c")
    damage(tmp_path / "b" / "059.png")
    images = folder(tmp_path, on_corrupt="skip", labels=True, test_fraction=0).dataset("train")
    assert torch.equal(images.pixels[119], images.pixels[60])


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_D3_skip_stops_at_more_than_one_percent(tmp_path, memory_limit):
    fill(tmp_path, 100)
    for name in ("003.png", "050.png"):
        (tmp_path / name).write_bytes(b"<html>")
    text = complaint(folder(tmp_path, on_corrupt="skip", memory_limit=memory_limit))
    assert "2 of 100 images cannot be read" in text
    assert "003.png (not an image)" in text
    assert "050.png (not an image)" in text
    assert text.endswith("repair or remove them; data.on_corrupt=skip passes over no more than 1%")
    assert (
        complaint(folder(tmp_path, memory_limit=memory_limit)) == text
    )  # skip is not offered where it would not help
    (tmp_path / "003.png").unlink()
    assert (
        len(folder(tmp_path, on_corrupt="skip", memory_limit=memory_limit, test_fraction=0).dataset("train"))
        == 99
    )


def test_D3_one_file_of_a_small_folder_may_be_passed_over(tmp_path):
    fill(tmp_path, 20)
    (tmp_path / "003.png").write_bytes(b"<html>")
    assert complaint(folder(tmp_path)).endswith("repair or remove it, or set data.on_corrupt=skip")
    assert len(folder(tmp_path, on_corrupt="skip", test_fraction=0).dataset("train")) == 20


@pytest.mark.parametrize("workers", [0, 2])
def test_D3_a_streamed_file_that_breaks_later_is_named_without_a_workers_traceback(tmp_path, workers):
    fill(tmp_path, 24)
    damage(tmp_path / "005.png")  # its header is whole: the streamed set cannot know before
    data = folder(tmp_path, memory_limit=0, workers=workers, test_fraction=0)
    with pytest.raises(UserError, match=r"005\.png .*on_corrupt=skip") as error:
        first(data, 6)
    assert "Traceback" not in str(error.value)
    assert "worker process" not in str(error.value)


@pytest.mark.parametrize("workers", [0, 2])
def test_D3_streamed_skips_are_counted_over_all_workers(tmp_path, workers, caplog):
    fill(tmp_path, 200, sizes=((4, 4),))
    for name in ("005.png", "100.png", "150.png"):
        damage(tmp_path / name)
    settings = {
        "memory_limit": 0,
        "workers": workers,
        "test_fraction": 0,
        "on_corrupt": "skip",
        "image_size": 4,
    }
    with pytest.raises(UserError, match="3 of 200 images cannot be read"):
        first(folder(tmp_path, **settings), 50)
    assert caplog.text.count("replaced by another") == 2


def test_D3_a_class_without_any_readable_image_stops(tmp_path):
    fill(tmp_path, 120, "a")
    picture(tmp_path / "b" / "0.png")
    damage(tmp_path / "b" / "0.png")
    assert "nor any other image of its class" in complaint(
        folder(tmp_path, labels=True, on_corrupt="skip", test_fraction=0)
    )


def test_D4_D6_deep_and_animated_files_get_one_warning(tmp_path, caplog):
    for i in range(3):
        Image.fromarray(np.full((8, 8), 30000 + i, np.uint16)).save(tmp_path / f"deep{i}.png")
        frames = [Image.new("RGB", (8, 8), (k, i, 0)) for k in (0, 200)]
        frames[0].save(tmp_path / f"moving{i}.gif", save_all=True, append_images=frames[1:])
    folder(tmp_path, test_fraction=0).prepare()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sorted(warnings) == [
        "3 animated or many-page files: only the first frame of each is used",
        "3 images with 16-bit grey: scaled so that 65535 is white",
    ]


@pytest.mark.parametrize("on_corrupt", ["error", "skip"])
@pytest.mark.parametrize("memory_limit", [0, 100])
def test_D5_D15_files_that_can_never_be_used_stop_whatever_the_policy(tmp_path, on_corrupt, memory_limit):
    fill(tmp_path, 300, sizes=((4, 4),))
    Image.fromarray(np.ones((8, 8), np.float32)).save(tmp_path / "depth.tif")
    settings = {"on_corrupt": on_corrupt, "memory_limit": memory_limit}
    assert "depth.tif has floating-point pixels" in complaint(folder(tmp_path, **settings))
    (tmp_path / "depth.tif").unlink()
    picture(tmp_path / "large.png", size=(50, 50))
    assert "data.max_pixels=2000" in complaint(folder(tmp_path, **settings, max_pixels=2000))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test_fraction": 1.0}, "between 0 and 0.9"),
        ({"workers": -1}, "number from 0"),
        ({"on_corrupt": "ignore"}, r"error .* or skip"),
        ({"background": "whiet"}, "data.background=whiet"),
        ({"max_pixels": 0}, "data.max_pixels=0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, changes, words):
    fill(tmp_path, 8)
    with pytest.raises(UserError, match=words):
        folder(tmp_path, **changes).prepare()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_D1_a_folder_that_may_not_be_read(tmp_path):
    fill(tmp_path, 2, "locked")
    (tmp_path / "locked").chmod(0)
    assert "locked cannot be read: Permission denied" in complaint(folder(tmp_path))


# What somebody may have meant, and cannot be read


def socket_at(path: Path) -> None:
    import socket

    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket may have a hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: os.mkfifo(root / "pipe.png"), r"1 left out \(pipe.png\): no files, but pipes, devices"),
        (lambda root: socket_at(root / "s.png"), r"1 left out \(s.png\): no files, but pipes"),
        (lambda root: (root / "to.png").symlink_to("nothing.png"), r"1 left out \(to.png\): no files"),
        (lambda root: (root / "loop.png").symlink_to("loop.png"), r"1 left out \(loop.png\): no files"),
        (
            lambda root: [(root / f"{i}.PSD").touch() for i in range(5)],
            r"5 left out \(0.PSD, 1.PSD, 2.PSD, ...\): formats that cannot be read: convert .*\*.psd",
        ),
        (
            lambda root: picture(root / os.fsdecode(b"odd\xff.png")),
            r"1 left out \(odd\\udcff.png\): names that are no text in UTF-8",
        ),
        (
            lambda root: picture(root / os.fsdecode(b"\xfe") / "a.png"),
            r"\(\\udcfe/a.png\): names that are no text",
        ),
    ],
    ids=["pipe", "socket", "broken link", "loop", "psd", "name", "folder's name"],
)
def test_T11_what_cannot_be_an_image_is_passed_over_with_a_warning(tmp_path, caplog, make, said):
    fill(tmp_path, 8)
    make(tmp_path)
    with caplog.at_level(logging.WARNING, "ganlab"):
        data = folder(tmp_path, test_fraction=0)
        assert len(data.dataset("train")) == 8
    assert len([text for text in caplog.messages if re.search(said, text)]) == 1
    for path in tmp_path.glob("0*.png"):
        path.unlink()
    with pytest.raises(UserError, match=rf"(?s)holds no images .*{said}.*expected"):
        folder(tmp_path).prepare()


def test_T11_a_loop_of_folders_ends_and_odd_names_are_images_like_others(tmp_path):
    fill(tmp_path, 4)
    (tmp_path / "again").symlink_to(".")
    for name in ("new\nline", 'quo"te', "[a]=b, ${c}", "x" * 240):
        picture(tmp_path / name / "it's = {odd}.png", seed=len(name))
    data = folder(tmp_path, test_fraction=0, labels=False)
    assert len(data.dataset("train")) == 8
    assert len(data.dataset("train").fingerprint()) == 64


@pytest.mark.parametrize(
    ("root", "said"),
    [
        (os.fsdecode(b"\xff"), r"data.root=.*\\udcff: its name is no text"),
        ("pipe", "data.root=.*pipe is a pipe"),
    ],
)
def test_T11_a_root_that_is_none_is_a_sentence(tmp_path, root, said):
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=said):
        folder(tmp_path / root).prepare()


def test_a_class_folder_whose_name_is_no_text_is_refused(tmp_path):
    fill(tmp_path, 8, "cat")
    (tmp_path / os.fsdecode(b"d\xf6g")).mkdir()
    with pytest.raises(UserError, match=r"a folder d\\udcf6g, whose name is no text in UTF-8"):
        folder(tmp_path, labels=True).classes  # noqa: B018


def test_a_class_that_is_held_out_altogether_says_how_to_keep_it(tmp_path):
    fill(tmp_path, 9, "cat")
    out = next(name for name in map(str, range(200)) if held_out_by_hash(f"dog/{name}.png", 0.1))
    picture(tmp_path / "dog" / f"{out}.png")
    with pytest.raises(
        UserError, match=r"dog holds no images to train on: all are held out: set data.test_fraction=0"
    ):
        folder(tmp_path, labels=True).prepare()
    assert folder(tmp_path, labels=True, test_fraction=0).classes == ("cat", "dog")


def test_a_thousand_classes_and_one(tmp_path, caplog):
    for number in range(1000):
        (tmp_path / "many" / f"c{number:03}").mkdir(parents=True)
        os.link(first_picture(tmp_path), tmp_path / "many" / f"c{number:03}" / "a.png")
    with caplog.at_level(logging.INFO, "ganlab"):
        data = folder(tmp_path / "many", labels=True, test_fraction=0)
        assert len(data.classes) == 1000
        assert data.dataset("train").labels(torch.arange(1000)).tolist() == list(range(1000))
    assert "1000 classes (0 c000, 1 c001," in caplog.text
    fill(tmp_path / "one", 4, "cat")
    assert folder(tmp_path / "one", labels=True).classes == ("cat",)


def first_picture(root: Path) -> Path:
    if not (root / "picture.png").exists():
        picture(root / "picture.png")
    return root / "picture.png"


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_the_thinnest_images_are_images(tmp_path, size):
    for i in range(4):
        picture(tmp_path / f"{i}.png", seed=i, size=size)
    assert first(folder(tmp_path, test_fraction=0), 1)[0]["image"].shape == (4, 3, 8, 8)


def test_an_animated_webp_gives_its_first_frame(tmp_path, caplog):
    fill(tmp_path, 4)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    data = folder(tmp_path, test_fraction=0)
    images = data.dataset("train")
    assert images.images(torch.tensor([4]))[0, :, 0, 0].tolist() == [255, 0, 0]
    assert "1 animated or many-page files" in caplog.text


def test_a_file_that_vanishes_after_it_was_listed_is_named(tmp_path):
    fill(tmp_path, 8)
    data = folder(tmp_path, memory_limit=0, test_fraction=0)
    data.prepare()
    (tmp_path / "003.png").unlink()
    with pytest.raises(UserError, match=r"003.png cannot be read: No such file"):
        data.dataset("train").images(torch.arange(8))
    with pytest.raises(UserError, match=r"003.png cannot be read: No such file"):
        data.dataset("train").fingerprint()
