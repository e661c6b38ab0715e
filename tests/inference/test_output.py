"""Where pictures are written: nobody else's are deleted, and none of an earlier command stay."""

import json
import os

import pytest

from ganlab.errors import StorageError, UserError
from ganlab.inference.output import MANIFEST, fresh_folder


@pytest.fixture
def write(tmp_path):
    """Write files with these names by one command of a run; returns what lies in the folder then."""

    def command(*names, run="run", folder="out"):
        out = tmp_path / folder
        with fresh_folder(out, tmp_path / run):
            for name in names:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (out / name).write_text(f"{name} of {run}")
        return sorted(
            p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file() and p.name != MANIFEST
        )

    return command


def test_T13_what_the_run_wrote_before_is_replaced(write, tmp_path):
    assert write("a.png", "b.png", "gallery/c.png", "gallery.html") == [
        "a.png",
        "b.png",
        "gallery.html",
        "gallery/c.png",
    ]
    assert write("a.png") == ["a.png"]
    assert not (tmp_path / "out" / "gallery").exists()
    assert write("points.csv") == ["points.csv"]
    assert write() == []


@pytest.mark.parametrize("name", ["mine.png", "deep/er/mine.JPG", "points.csv", "gallery.html"])
def test_T13_a_picture_of_anybody_else_is_neither_deleted_nor_mixed_with(write, tmp_path, name):
    write("a.png")
    mine = tmp_path / "out" / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UserError, match=rf"holds 1 pictures or pages .*\({name}\).*another output=FOLDER"):
        write("b.png")
    assert mine.read_text() == "mine"
    assert (tmp_path / "out" / "a.png").exists()


def test_T13_what_was_changed_since_is_not_deleted_and_other_files_stay(write, tmp_path):
    write("a.png", "b.png")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert write("a.png") == ["a.png", "notes.txt"]
    (tmp_path / "out" / "a.png").write_text("retouched by hand")
    with pytest.raises(UserError, match=r"did not leave there \(a\.png\)"):
        write("c.png")


def test_T13_another_run_may_not_replace_them(write, tmp_path):
    write("a.png")
    with pytest.raises(UserError, match="of another run"):
        write("a.png", run="other")
    assert (tmp_path / "out" / "a.png").read_text() == "a.png of run"


def test_pictures_in_a_run_that_was_moved_are_still_its_own(write, tmp_path):
    write("a.png", "b.png", folder="run/generated/last")
    (tmp_path / "run").rename(tmp_path / "moved")
    assert write("a.png", run="moved", folder="moved/generated/last") == ["a.png"]


def test_a_manifest_names_nothing_outside_the_folder(write, tmp_path):
    write("a.png")
    outside = tmp_path / "precious.png"
    outside.write_text("x")
    status = outside.stat()
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    mark = [status.st_size, status.st_mtime_ns]
    lies = {"../precious.png": mark, "link/precious.png": mark, str(outside): mark}
    for text in (
        json.dumps({"run": "../run", "files": lies}),
        "[1]",
        "no json",
        '{"run": 1, "files": [[1]]}',
    ):
        (tmp_path / "out" / "a.png").unlink(missing_ok=True)
        (tmp_path / "out" / MANIFEST).write_text(text)
        write("a.png")
        assert outside.exists()


def test_what_was_begun_and_failed_is_listed_too(write, tmp_path):
    def fill(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(StorageError, match="No space left"),
        fresh_folder(tmp_path / "out", tmp_path / "run") as out,
    ):
        fill(out / "a.png")
    assert write("b.png") == ["b.png"]


def test_a_folder_that_was_made_for_nothing_is_gone(tmp_path):
    with pytest.raises(UserError, match="no such class"), fresh_folder(tmp_path / "new" / "out", tmp_path):
        raise UserError("no such class")
    assert not (tmp_path / "new").exists()


def test_T12_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    from tests.support.runs import in_child

    home = tmp_path / "run"
    home.mkdir(mode=0o555)

    def command():
        os.chdir(home)  # as root: into what the other user could not reach by its path
        if os.geteuid() == 0:
            os.setuid(65534)
        with pytest.raises(
            UserError, match=r"generated cannot be written \(Permission denied\).*output=FOLDER"
        ):
            fresh_folder(type(home)("generated"), type(home)(".")).__enter__()

    assert in_child(command) == 0
