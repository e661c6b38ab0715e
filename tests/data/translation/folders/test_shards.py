"""Pairs in archives: what folders of them give, and what they may lack."""

import pytest
import torch

from ganlab.data.translation.folders.paired import PairedFolder
from ganlab.data.translation.folders.shards import PairedShards
from ganlab.errors import UserError
from ganlab.inference.packing import pack
from tests.support.archives import tar_of, zipped
from tests.support.data import attach, complaint, first
from tests.support.pictures import fill, write

OPTIONS = {"image_size": 8, "load_size": 10, "batch_size": 2, "workers": 0}


def by_name(data) -> dict[str, tuple[str, bytes, bytes]]:
    found = {}
    for split in ("train", "test"):
        part = data.dataset(split)
        batch = part.batch(torch.arange(len(part)))
        for name, source, target in zip(part.names, batch["source"], batch["target"], strict=True):
            found[name.split("/")[-1]] = split, source.numpy().tobytes(), target.numpy().tobytes()
    return found


@pytest.mark.parametrize("folders", [("A", "B"), ("trainA", "trainB", "testA", "testB"), (".",)])
@pytest.mark.parametrize("memory_limit", [0, 100])
def test_shards_hold_the_pairs_and_the_split_of_the_folder(tmp_path, folders, memory_limit):
    root = fill(tmp_path / "pairs", 12, *folders)
    if len(folders) == 4:
        for side in "AB":
            for number in range(3):  # a name that both parts have is two pairs
                (root / f"test{side}" / f"{number:03}.png").rename(root / f"test{side}" / f"t{number}.png")
            for number in range(3, 12):
                (root / f"test{side}" / f"{number:03}.png").unlink()
    pack(root, tmp_path / "shards", megabytes=1, pairs=len(folders) > 1)
    for direction in ("a_to_b", "b_to_a"):
        options = {**OPTIONS, "direction": direction, "nearest": "a", "memory_limit": memory_limit}
        data = PairedShards(root=str(tmp_path / "shards"), **options)
        assert by_name(data) == by_name(PairedFolder(root=str(root), **options))
    assert first(attach(data), 1)[0]["source"].shape == (2, 3, 8, 8)


def test_a_zip_holds_pairs_by_the_same_names(tmp_path):
    root = fill(tmp_path / "pairs", 3, "A", "B")
    files = {f"{path.stem}.{path.parent.name.lower()}.png": path.read_bytes() for path in root.rglob("*.png")}
    (tmp_path / "pairs.zip").write_bytes(zipped(files))
    data = PairedShards(root=str(tmp_path / "pairs.zip"), test_fraction=0.0, **OPTIONS)
    assert by_name(data) == by_name(PairedFolder(root=str(root), test_fraction=0.0, **OPTIONS))


def test_pairs_of_shards_are_kept_decoded(tmp_path):
    root = fill(tmp_path / "pairs", 12, "A", "B")
    pack(root, tmp_path / "shards", megabytes=1, pairs=True)
    options = {**OPTIONS, "memory_limit": 0, "load_size": None}
    data = PairedShards(root=str(tmp_path / "shards"), cache=1.0, **options)
    assert by_name(data) == by_name(PairedFolder(root=str(root), **options))


def test_D12_an_image_without_its_other_side_is_named(tmp_path):
    root = fill(tmp_path / "pairs", 3, "A", "B")
    extra = write(root / "A" / "7.png")
    with pytest.raises(
        UserError, match=f"1 pictures have no partner of the same name in the other folder: {extra}"
    ):
        pack(root, tmp_path / "shards", megabytes=1, pairs=True)
    (root / "A").rename(root / "C")
    (root / "B").rename(root / "D")
    with pytest.raises(UserError, match="has no folders A and B: pictures that show both"):
        pack(root, tmp_path / "shards", megabytes=1, pairs=True)
    image = (root / "C" / "7.png").read_bytes()
    some = tar_of(tmp_path / "0.tar", **{"7.a.png": image, "7.b.png": image, "8.a.png": image})
    alone = complaint(PairedShards(root=str(some), test_fraction=0, **OPTIONS))
    assert f"1 images have no other side (.a or .b), for instance {some}/8.a.png" in alone
    mixed = tar_of(tmp_path / "1.tar", **{"7.a.png": image, "7.b.png": image, "8.png": image})
    assert f"{mixed}/8.png is no half of a pair" in complaint(PairedShards(root=str(mixed), **OPTIONS))
