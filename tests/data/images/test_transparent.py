"""Images with an alpha channel: kept with four channels, laid on the background with fewer."""

import logging

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.config import compose
from ganlab.config.compose.check import check
from ganlab.data.images.folder import Folder
from ganlab.data.images.packaged import Digits
from ganlab.data.store.decode import Decoder
from ganlab.errors import UserError
from tests.support.data import first
from tests.support.pictures import icons

MODES = ("RGBA", "RGB", "L", "P", "CMYK")


def decoded(path, side=8, **settings) -> np.ndarray:
    return Decoder(height=side, width=side, **({"channels": 4} | settings))(str(path))


def folder(root, **settings) -> Folder:
    return Folder(root=str(root), image_size=8, batch_size=4, workers=0, **({"channels": 4} | settings))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return icons(tmp_path_factory.mktemp("mixed"), 10, *MODES)


@pytest.mark.parametrize("side", [8, 16])  # smaller, and as it is
def test_what_nobody_sees_is_of_the_background_and_colours_no_edge(tmp_path, side):
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, :7] = (200, 0, 0, 255)
    pixels[:, 7:] = (0, 255, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    red, green, blue, alpha = decoded(tmp_path / "a.png", side, background="#0000ff")
    assert {*alpha[:, 0]} == {255}
    assert {*alpha[:, -1]} == {0}
    assert {*green.flat} == {0}
    assert (red[alpha > 0] >= 199).all()
    assert {*blue[alpha == 0]} == {255}
    assert {*blue[alpha > 0]} == {0}
    if side == 8:
        assert ((alpha > 0) & (alpha < 255)).any()


@pytest.mark.parametrize("number", range(len(MODES)))
def test_every_mode_becomes_rgba(mixed, number):
    path = next(mixed.glob(f"{number:03}.*"))
    found = decoded(path, 20)
    assert found.shape == (4, 20, 20)
    assert (found[3].min() == 0) == (MODES[number] in ("RGBA", "P"))
    assert found[3].max() == 255


def test_a_folder_keeps_alpha_only_where_it_is_asked_to_and_says_so(mixed, caplog):
    with caplog.at_level(logging.INFO, "ganlab"):
        kept, laid = folder(mixed), folder(mixed, channels=3, background="#ff0000")
        kept.prepare()
        assert "transparent" not in caplog.text
        laid.prepare()
    assert "4 images can be transparent, and are laid on #ff0000 (data.background)" in caplog.text
    assert kept.shape == (4, 8, 8)
    assert first(kept, 1)[0]["image"].shape == (4, 4, 8, 8)
    clear = [
        index for index, path in enumerate(kept.dataset("train").names) if path.endswith(("0.png", "5.png"))
    ]
    corners = [
        data.dataset("train").images(torch.tensor(clear))[:, :, -1, -1].unique(dim=0).tolist()
        for data in (kept, laid)
    ]
    assert corners == [[[255, 255, 255, 0]], [[255, 0, 0]]]


def test_four_channels_of_opaque_images_are_told_of(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "ganlab"):
        folder(icons(tmp_path, 8, "RGB", "L")).prepare()
    assert "no image is transparent" in caplog.text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["data=digits", "data.channels=4"], "data.channels=4: expected one of 1, 3"),
        (["data=folder", "data.root=x", "data.channels=2"], "data.channels=2: expected one of 1, 3, 4"),
        (["data=folder", "data.root=x", "data.channels=rgba"], "data.channels=rgba: expected one of 1, 3, 4"),
    ],
)
def test_other_numbers_of_channels_are_refused(words, sentence):
    with pytest.raises(UserError, match=f"^{sentence}$"):
        check(compose(words))


def test_so_they_are_in_python(tmp_path):
    with pytest.raises(
        UserError, match=r"data\.channels=4: images have 1 .* or 3 \(RGB\); those of data=folder"
    ):
        Digits(channels=4)
    with pytest.raises(UserError, match=r"data\.channels=2: images have 1 channel .* or 4 \(RGBA\)$"):
        folder(tmp_path, channels=2)
