"""Label maps of one's own, and every way they can be wrong."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.translation.folders.semantic import SemanticFolder
from ganlab.data.translation.semantic import ShapesSemantic
from ganlab.errors import UserError
from ganlab.pixels import region_ids, to_uint8
from tests.support.pictures import noise, write


def maps(root, **changes) -> SemanticFolder:
    settings = {
        "root": str(root),
        "regions": 3,
        "image_size": 16,
        "load_size": None,
        "batch_size": 2,
        "workers": 0,
    }
    return SemanticFolder(**(settings | changes))


@pytest.fixture
def folder(tmp_path):
    """Ten pairs: the left half is 1, the right 2, a corner unknown."""
    for i in range(10):
        ids = np.ones((20, 30), np.uint8)
        ids[:, 15:] = 2
        ids[:4, :9] = 255
        write(tmp_path / "labels" / f"{i}.png", ids)
        write(tmp_path / "images" / f"{i}.jpg", noise(i, 30, 20))
    return tmp_path


def test_maps_are_cut_to_the_nearest_pixel_and_mirrored_with_their_pictures(folder):
    data = maps(folder, image_size=8, flip=0.5, test_fraction=0.4)
    batch = next(iter(data.train_dataloader()))
    assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
    assert data.shape == {"label_map": (1, 8, 8), "target": (3, 8, 8)}
    test = data.dataset("test")
    ids = region_ids(test.batch(torch.tensor([0]))["label_map"])[0, 0]
    assert set(ids.unique().tolist()) <= {1, 2, 255}
    assert (ids[4:, :4] == 1).all()
    assert (ids[:, 4:] == 2).all()
    one = next(iter(maps(folder, flip=1.0).train_dataloader()))
    assert (region_ids(one["label_map"])[:, 0, 8:, 0] == 2).all(), "mirrored"
    streamed = next(iter(maps(folder, flip=1.0, memory_limit=0).train_dataloader()))
    assert all(torch.equal(one[key], streamed[key]) for key in one)
    assert to_uint8(one["target"]).float().std() > 20


def test_ids_may_begin_elsewhere_and_colours_may_stand_for_them(folder):
    shifted = maps(folder, first_id=1, regions=2).dataset("train").batch(torch.tensor([0]))
    assert set(region_ids(shifted["label_map"]).unique().tolist()) == {0, 1, 255}
    for path in (folder / "labels").iterdir():
        ids = np.asarray(Image.open(path).convert("L"))
        write(path, np.where(ids[..., None] == 2, (215, 45, 45), (0, 0, 0)).astype(np.uint8))
    with pytest.raises(
        UserError, match=r"holds colours \(#000000, #d72d2d, \.\.\.\) and no ids .*data\.colours="
    ):
        maps(folder).prepare()
    named = maps(folder, regions=2, colours=["black", "#d72d2d"]).dataset("train").batch(torch.tensor([0]))
    assert set(region_ids(named["label_map"]).unique().tolist()) == {0, 1}
    with pytest.raises(UserError, match=r"holds the colour #d72d2d, which is not among data\.colours"):
        maps(folder, regions=1, colours=["black"]).prepare()
    with pytest.raises(UserError, match=r"^data\.colours names 1 colours, and data\.regions=2"):
        maps(folder, regions=2, colours=["black"])


def test_D_ids_beyond_the_regions_other_sizes_and_missing_partners_are_sentences(folder):
    with pytest.raises(
        UserError, match=r"\d\.png holds the id 2, and data\.regions=2 knows 0 to 1, and 255 for"
    ):
        maps(folder, regions=2).prepare()
    write(folder / "images" / "3.jpg", noise(3, 31, 20))
    with pytest.raises(UserError, match=r"3\.png has 30 x 20 pixels, but its partner .*3\.jpg has 31 x 20"):
        maps(folder).prepare()
    maps(folder, resize=True).prepare()
    (folder / "images" / "3.jpg").unlink()
    with pytest.raises(UserError, match="1 pictures have no partner of the same name"):
        maps(folder).prepare()
    with pytest.raises(UserError, match="holds no folder labels/; expected"):
        maps(folder / "images").prepare()
    with pytest.raises(UserError, match="has 5 regions, and colours"):
        ShapesSemantic(regions=4)
