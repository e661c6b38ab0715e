"""Any folder of pictures with holes."""

from itertools import islice

import pytest
import torch
from PIL import Image

from ganlab.data.translation.folders.inpainting import InpaintingFolder
from ganlab.errors import UserError
from ganlab.pixels import to_uint8
from tests.support.pictures import fill


def holes(root, **changes) -> InpaintingFolder:
    settings = {
        "root": str(root),
        "image_size": 16,
        "load_size": 20,
        "mask_size": 8,
        "batch_size": 4,
        "workers": 0,
    }
    return InpaintingFolder(**(settings | changes))


def test_pictures_are_resized_cropped_and_masked_and_held_out_ones_are_the_centre(tmp_path):
    fill(tmp_path, 9, "train/more", size=(50, 30))
    fill(tmp_path, 3, "test", size=(20, 20))
    data = holes(tmp_path, channels=1)
    assert data.shape == {"image": (1, 16, 16), "mask": (1, 16, 16)}
    batch = next(iter(data.train_dataloader()))
    assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
    examples = holes(tmp_path).dataset("test")
    assert examples.names == ["000", "001", "002"]
    with Image.open(tmp_path / "test" / "001.png") as image:
        middle = image.crop((2, 2, 18, 18))
    expected = torch.tensor(list(middle.tobytes())).view(16, 16, 3).permute(2, 0, 1)
    assert torch.equal(to_uint8(examples.batch(torch.tensor([1]))["image"])[0].long(), expected)
    assert holes(tmp_path).dataset("train").names[0] == "more/000"


def test_streamed_pictures_and_holes_are_those_in_memory(tmp_path):
    fill(tmp_path, 9, ".")
    for mask in ("centre", "random"):
        whole = list(islice(holes(tmp_path, mask=mask).train_dataloader(), 5))
        streamed = list(islice(holes(tmp_path, mask=mask, memory_limit=0).train_dataloader(), 5))
        for one, other in zip(whole, streamed, strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_hole_larger_than_the_picture_and_a_missing_folder_are_sentences(tmp_path):
    with pytest.raises(UserError, match=r"data\.mask_size=20: the hole is 1 to 15 pixels wide"):
        holes(tmp_path, mask_size=20)
    with pytest.raises(UserError, match="holds no images"):
        holes(tmp_path).prepare()
