"""What tells data apart from other data, and what does not."""

import shutil
from pathlib import Path

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.data.base import Splits
from ganlab.data.identity import ENDS, changes, ends_of, identity_of
from ganlab.data.store.memory import MemoryImages
from tests.support.pictures import fill, write


def prepared(*words: str):
    data = instantiate(compose(["metrics=none", *words]).data)
    data.prepare()
    return data


def changed(before, after, same_settings: bool = True) -> str:
    return after.changes(before.identity(), same_settings=same_settings)


LAYOUTS = {  # of each kind that is read from files: where its pictures are, and which one is taken away
    "folder": (["cat", "dog"], ["model=dcgan", "data=folder", "data.image_size=8"]),
    "labels": (
        ["cat", "dog"],
        ["model=cgan", "data=folder", "data.image_size=8", "data.labels=true", "classes=2"],
    ),
    "unpaired": (["trainA", "trainB"], ["model=cyclegan", "data=unpaired"]),
    "paired": (["A", "B"], ["model=pix2pix", "data=paired"]),
    "super_resolution": ([""], ["model=srgan", "data=super_resolution", "data.image_size=8"]),
    "inpainting": ([""], ["model=context_encoder", "data=inpainting"]),
}


@pytest.mark.parametrize("memory_limit", [2000, 0], ids=["in memory", "in files"])
@pytest.mark.parametrize("kind", LAYOUTS)
def test_T4_every_kind_of_folder_knows_a_file_less_and_a_file_that_was_replaced(kind, memory_limit, tmp_path):
    folders, words = LAYOUTS[kind]
    root = tmp_path / "pictures"
    for folder in folders:
        fill(root, 12, folder or ".", size=(64, 64))
    command = [*words, f"data.root={root}", "data.batch_size=2", f"data.memory_limit={memory_limit}"]
    first = prepared(*command)
    assert changed(first, prepared(*command)) == ""
    moved = shutil.copytree(root, tmp_path / "moved")
    assert changed(first, prepared(*command, f"data.root={moved}")) == ""
    a, b = sorted((root / folders[-1]).iterdir())[:2]
    write(a, size=(64, 64))
    assert (
        changed(first, prepared(*command)) == f"1 file has other contents ({a.relative_to(root).as_posix()})"
    )
    if kind != "paired":
        b.unlink()
        assert f"1 file is gone ({b.relative_to(root).as_posix()})" in changed(first, prepared(*command))


def test_T4_a_class_that_is_gone_is_counted_though_the_common_folder_moves_with_it(tmp_path):
    for name in ("cat", "dog"):
        fill(tmp_path / "pictures", 6, name, size=(9, 9))
    command = [
        "model=dcgan",
        "data=folder",
        "data.image_size=8",
        f"data.root={tmp_path / 'pictures'}",
        "data.batch_size=2",
    ]
    first = prepared(*command)
    shutil.rmtree(tmp_path / "pictures" / "dog")
    fewer = prepared(*command)
    said = changed(first, fewer)
    assert said.startswith("6 files are gone (")
    assert "new" not in said
    assert changed(fewer, first).startswith("6 files are new (")


def test_T4_of_generated_data_other_pixels_are_a_warning_and_another_number_a_change(caplog):
    def of(*counts: int, value: int = 0):
        return identity_of(
            Splits(*(MemoryImages(torch.full((n, 1, 2, 2), value, dtype=torch.uint8)) for n in counts))
        )

    assert changes(of(5, 2), of(5, 2), same_settings=True) == ""
    assert changes(of(5, 2), of(5, 3), same_settings=True) == "it has 8 images, and had 7"
    assert changes(of(5, 2), of(5, 3), same_settings=False) == ""
    assert caplog.text == ""
    assert changes(of(5, 2), of(5, 2, value=1), same_settings=True) == ""
    assert "pixels are not quite those" in caplog.text


def test_T4_files_and_no_files_are_of_another_kind(tmp_path):
    fill(tmp_path, 6, "pictures", size=(9, 9))
    files = prepared(
        "data=folder", "data.image_size=8", f"data.root={tmp_path / 'pictures'}", "data.batch_size=2"
    )
    assert changed(prepared("data=digits"), files) == "it is of another kind"
    assert changed(files, prepared("data=digits"), same_settings=False) == "it is of another kind"


@pytest.mark.parametrize("length", [0, 1, ENDS, ENDS + 1, 2 * ENDS, 2 * ENDS + 1, 5 * ENDS])
def test_ends_of_sees_length_and_both_ends(length, tmp_path):
    path = tmp_path / "file"

    def written(content: bytes) -> int:
        path.write_bytes(content)
        return ends_of(str(path))

    whole = bytes(length)
    same = written(whole)
    assert written(whole) == same
    assert written(whole + b"\0") != same
    for place in {0, length - 1, min(length - 1, ENDS - 1), max(0, length - ENDS)} if length else ():
        assert written(whole[:place] + b"x" + whole[place + 1 :]) != same, place
    assert ends_of(str(Path(tmp_path / "absent"))) == 0


class Painted:
    """Someone's own set, as ``sets.ImageSet`` asks for it and no more."""

    classes: tuple[str, ...] = ()

    def __init__(self, colour: str) -> None:
        self.colour = colour

    def __len__(self) -> int:
        return 3

    def fingerprint(self) -> str:
        return self.colour


def test_a_set_of_ones_own_without_files_is_known_by_its_fingerprint():
    red, blue = (identity_of(Splits(Painted(colour), Painted("grey"))) for colour in ("red", "blue"))
    assert red == identity_of(Splits(Painted("red"), Painted("grey")))
    assert red != blue
    assert red["count"] == 6
