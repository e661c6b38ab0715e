"""Crops of two photographs: what is held out, that it has texture, and what is made of a crop."""

import math

import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from ganlab.data.store import photographs
from ganlab.data.store.memory import with_channels
from ganlab.data.store.windows import texture
from ganlab.data.translation import photos
from ganlab.data.translation.photos import PhotosEdges, PhotosGray, PhotosInpaint, PhotosRegions, PhotosSR
from ganlab.errors import UserError
from ganlab.pixels import to_uint8


@pytest.fixture(scope="module")
def gray():
    data = PhotosGray()
    data.prepare()
    return data


def whole(examples) -> dict:
    return examples.batch(torch.arange(len(examples)))


def test_held_out_columns_are_256_to_383_behind_a_margin_of_16(gray):
    train, test = gray.dataset("train"), gray.dataset("test")
    assert (len(train), len(test)) == (7113, 61)
    lefts = {split: {int(name[-3:]) for name in gray.dataset(split).names} for split in ("train", "test")}
    assert lefts["test"] == {256, 288, 320}
    assert all(left + 64 <= 240 or left >= 400 for left in lefts["train"])
    assert max(lefts["train"]) + 64 == 640
    assert {name.split("-")[0] for name in test.names} == {"china", "flower"}
    assert PhotosGray(seed=5).dataset("test").fingerprint() == test.fingerprint()


def test_crops_are_what_their_names_say(gray):
    pictures = photographs.photographs()
    test = gray.dataset("test")
    for index in (0, 17, 60):
        name, top, left = test.names[index].split("-")
        crop = pictures[
            photographs.PHOTOS.index(name), :, int(top) : int(top) + 64, int(left) : int(left) + 64
        ]
        batch = test.batch(torch.tensor([index]))
        assert torch.equal(to_uint8(batch["target"])[0], crop)
        assert torch.equal(to_uint8(batch["source"]), with_channels(crop[None], 1))


def test_regions_are_of_four_brightnesses_and_two_warmths_of_the_crop():
    pictures = photographs.photographs()
    ids = photos.regions_of_photographs(pictures)
    assert ids.unique().tolist() == list(range(8))
    assert torch.allclose(torch.bincount(ids.flatten() // 2) / ids.numel(), torch.tensor(0.25), atol=0.002)
    assert (ids % 2).double().mean() == pytest.approx(0.5, abs=0.002)
    luma = with_channels(pictures, 1)
    assert [luma[ids // 2 == quarter].double().mean() for quarter in range(4)] == sorted(
        luma[ids // 2 == quarter].double().mean() for quarter in range(4)
    )
    examples = PhotosRegions().dataset("test")
    batch = examples.batch(torch.tensor([17]))
    assert {key: tuple(value.shape) for key, value in batch.items()} == {
        "label_map": (1, 1, 64, 64),
        "target": (1, 3, 64, 64),
    }
    name, top, left = examples.names[17].split("-")
    place = (
        photographs.PHOTOS.index(name),
        0,
        slice(int(top), int(top) + 64),
        slice(int(left), int(left) + 64),
    )
    assert torch.equal(to_uint8(batch["label_map"])[0, 0], ids[place])
    with pytest.raises(UserError, match="photos_regions has 8 regions"):
        PhotosRegions(regions=9)


def test_no_crop_is_flat_and_flat_ones_were_there(gray):
    target = whole(gray.dataset("test"))["target"]
    assert target.mean(1).flatten(1).std(1).min() / 2 > photographs.FLAT
    textures = texture(photographs.photographs(), 64, 64)
    assert textures.shape == (2, 364, 577)
    assert (textures[:, ::4, :177:4] < photographs.FLAT).float().mean() > 0.2
    luma = with_channels(photographs.photographs(), 1)[1, 0].double() / 255
    detail = luma[100:164, 300:364] - luma.unfold(0, 9, 1).unfold(1, 9, 1).mean((2, 3))[96:160, 296:360]
    assert textures[1, 100, 300].item() == pytest.approx(detail.std(correction=0).item(), abs=1e-9)


def test_edges_are_the_length_of_sobels_gradient():
    ramp = torch.arange(40, dtype=torch.uint8).mul(3).expand(1, 3, 30, 40)  # 3 grey values per pixel
    edges = photos.edges(ramp)
    assert edges.shape == (1, 1, 30, 40)
    assert (edges[..., 1:-1] == 12).all()  # 2 x the sum of both halves of the central difference
    assert photos.edges(torch.full((1, 3, 9, 9), 77, dtype=torch.uint8)).max() == 0
    data = PhotosEdges(batch_size=8, flip=False)
    batch = next(iter(data.train_dataloader()))
    again = photos.edges(to_uint8(batch["target"]))
    assert (again[..., 1:-1, 1:-1].int() - to_uint8(batch["source"])[..., 1:-1, 1:-1].int()).abs().max() <= 1
    assert batch["source"].std() > 0.3


@pytest.mark.parametrize(("scale", "bicubic"), [(2, 23.37), (4, 20.62)])
def test_low_is_high_made_smaller_and_bicubic_is_far_from_perfect(scale, bicubic):
    data = PhotosSR(scale=scale, batch_size=4)
    assert data.shape == {"low": (3, 64 // scale, 64 // scale), "high": (3, 64, 64)}
    batch = whole(data.dataset("test"))
    picture = Image.fromarray(to_uint8(batch["high"])[9].permute(1, 2, 0).numpy())
    small = picture.resize((64 // scale, 64 // scale), Image.Resampling.BICUBIC)
    pillow = torch.tensor(list(small.tobytes())).view(64 // scale, 64 // scale, 3).permute(2, 0, 1)
    assert (to_uint8(batch["low"])[9].int() - pillow).abs().max() <= 1
    up = interpolate(batch["low"], scale_factor=scale, mode="bicubic", align_corners=False).clamp(-1, 1)
    error = (up - batch["high"]).square().mean().item()
    assert 10 * math.log10(4 / error) == pytest.approx(bicubic, abs=0.05)  # what bicubic scores


def test_mirrored_crops_have_mirrored_small_versions():
    straight = next(iter(PhotosSR(batch_size=8, flip=0.0).train_dataloader()))
    turned = next(iter(PhotosSR(batch_size=8, flip=1.0).train_dataloader()))
    for key in ("low", "high"):
        assert (straight[key].flip(3) - turned[key]).abs().max() < 0.01
    assert set(next(iter(PhotosInpaint(batch_size=4).train_dataloader()))) == {"image", "mask"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PhotosGray(image_size=160).prepare(), "held out is 128 pixels wide"),
        (lambda: PhotosSR(image_size=64, scale=3), r"no multiple of data.scale=3; try data.image_size=63"),
        (lambda: PhotosSR(image_size=[64, 62], scale=4), r"try data.image_size=\[64, 60\]"),
        (lambda: PhotosSR(scale=1), "data.scale=1"),
        (lambda: PhotosSR(channels=2), "data.channels=2"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, words):
    with pytest.raises(UserError, match=words):
        make()
