import pytest

from ganlab.config import config_dir
from ganlab.config.catalogue import catalogue, fits, read_header, serves
from ganlab.errors import UserError


def write(folder, group, name, text):
    path = folder / group / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_header_is_read_up_to_the_first_line_of_yaml(tmp_path):
    path = write(
        tmp_path,
        "model",
        "x",
        "# @package _global_\n# Two lines: of\n# description\n# paper: A 2001, B,\n# arXiv:1\n# data: images\n"
        "\n# kind: no\na: 1\n",
    )
    entry = read_header(path)
    assert entry.description == "Two lines: of description"
    assert entry.facts == {"paper": "A 2001, B, arXiv:1", "data": "images"}
    assert entry.kind == "images"


def test_every_shipped_file_says_what_it_is():
    data = catalogue()["data"].values()
    served = {kind for entry in data for kind in serves(entry.kind)}
    for group, entries in catalogue().items():
        assert set(entries) == {path.stem for path in (config_dir() / group).glob("*.yaml")}
        for entry in entries.values():
            assert entry.description, entry.path
            assert entry.kind in served, entry.path
            assert entry.facts.get("paper" if group == "model" else "source"), entry.path


def test_data_with_labels_serves_models_that_need_images_and_not_the_reverse(tmp_path):
    write(tmp_path, "model", "plain", "# p\n# data: images\n")
    write(tmp_path, "model", "classes", "# c\n# data: labelled\n")
    write(tmp_path, "model", "films", "# c\n# data: films\n")
    write(tmp_path, "model", "silent", "a: 1\n")
    write(tmp_path, "data", "pictures", "# p\n# kind: images\n")
    write(tmp_path, "data", "numbers", "# n\n# kind: labelled\n")
    folders = [tmp_path]
    assert serves("labelled") == ("labelled", "images")
    for model, data in (
        ("plain", "pictures"),
        ("plain", "numbers"),
        ("classes", "numbers"),
        ("silent", "pictures"),
    ):
        fits(model, data, folders)
    with pytest.raises(UserError) as refusal:
        fits("classes", "pictures", folders)
    assert "model=classes needs labelled data, and data=pictures gives images; data sets that fit: " in str(
        refusal.value
    )
    assert "numbers" in str(refusal.value)
    assert "pictures" not in str(refusal.value).partition("fit:")[2]
    with pytest.raises(UserError, match="data sets that fit: none"):
        fits("films", "numbers", folders)
