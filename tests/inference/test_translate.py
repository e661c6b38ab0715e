"""A user's own pictures through a trained model: what goes in, what comes out, and what is refused."""

import os
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.cli import main
from ganlab.config import compose, instantiate, save_config
from ganlab.errors import UserError
from ganlab.inference import translate
from ganlab.inference.masks import Masks
from ganlab.inference.picture_files import find_pictures, targets
from ganlab.inference.translate import translate_pictures
from tests.support.translators import Answers


class Negative(Answers):
    """Makes negatives, twice as large where it is a model of super-resolution; notes what it was asked."""

    images = 1234

    def __init__(self, kind="paired", directions=("output",)):
        super().__init__(lambda batch: {"target": -batch["source"]})
        self.data_kind, self.directions, self.asked = kind, directions, []

    def convert(self, image, direction, *, mask=None, seed=0, tile=None):
        self.asked.append({"shape": tuple(image.shape), "direction": direction, "mask": mask, "tile": tile})
        if self.data_kind == "inpainting":
            return torch.where(mask.bool(), torch.ones_like(image), image)
        scale = 2 if self.data_kind == "super_resolution" else 1
        return -image.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


DATA = {
    "paired": ["model=pix2pix", "data=photos_gray"],  # takes grey pictures
    "unpaired": ["model=cyclegan", "data=fonts_unpaired", "data.b_channels=3", "model.identity_weight=0"],
    "super_resolution": [
        "model=pix2pix",
        "data=photos_sr",
        "model.source_channels=3",
        "model.target_channels=3",
    ],
    "inpainting": [
        "model=pix2pix",
        "data=photos_inpaint",
        "model.source_channels=3",
        "model.target_channels=3",
    ],
}


@lru_cache
def configuration(kind):
    return compose(DATA[kind])


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A run directory whose model is a ``Negative`` of some kind of data."""

    def make(kind="paired", directions=("output",)):
        run = tmp_path / "run"
        save_config(configuration(kind), run, overrides=[])
        model = Negative(kind, directions)
        monkeypatch.setattr(translate, "load", lambda *arguments, **options: model)
        monkeypatch.setattr("ganlab.inference.sample.load", lambda *arguments, **options: model)
        return SimpleNamespace(run=run, model=model)

    return make


@pytest.fixture
def photos(tmp_path):
    """A folder of pictures of several sizes, modes and formats."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    colours = Image.fromarray(np.arange(8 * 5 * 3).reshape(8, 5, 3).astype(np.uint8))
    turned = Image.Exif()
    turned[0x112] = 6  # a quarter turn clockwise
    colours.resize((40, 30)).save(folder / "turned.jpg", exif=turned)
    colours.convert("RGBA").save(folder / "a.png")
    colours.convert("P").save(folder / "a.gif")
    colours.convert("L").save(folder / "more" / "grey.TIF")
    Image.fromarray(np.full((4, 3), 65535, np.uint16)).save(folder / "more" / "deep.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(b"nor this")
    return folder


def size_and_format(path):
    with Image.open(path) as image:
        return image.size, image.format, image.getexif().get(0x112)


def test_names_sizes_and_formats_stay_and_photographs_stand_upright(trained, photos, tmp_path, capsys):
    run = trained()
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (photos / "empty.jpg").touch()
    out = tmp_path / "out"
    assert main(["sample", f"run={run.run}", f"input={photos}", f"output={out}"]) == 0
    said = capsys.readouterr()
    assert f"5 pictures in {out}, side by side in gallery.html; 2 skipped, named above" in said.out
    found = {
        path.relative_to(out).as_posix(): size_and_format(path)
        for path in out.rglob("[!.]*")
        if path.is_file() and "gallery" not in path.as_posix().removeprefix(str(out))
    }
    assert found == {
        "turned.jpg": ((30, 40), "JPEG", None),
        "a.png": ((5, 8), "PNG", None),
        "a.gif.png": ((5, 8), "PNG", None),
        "more/grey.TIF": ((5, 8), "TIFF", None),
        "more/deep.png": ((3, 4), "PNG", None),
    }
    with Image.open(out / "more" / "deep.png") as image:
        assert image.getextrema() == (0, 0), "white became black"
    assert {asked["shape"][1] for asked in run.model.asked} == {1}, "as many channels as the model takes"
    page = (out / "gallery.html").read_text()
    assert page.count("<figure>") == 5
    assert "more/deep.png" in page
    assert "1,234" in page


def test_a_style_is_that_of_a_reference_and_only_where_there_are_styles(trained, photos, tmp_path, capsys):
    run, out = trained(), tmp_path / "out"
    given = ["sample", f"input={photos}", f"output={out}"]
    assert main([*given, f"run={run.run}", f"reference={photos / 'a.png'}"]) == 2
    assert "only starganv2 takes a style from a picture; leave it out" in capsys.readouterr().err
    cfg = compose(
        ["model=starganv2_small", "data=fonts_domains", "data.image_size=16", "model.mapping.width=4"]
    )
    model = instantiate(cfg.model)
    read = translate.styled(model, photos / "more" / "grey.TIF", 1)["reference"]
    assert read.shape == (1, 1, 8, 5)
    assert model.convert(torch.zeros(1, 1, 30, 20), "mono", reference=read).shape == (1, 1, 30, 20)
    with pytest.raises(
        UserError, match=r"^reference=.*none\.png: no such file; expected a picture of the domain"
    ):
        translate.styled(model, photos / "none.png", 1)
    with pytest.raises(
        UserError, match="this model has direction=bold and direction=italic and direction=mono"
    ):
        translate.require_sense(model, "gothic", None)


def test_the_skipped_are_named(trained, photos, tmp_path, caplog):
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    written = translate_pictures(trained().run, photos, output=tmp_path / "out")
    assert (written.done, written.skipped) == (5, 1)
    assert [text for text in caplog.messages if text.startswith("skipped: ")] == [
        f"skipped: {photos / 'broken.png'} (not an image)"
    ]


def test_where_no_picture_works_the_first_reason_is_told(trained, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).touch()
    with pytest.raises(
        translate.UserError, match=r"none of the 2 pictures in .*; the first: .*a\.png \(not an image"
    ):
        translate_pictures(trained().run, folder, output=tmp_path / "out")
    with pytest.raises(translate.UserError, match=r"^[^;]*b\.png \(not an image"):
        translate_pictures(trained().run, folder / "b.png", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_png_loses_nothing_and_super_resolution_enlarges(trained, photos, tmp_path):
    run = trained("super_resolution")
    translate_pictures(run.run, photos / "turned.jpg", form="png", output=tmp_path / "out")
    with Image.open(tmp_path / "out" / "turned.png") as image, Image.open(photos / "turned.jpg") as given:
        assert image.size == (60, 80)
        upright = np.asarray(given.transpose(Image.Transpose.ROTATE_270)).astype(int)
        assert np.array_equal(np.asarray(image)[::2, ::2].astype(int), 255 - upright)


def test_each_direction_takes_pictures_of_its_own_channels(trained, photos):
    run = trained("unpaired", ("a_to_b", "b_to_a"))
    first = translate_pictures(run.run, photos / "a.png")
    second = translate_pictures(run.run, photos / "a.png", direction="b_to_a", tile=64)
    assert [(asked["direction"], asked["shape"][1], asked["tile"]) for asked in run.model.asked] == [
        ("a_to_b", 1, None),
        ("b_to_a", 3, 64),
    ]
    assert first.page == run.run / "generated" / "last-a-a_to_b" / "gallery.html"
    assert second.page.parent.name == "last-a-b_to_a"
    with pytest.raises(
        translate.UserError, match="direction=a_b: this model has direction=a_to_b and direction=b_to"
    ):
        translate_pictures(run.run, photos, direction="a_b")


def test_translations_are_never_translated_again(trained, photos):
    run = trained()
    for _ in range(2):
        written = translate_pictures(run.run, photos, output=photos / "out")
        assert written.done == 5


def test_holes_are_where_the_masks_say(trained, photos, tmp_path):
    run = trained("inpainting")
    masks = tmp_path / "masks" / "more"
    masks.mkdir(parents=True)
    hole = np.zeros((8, 5), np.uint8)
    hole[2:4, 1:3] = 255
    Image.fromarray(hole).save(masks / "grey.png")
    Image.fromarray(hole).save(tmp_path / "one.png")
    for given in (tmp_path / "one.png", tmp_path / "masks", "center"):
        target = tmp_path / "out" / str(len(run.model.asked))
        source = photos / "more" if given == "center" else photos
        written = translate_pictures(run.run, source, mask=str(given), output=target)
        grey = next(target.rglob("grey.TIF"))
        with Image.open(grey) as image, Image.open(photos / "more" / "grey.TIF") as original:
            made, before = np.asarray(image.convert("L")), np.asarray(original)
        if given != "center":
            assert np.array_equal(made[hole == 0], before[hole == 0]), "what is known stays bit for bit"
            assert (made[hole > 0] == 255).all()
        assert written.done == {"one.png": 3, "masks": 1, "center": 2}[getattr(given, "name", given)]
    mask = run.model.asked[-1]["mask"]
    assert mask.shape[2:] == (8, 5)
    assert mask.sum() == 2 * 2, "half of the shorter side"


def test_what_is_missing_never_reaches_the_model(trained, photos):
    run, seen = trained("inpainting"), []
    run.model.convert = lambda image, direction, *, mask, seed, tile: seen.append(image) or image
    translate_pictures(run.run, photos / "a.png", mask="centre")
    assert (seen[0][..., 3:5, 1:3] == 0).all()
    assert (seen[0][..., 0, :] != 0).any()


def test_a_picture_too_large_for_the_memory_is_skipped_with_a_remedy(trained, photos):
    run = trained()

    def too_large(image, direction, **options):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    run.model.convert = too_large
    with pytest.raises(translate.UserError, match=r"a\.png is too large for the memory; try tile=512"):
        translate_pictures(run.run, photos / "a.png")

    def bug(image, direction, **options):
        raise RuntimeError("shapes cannot be multiplied")

    run.model.convert = bug
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        translate_pictures(run.run, photos / "a.png")


def test_files_of_one_name_have_targets_of_their_own(tmp_path):
    for name in ("a.gif", "a.png", "b.jpe", "c.jpg"):
        (tmp_path / name).touch()
    found = find_pictures("input", tmp_path)
    expected = {"a.gif": "a.gif.png", "a.png": "a.png", "b.jpe": "b.png", "c.jpg": "c.jpg"}
    for form, of_c in (("keep", "c.jpg"), ("png", "c.png")):
        chosen = targets(found, tmp_path / "out", form)
        assert {path.name: target.name for path, target in chosen.items()} == {**expected, "c.jpg": of_c}


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        ("paired", ["input={here}/nowhere"], "input={here}/nowhere: no such file or folder"),
        ("paired", ["input={here}/nothing"], "nothing holds no pictures; they end in .png, .jpg"),
        ("paired", ["input={photos}", "output={photos}"], "is where the input lies: choose another folder"),
        (
            "paired",
            ["input={photos}/a.png", "output={photos}"],
            "is where the input lies: choose another folder",
        ),
        ("paired", ["input={photos}", "label=3"], "label=3 chooses what is made of noise"),
        ("paired", ["input={photos}", "mix=2"], "mix=2 chooses what is made of noise"),
        ("paired", ["standing_statistics=9"], "standing_statistics=9: this model translates pictures"),
        ("paired", ["mix=random"], "mix=random: this model translates pictures and knows"),
        ("paired", ["mix=often"], "mix=often: expected a whole number or one of random"),
        ("paired", ["label=3"], "label=3: this model translates pictures and knows no classes"),
        (
            "paired",
            ["input={photos}", "direction=a_to_b"],
            "direction=a_to_b: this model has direction=output",
        ),
        (
            "paired",
            ["direction=a_to_b"],
            "direction=a_to_b says how pictures are translated: give them with input=",
        ),
        ("paired", ["mask=center"], "give them with input=FOLDER"),
        ("paired", ["input={photos}", "mask=center"], "mask=center: this model translates whole pictures"),
        (
            "paired",
            ["input={photos}", "tile=0"],
            "tile=0: expected a number of pixels, for instance tile=512",
        ),
        ("paired", ["input={photos}", "tile=big"], "tile=big: expected a whole number"),
        ("paired", ["input={photos}", "format=gif"], "format=gif: expected one of keep, png"),
        ("inpainting", ["input={photos}"], "this model fills holes: say where, with mask=FILE"),
        ("inpainting", ["input={photos}", "mask={here}/nowhere"], "nowhere: no such file or folder"),
        (
            "inpainting",
            ["input={photos}/a.png", "mask={photos}/turned.jpg"],
            "turned.jpg has 30 x 40 pixels and",
        ),
        ("inpainting", ["input={photos}/a.png", "mask={photos}/more"], "a.png has no mask of its name in"),
        ("inpainting", ["input={photos}/a.png", "mask={here}/m", "output={here}/m"], "m would overwrite"),
    ],
)
def test_mistakes_get_one_sentence(trained, photos, tmp_path, capsys, kind, words, sentence):
    run = trained(kind)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "m").mkdir()
    Image.new("L", (5, 8)).save(tmp_path / "m" / "a.png")
    before = sorted(path for path in tmp_path.rglob("*"))
    filled = [word.format(here=tmp_path, photos=photos) for word in words]
    code = main(["sample", f"run={run.run}", *filled])
    said = capsys.readouterr().err
    assert code == 2
    assert sentence.format(here=tmp_path) in said
    assert "Traceback" not in said
    assert sorted(path for path in tmp_path.rglob("*")) == before, "nothing was written"


def test_pictures_for_a_model_that_makes_them_of_noise(trained, photos, monkeypatch, capsys):
    run = trained()
    monkeypatch.setattr(translate, "load", lambda *arguments, **options: object())
    assert main(["sample", f"run={run.run}", f"input={photos}"]) == 2
    assert "holds a model that makes pictures of noise, and translates none" in capsys.readouterr().err


def test_without_pictures_of_ones_own_the_held_out_examples_are_shown(trained, tmp_path, capsys):
    run = trained()
    run.model.panels = lambda batch: {"input": batch["source"], "output": -batch["target"]}
    assert main(["sample", f"run={run.run}", "n=3"]) == 0
    page = run.run / "generated" / "last-held-out" / "gallery.html"
    assert f"held-out examples in {page}" in capsys.readouterr().out
    assert page.read_text().count("<figure>") == 3
    assert len(list((page.parent / "gallery").glob("*.png"))) == 6


def test_T11_pipes_and_devices_are_not_waited_for(trained, photos, tmp_path, caplog):
    os.mkfifo(photos / "pipe.png")
    (photos / "a.png").with_name(os.fsdecode(b"\xff.png")).write_bytes((photos / "a.png").read_bytes())
    (photos / "camera.dng").touch()
    written = translate_pictures(trained().run, photos, output=tmp_path / "out")
    assert (written.done, written.skipped) == (5, 0)
    for name in ("pipe.png", "\\udcff.png", "camera.dng"):
        assert f"1 left out ({name}): " in caplog.text
    with pytest.raises(UserError, match="its name is no text in UTF-8"):
        translate_pictures(trained().run, photos / os.fsdecode(b"\xff.png"), output=tmp_path / "out")
    for given in (photos / "pipe.png", Path("/dev/zero")):
        with pytest.raises(UserError, match="neither a file nor a folder, but a pipe or a device"):
            translate_pictures(trained().run, given, output=tmp_path / "out")
    with pytest.raises(UserError, match=r"mask=/dev/zero: neither a file nor a folder"):
        Masks("/dev/zero")
