from itertools import pairwise

import pytest
import torch
from PIL import Image

from ganlab.pixels import (
    CHEQUERS,
    MOST_FRAMES,
    captioned,
    evenly,
    from_uint8,
    grid,
    laid_on,
    numbered,
    save_animation,
    save_png,
    to_uint8,
)


def test_every_pixel_value_survives_the_round_trip():
    pixels = torch.arange(256, dtype=torch.uint8)
    images = from_uint8(pixels)
    assert images[0] == -1
    assert images[255] == 1
    assert torch.equal(to_uint8(images), pixels)


def test_to_uint8_rounds_and_clips():
    assert to_uint8(torch.tensor([-7.0, 0.0039, 0.0, 7.0])).tolist() == [0, 128, 128, 255]
    assert to_uint8(torch.tensor([1 / 255 - 1])).tolist() == [0]  # 0.5 rounds to even


def test_grid_places_images_row_by_row():
    images = torch.arange(5, dtype=torch.uint8).reshape(5, 1, 1, 1).expand(5, 1, 2, 3) * 10
    sheet = grid(images, columns=2, padding=1)
    assert sheet.shape == (3, 3 * 3 + 1, 2 * 4 + 1)
    assert sheet[0, 1, 1] == 0
    assert sheet[0, 1, 5] == 10
    assert sheet[0, 7, 1] == 40
    assert sheet[0, 7, 5] == 40  # ground


def test_grid_refuses_floats():
    with pytest.raises(TypeError, match="uint8"):
        grid(torch.zeros(1, 1, 2, 2))


def test_files(tmp_path):
    frames = []
    for value in (0, 100, 200):
        path = tmp_path / f"{value}.png"
        save_png(torch.full((3, 4, 5), value, dtype=torch.uint8), path, scale=2)
        frames.append(path)
    with Image.open(frames[1]) as image:
        assert image.size == (10, 8)
        assert image.getpixel((0, 0)) == (100, 100, 100)
    save_animation(frames, tmp_path / "all.gif")
    with Image.open(tmp_path / "all.gif") as animation:
        assert animation.n_frames == 3


def test_an_animation_of_many_frames_keeps_the_first_the_last_and_some_evenly_between(tmp_path):
    frames = [tmp_path / f"{value:03d}.png" for value in range(250)]
    for value, frame in enumerate(frames):
        save_png(torch.full((3, 2, 2), value, dtype=torch.uint8), frame)
    save_animation(frames, tmp_path / "all.gif")
    with Image.open(tmp_path / "all.gif") as animation:
        assert animation.n_frames == MOST_FRAMES
        shown = []
        for place in range(animation.n_frames):
            animation.seek(place)
            shown.append(animation.convert("RGB").getpixel((0, 0))[0])
    assert (shown[0], shown[-1]) == (0, 249)
    assert {later - earlier for earlier, later in pairwise(shown)} == {2, 3}


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101, 12345])
def test_evenly_takes_all_of_few_and_both_ends_of_many(n):
    taken = evenly(range(n), 100)
    assert len(taken) == len(set(taken)) == min(n, 100)
    assert (taken[0], taken[-1]) == (0, n - 1)
    assert taken == sorted(taken)


def test_an_animation_leaves_out_what_it_cannot_read_and_fits_frames_to_the_last(tmp_path, caplog):
    sizes = {"1.png": (3, 4, 4), "2.png": (3, 6, 6), "3.png": (3, 1500, 1200)}
    frames = [tmp_path / name for name in (*sizes, "4.png", "5.png")]
    for value, (frame, size) in enumerate(zip(frames, sizes.values(), strict=False)):
        save_png(torch.full(size, 80 * value, dtype=torch.uint8), frame)
    frames[3].write_bytes(frames[0].read_bytes()[:40])
    frames[4].mkdir()
    save_animation(frames, tmp_path / "all.gif")
    with Image.open(tmp_path / "all.gif") as animation:
        assert (animation.n_frames, animation.size) == (3, (800, 1000))
    assert "4.png is left out of the animation" in caplog.text
    save_animation(frames[3:], tmp_path / "none.gif")
    assert not (tmp_path / "none.gif").exists()


def test_captions_stand_to_the_left_of_their_rows():
    images = torch.full((6, 3, 8, 8), 255, dtype=torch.uint8)
    sheet = captioned(images, ["short", "a much longer caption"])
    height, across = 2 * 34 + 2, 3 * 34 + 2  # small images are enlarged to the height of the text
    assert sheet.shape[:2] == (3, height)
    assert torch.equal(sheet[:, :, -across:], grid(images.repeat_interleave(4, 2).repeat_interleave(4, 3), 3))
    bright = (sheet[0, :, :-across] > 200).nonzero()
    assert len(bright) > 50
    upper, lower = (bright[(bright[:, 0] // 35) == row][:, 1] for row in range(2))
    assert lower.min() < upper.min() - 50  # the longer one begins further to the left


def test_transparent_pictures_lie_on_a_chequerboard_in_sheets_and_stay_so_in_files(tmp_path):
    images = torch.zeros(2, 4, 16, 24, dtype=torch.uint8)
    images[0, 0], images[0, 3] = 200, 255
    sheet = grid(images, columns=2, padding=0)
    assert sheet[:, :, :24].flatten(1).unique(dim=1).flatten().tolist() == [200, 0, 0]
    light, dark = CHEQUERS
    assert sheet[0, ::2, 24::2].tolist() == [
        [[light, dark][(r + c) % 2] for c in range(12)] for r in range(8)
    ]
    for drawn in (captioned(images, ["one"]), numbered(images, [0, 1], 2)):
        assert {light, dark} <= set(drawn[0].unique().tolist())
    save_png(images[0], tmp_path / "a.png", scale=2)
    with Image.open(tmp_path / "a.png") as image:
        assert (image.mode, image.size) == ("RGBA", (48, 32))
        assert image.getpixel((0, 0)) == (200, 0, 0, 255)


def test_half_of_a_colour_is_half_of_the_ground():
    image = torch.tensor([255, 0, 100, 51], dtype=torch.uint8).reshape(1, 4, 1, 1)
    assert laid_on(image, 100).flatten().tolist() == [131, 80, 100]
