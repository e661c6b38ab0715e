"""A page that works offline, from a file, in any browser."""

import json
from urllib.parse import unquote

import torch
from PIL import Image

from ganlab.report.gallery import LARGEST, Gallery
from tests.support.pages import Page
from tests.support.translators import Answers, Examples, pictures


def test_every_picture_is_there_with_its_size_and_loads_when_it_is_seen(tmp_path):
    gallery = Gallery(tmp_path / "page", "cats & <dogs>", {"images seen": "1,000"})
    examples = Examples(source=pictures(3, 1, 20, 10), target=pictures(3, 3, 20, 10))
    gallery.show(Answers(lambda batch: {"target": batch["target"]}), examples, torch.tensor([2, 0]))
    gallery.add('"big" <one>', {"input": torch.zeros(3, 400, 1000), "cycle": torch.zeros(5, 4, 4)})
    path = gallery.write()
    page = Page(path)
    images = page.all("img")
    assert len(images) == 6
    for image in images:
        with Image.open(path.parent / image["src"]) as picture:
            assert (str(picture.width), str(picture.height)) == (image["width"], image["height"])
        assert image["loading"] == "lazy"
    assert [image["alt"] for image in images] == ["input", "output", "input", "output", "input", "cycle"]
    assert (images[4]["width"], images[4]["height"]) == (str(LARGEST), str(LARGEST * 400 // 1000))
    assert [image.get("class") for image in images] == ["pixels"] * 4 + [None, "pixels"]
    index = json.loads((path.parent / "gallery" / "examples.json").read_text())
    assert [one["name"] for one in index] == ["example 2", "example 0", '"big" <one>']
    assert index[2]["pictures"] == {"input": "gallery/0002-0.png", "cycle": "gallery/0002-1.png"}
    assert {"cats & <dogs>", "1,000", "example 2", "example 0", '"big" <one>'} <= set(page.texts)


def test_nothing_comes_from_elsewhere_and_the_reader_chooses_light_or_dark(tmp_path):
    gallery = Gallery(tmp_path, "page")
    gallery.add("one", {"input": torch.zeros(1, 4, 4)})
    text = gallery.write().read_text(encoding="utf-8")
    assert "http" not in text
    assert "//" not in text
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text
    page = Page(tmp_path / "gallery.html")
    assert page.all("link") == page.all("script") == []


def test_a_click_opens_the_whole_file_whatever_its_name(tmp_path):
    original = tmp_path / "in put" / "50% #1?.png"
    original.parent.mkdir()
    original.touch()
    gallery = Gallery(tmp_path / "out", "page")
    gallery.add("one", {"input": torch.zeros(1, 4, 4), "output": torch.zeros(1, 4, 4)}, {"input": original})
    path = gallery.write()
    opened = [link["href"] for link in Page(path).all("a")]
    assert (path.parent / unquote(opened[0])).resolve() == original.resolve()
    assert opened == ["../in%20put/50%25%20%231%3F.png", "gallery/0000-1.png"]


def test_pictures_are_shown_as_they_are(tmp_path):
    image = pictures(1, 3, 6, 5)[0]
    gallery = Gallery(tmp_path, "page")
    gallery.add("one", {"input": image, "grey": image[:1]})
    for name, mode, expected in (("0000-0", "RGB", image), ("0000-1", "L", image[:1])):
        with Image.open(tmp_path / "gallery" / f"{name}.png") as shown:
            assert shown.mode == mode
            pixels = torch.frombuffer(bytearray(shown.tobytes()), dtype=torch.uint8)
        assert torch.equal(pixels.reshape(6, 5, -1).permute(2, 0, 1), ((expected + 1) * 127.5).round().byte())
