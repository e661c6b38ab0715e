"""Images of the Hugging Face Hub's formats, read without a network."""

import re
from pathlib import Path

import pytest
import torch

from ganlab.data.disk.packed import Place, Sample
from ganlab.data.disk.rows import RowDecoder
from ganlab.data.images.folder import Folder
from ganlab.data.images.hub import HubImages
from ganlab.data.store.decode import CorruptImage
from tests.support.data import attach, complaint, first
from tests.support.pictures import fill

NEEDED = pytest.importorskip("datasets", reason="data=hf needs it; 200 MB that no other test needs")


@pytest.fixture(autouse=True, scope="module")
def offline(tmp_path_factory):
    """The library's cache is a folder of the tests, and nothing is asked of the Hub."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NEEDED.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("hf"))
        patch.setattr(NEEDED.config, "HF_HUB_OFFLINE", True)
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return fill(tmp_path_factory.mktemp("pictures"), 12, "dog", "cat")


@pytest.fixture(scope="module")
def rows(pictures):
    """The dogs first, as class 1 of two whose order is not that of the alphabet."""
    names = sorted(pictures.rglob("*.png"), key=lambda path: (path.parent.name != "dog", path.name))
    features = {
        "picture": NEEDED.Image(),
        "animal": NEEDED.ClassLabel(names=["dog", "cat"]),
        "kind": NEEDED.Value("string"),
    }
    columns = {
        "picture": [{"bytes": path.read_bytes(), "path": None} for path in names],
        "animal": [int(path.parent.name == "cat") for path in names],
        "kind": [path.parent.name for path in names],
    }
    return NEEDED.Dataset.from_dict(columns, features=NEEDED.Features(features))


@pytest.fixture(scope="module")
def saved(rows, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("saved") / "animals"
    rows.save_to_disk(str(root))
    return root


def hub(root: object, **changes) -> HubImages:
    settings = {"root": str(root), "image_size": 8, "batch_size": 4, "memory_limit": 0, "workers": 0}
    return HubImages(**(settings | changes))


def test_rows_are_the_pixels_and_labels_of_the_files(pictures, saved):
    data = hub(saved, labels=True, test_fraction=0)
    folder = Folder(root=str(pictures), image_size=8, labels=True, batch_size=4, test_fraction=0)
    assert data.classes == ("dog", "cat")
    everything = torch.arange(24)
    images, other = data.dataset("train").images(everything), folder.dataset("train").images(everything)
    assert torch.equal(images, other.roll(12, 0))  # the folder has its cats first
    assert data.dataset("train").labels(everything).tolist() == [0] * 12 + [1] * 12
    named = hub(saved, labels=True, label_column="kind", image_column="picture", test_fraction=0)
    assert named.classes == ("cat", "dog")
    cached = hub(saved, cache=1.0, test_fraction=0)
    assert torch.equal(cached.dataset("train").images(everything), images)


def test_what_is_kept_decoded_is_of_one_column_and_one_part(rows, tmp_path):
    """Parts of the same length, from rows of the same numbers."""
    others = rows.rename_column("picture", "other").remove_columns(["animal", "kind"])
    both = NEEDED.concatenate_datasets(
        [rows.select(range(12)), others.select(range(12, 24))], axis=1
    )  # the dogs, and the cats beside them
    NEEDED.DatasetDict({"train": both, "test": both.select(range(11, -1, -1))}).save_to_disk(
        str(tmp_path / "both")
    )
    everything, pixels = torch.arange(12), {}
    for column in ("picture", "other"):
        for cache in (0.0, 1.0):
            data = hub(tmp_path / "both", image_column=column, cache=cache)
            pixels[column, cache] = [data.dataset(part).images(everything) for part in ("train", "test")]
        train, test = pixels[column, 1.0]
        assert torch.equal(test, train.flip(0))
        assert all(map(torch.equal, pixels[column, 1.0], pixels[column, 0.0]))
    assert not torch.equal(pixels["picture", 1.0][0], pixels["other", 1.0][0])


def test_the_order_is_exact_after_a_resume_and_shared_by_ranks_and_workers(saved):
    whole = first(attach(hub(saved, labels=True, batch_size=8)), 3)
    later = first(attach(hub(saved, labels=True, batch_size=8), steps=2), 1)
    assert torch.equal(whole[2]["image"], later[0]["image"])
    halves = [first(attach(hub(saved, labels=True, workers=1), rank=rank, world=2), 3) for rank in (0, 1)]
    for one, *two in zip(whole, *halves, strict=True):
        for key in ("image", "label"):
            assert torch.equal(one[key], torch.cat([half[key] for half in two]))


def test_a_folder_of_parquet_files_and_its_parts(rows, tmp_path):
    rows.select(range(16)).to_parquet(str(tmp_path / "animals" / "train-0.parquet"))
    rows.select(range(16, 24)).to_parquet(str(tmp_path / "animals" / "test-0.parquet"))
    data = hub(tmp_path / "animals", labels=True)
    assert [len(data.dataset(split)) for split in ("train", "test")] == [16, 8]
    other = hub(tmp_path / "animals", split="test", test_fraction=0.5)
    sizes = [len(other.dataset(split)) for split in ("train", "test")]
    assert sum(sizes) == 8
    assert min(sizes) > 0
    again = hub(tmp_path / "animals", labels=True)
    again.prepare()
    assert again.changes(data.identity(), same_settings=True) == ""


def test_D2_what_is_not_there_is_named(rows, saved, tmp_path, monkeypatch):
    text = complaint(hub("ganlab/none"))
    assert text.startswith("data.root=ganlab/none: ")
    assert text.endswith("HF_HUB_OFFLINE is set: fetch it where there is a network")
    both = tmp_path / "both"
    NEEDED.DatasetDict({"train": rows, "test": rows}).save_to_disk(str(both))
    assert complaint(hub(both, split="dev")) == f"data.split=dev: {both} has train, test"
    text = complaint(hub(saved, image_column="kind"))
    assert "data.image_column=kind: expected a column of the kind Image; there is picture (Image)" in text
    rows.remove_columns(["animal"]).save_to_disk(str(tmp_path / "unlabelled"))
    text = complaint(hub(tmp_path / "unlabelled", labels=True))
    assert "no column is of the kind ClassLabel: name one with data.label_column; there is" in text
    monkeypatch.setattr(NEEDED, "__version__", "3.6.0")
    assert "3.6.0 may run what a data set brings with it; pip install 'ganlab[hf]'" in complaint(hub(saved))
    monkeypatch.setattr("ganlab.data.disk.rows.find_spec", lambda name: None)
    assert "which is not installed: pip install 'ganlab[hf]'" in complaint(hub(saved))


def test_nothing_of_a_data_set_is_run(rows, tmp_path):
    folder = tmp_path / "animals"
    folder.mkdir()
    rows.to_parquet(str(folder / "train.parquet"))
    (folder / "animals.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert "scripts are no longer supported, but found animals.py" in complaint(hub(folder))
    (folder / "animals.py").rename(folder / "loading.py")
    hub(folder).prepare()
    assert not (tmp_path / "ran").exists()


def test_a_name_is_no_format_that_the_library_reads_from_here(rows, tmp_path, monkeypatch):
    """By such names it takes the files of the working folder, pickles too in earlier versions."""
    rows.to_parquet(str(tmp_path / "here" / "train.parquet"))
    monkeypatch.chdir(tmp_path / "here")
    expected = "data.root=parquet: expected USER/NAME of the Hub, or a folder; there is no folder parquet"
    assert complaint(hub("parquet")) == expected
    rows.select(range(12)).to_parquet(str(tmp_path / "here" / "parquet" / "train.parquet"))
    assert len(hub("parquet", test_fraction=0).dataset("train")) == 12


def test_D3_a_damaged_cell_is_named_with_its_row(rows, tmp_path):
    cells = rows[:4]
    broken = [
        {"bytes": b"nothing", "path": None},
        *rows.cast_column("picture", NEEDED.Image(decode=False))["picture"][:3],
    ]
    NEEDED.Dataset.from_dict(
        {"picture": broken, "animal": cells["animal"]},
        features=NEEDED.Features({"picture": NEEDED.Image(), "animal": rows.features["animal"]}),
    ).save_to_disk(str(tmp_path / "broken"))
    assert "1 of 4 images cannot be read: " in (text := complaint(hub(tmp_path / "broken", test_fraction=0)))
    assert "broken:train/0 (not an image)" in text


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (None, "an empty cell"),
        ({"bytes": None, "path": None}, "an empty cell"),
        ({"bytes": None, "path": "/nowhere.png"}, "there is no file /nowhere.png"),
        ({"bytes": None, "path": "/dev/zero"}, "there is no file /dev/zero"),  # which never ends
    ],
)
def test_D3_a_cell_without_an_image_is_named(cell, fault):
    (sample,) = samples = [Sample("0", Place("rows", 0, 0))]
    settings = hub("animals").decoding((8, 8), 3)
    read = RowDecoder.of(samples, tables={"rows": [{"picture": cell}]}, column="picture", **settings)
    with pytest.raises(CorruptImage, match=re.escape(f"rows/0 ({fault})")):
        read(sample.path)
