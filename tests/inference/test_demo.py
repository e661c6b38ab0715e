"""The page of a model: its pictures are those of the commands, and only this machine sees it."""

import shlex
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.cli import main
from ganlab.config import save_config
from ganlab.errors import UserError
from ganlab.inference.demo.drawing import Asked, Drawing
from ganlab.inference.demo.page import asked_by, translating_controls
from ganlab.inference.demo.serve import served
from ganlab.inference.demo.translating import Translating
from ganlab.inference.latents.origins import originals, pictures
from ganlab.inference.latents.source import source
from ganlab.inference.load import load
from ganlab.inference.notebook import picture
from tests.support.pages import dumped
from tests.support.runs import fit, saved_run, tiny_config


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return saved_run(tmp_path_factory.mktemp("demo") / "a run")


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A run of a model that knows classes by name."""
    folder = tmp_path_factory.mktemp("demo") / "labelled"
    return one_step(folder, "model=cgan", "data.image_size=8")


def one_step(folder, *words):
    cfg = tiny_config(*words, "trainer.max_steps=1")
    fit(cfg, folder)
    save_config(cfg, folder, [])
    return folder


def same(one: Image.Image, other: Image.Image) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def test_the_page_draws_what_sample_draws_and_says_the_command(labelled, capsys, monkeypatch):
    drawing = Drawing(source(labelled))
    assert drawing.classes == [str(digit) for digit in range(10)]
    assert drawing.truncations == list(drawing.model.truncations)
    asked = Asked(seed=3, n=4, label="7", truncation=0.5)
    shown = drawing.draw(asked)
    expected = drawing.model.sample(4, seed=3, label=7, truncation=0.5)
    assert same(shown, picture(expected, columns=2))
    assert not same(shown, drawing.draw(Asked(seed=3, n=4, label="7")))  # each control counts
    assert not same(shown, drawing.draw(Asked(seed=3, n=4, label="6", truncation=0.5)))
    command = shlex.split(drawing.command(asked))
    assert main(command[command.index("sample") :]) == 0
    folder = labelled / "generated" / "last-seed3-label7-truncation0.5"
    drawn = [np.asarray(Image.open(path)) for path in sorted(folder.glob("0*.png"))]
    assert np.array_equal(drawn, ((expected[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy())


def test_a_direction_moves_the_noise_along_itself(run):
    drawing = Drawing(source(run))
    z, *rest = originals(drawing.model, [0], n=1, seed=5)
    moved = drawing.draw(Asked(seed=5, n=1, amounts=[0, 2.0]))
    assert same(moved, picture(pictures(drawing.model, z + 2 * drawing.vectors[1], *rest), columns=1))
    assert not same(moved, drawing.draw(Asked(seed=5, n=1)))
    assert drawing.command(Asked(seed=5, n=1, amounts=[0, 2.0])).startswith("# moved along directions")
    assert "label" not in drawing.command(Asked(seed=5, n=1))


def test_what_the_controls_say():
    names = ["seed", "n", "label", "truncation", "0", "1"]
    assert asked_by(names, (4, 9, "", "", 0, 1.5)) == Asked(seed=4, n=9, amounts=[0.0, 1.5])
    assert asked_by(names, (4, 9, "7", "0.5", 0, 0)).truncation == 0.5
    assert asked_by(names, (4, 9, "none", "0", 0, 0)) == Asked(
        seed=4, n=9, label="none", truncation=0.0, amounts=[0.0, 0.0]
    )  # a class may be called so
    assert asked_by(["seed", "n", "caption"], (4, 9, " any ")).caption == "any"


@pytest.fixture(scope="module")
def enlarging(tmp_path_factory):
    """A run of a model of super-resolution."""
    folder = tmp_path_factory.mktemp("demo") / "enlarges"
    return one_step(folder, "model=srresnet", "data=photos_sr")


def test_a_picture_of_ones_own_is_translated(enlarging):
    folder, translating = enlarging, Translating(load(enlarging), enlarging)
    Image.new("RGBA", (13, 9), "red").save(folder / "mine.png")
    scale = load(folder).networks()["output"].scale
    assert translating.translate(folder / "mine.png").size == (13 * scale, 9 * scale)
    (folder / "no.png").write_text("no picture")
    with pytest.raises(UserError, match=r"no\.png"):
        translating.translate(folder / "no.png")


def test_a_map_of_labels_is_drawn_as_the_command_draws_it(tmp_path):
    small = ["model.generator.width=4", "model.discriminator.width=4", "data.image_size=16"]
    folder = one_step(tmp_path / "run", "model=spade", "data=shapes_semantic", *small)
    ids = torch.arange(256).reshape(16, 16) % 3
    Image.fromarray(ids.numpy().astype(np.uint8)).save(tmp_path / "ids.png")
    shown = Translating(load(folder), folder).translate(tmp_path / "ids.png", seed=3)
    assert (
        main(["sample", f"run={folder}", f"input={tmp_path / 'ids.png'}", f"output={tmp_path}/out", "seed=3"])
        == 0
    )
    assert same(shown, Image.open(tmp_path / "out" / "ids.png"))


def test_a_style_is_drawn_or_taken_from_a_picture(tmp_path):
    words = ["data=fonts_domains", "data.characters=digits", "data.image_size=16", "model.generator.width=4"]
    narrow = ["model.discriminator.width=4", "model.encoder.width=4", "model.mapping.width=8"]
    folder = one_step(tmp_path / "run", "model=starganv2_small", *words, *narrow)
    for name, value in (("mine", 200), ("like", 90)):
        Image.new("L", (16, 16), value).save(tmp_path / f"{name}.png")
    translating = Translating(load(folder), folder)
    assert set(translating_controls(translating)) == {"picture", "direction", "reference", "seed"}
    drawn, again, other, like = (
        translating.translate(tmp_path / "mine.png", direction="mono", **options)
        for options in ({"seed": 1}, {"seed": 1}, {"seed": 2}, {"reference": tmp_path / "like.png"})
    )
    assert same(drawn, again)
    assert not same(drawn, other)
    assert not same(drawn, like)


def test_the_page_is_on_this_machine_and_gone_afterwards(labelled, tmp_path):
    from gradio_client import Client

    with served(labelled) as address:
        assert address.startswith("http://127.0.0.1:")
        client = Client(address, verbose=False, download_files=str(tmp_path))
        shown, command = client.predict(5, 4, "7", "", *[0] * 5, api_name="/draw")
        drawing = Drawing(source(labelled))
        assert same(Image.open(shown).convert("L"), drawing.draw(Asked(seed=5, n=4, label="7")).convert("L"))
        assert command == drawing.command(Asked(seed=5, n=4, label="7"))
        taken = int(address.split(":")[2].strip("/"))
        with (
            pytest.raises(UserError, match=r"port=\d+ is taken"),
            served(labelled, port=taken),
        ):
            pass
        text = dumped(address, tmp_path, "--virtual-time-budget=10000")
    for label in ("cgan on digits", "seed", "class", "truncation", "directions", "the same in a shell"):
        assert label in text
    with pytest.raises(OSError, match="refused"):
        urlopen(address)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which run? Give run=DIRECTORY"),
        (["run=nowhere"], "nowhere does not exist"),
        (["run=nowhere", "port=0"], "port=0: "),
    ],
)
def test_a_mistake_is_one_sentence(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_missing_package_is_a_sentence_with_its_remedy(run, monkeypatch):
    monkeypatch.setattr("ganlab.inference.demo.serve.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'ganlab\[demo\]'"), served(run):
        pass


def test_an_upload_that_is_no_picture_is_a_sentence_on_the_page(enlarging, tmp_path):
    from gradio_client import Client, handle_file

    (tmp_path / "no.png").write_text("no picture")
    Image.new("RGB", (8, 6), "red").save(tmp_path / "mine.png")
    with served(enlarging) as address:
        client = Client(address, verbose=False, download_files=str(tmp_path))
        with pytest.raises(Exception, match=r"no\.png \(not an image\)"):
            client.predict(handle_file(str(tmp_path / "no.png")), 0, api_name="/translate")
        with pytest.raises(Exception, match="first a picture"):
            client.predict(None, 0, api_name="/translate")
        shown = client.predict(handle_file(str(tmp_path / "mine.png")), 0, api_name="/translate")
    expected = Translating(load(enlarging), enlarging).translate(tmp_path / "mine.png")
    assert same(Image.open(shown), expected)
