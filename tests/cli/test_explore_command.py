"""``ganlab explore``: each tool writes its pictures, mistakes are one sentence, nothing is lost."""

import json

import pytest
from PIL import Image
from safetensors import safe_open

from ganlab.cli import main
from ganlab.config import compose
from ganlab.config.explore import TOOLS
from ganlab.inference.export.formats import export
from ganlab.training.run import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explored") / "run"
    words = ["model=mlp_gan", "model/prior=normal", "data.image_size=8", "trainer=cpu", "trainer.max_steps=2"]
    words += ["callbacks.samples.n=4", "metrics=none"]
    train(compose(words), folder)
    return folder


def explore(capsys, *words):
    code = main(["explore", *words])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["interpolate", "numbers=[1,2,3]", "frames=3"], {"interpolation.png", "interpolation.gif"}),
        (["interpolate", "video=none", "loop=true"], {"interpolation.png"}),
        (["interpolate", "video=mp4"], {"interpolation.png", "interpolation.mp4"}),
        (["arithmetic", "a=[0,1]", "b=[2]", "c=[3]"], {"arithmetic.png", "answer.png"}),
        (["directions", "names=[slant]", "k=3"], {"directions.png", "directions.safetensors"}),
        (["edit", "direction=slant", "numbers=[1]"], {"edit.png"}),
        (
            ["truncation", "bounds=[2,0.5]", "columns=3", "metrics=swd", "metrics.swd.n_fake=256"],
            {"truncation.png", "truncation.json"},
        ),
        (["neighbours", "n=12", "k=2"], {"neighbours_pixels.png", "neighbours.csv"}),
        (
            ["neighbours", "n=12", "k=2", "metrics=digits"],
            {"neighbours_pixels.png", "neighbours_digits.png", "neighbours.csv"},
        ),
    ],
)
def test_each_tool_writes_its_pictures(run, capsys, words, files):
    code, text = explore(capsys, words[0], f"run={run}", *words[1:])
    assert code == 0, text
    folder = run / "generated" / f"last-{words[0]}"
    assert f"written to {folder}" in text
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == files
    plain = folder / "plain.txt"
    plain.write_text("as any file of this user's")
    assert {(folder / name).stat().st_mode for name in files} == {plain.stat().st_mode}
    plain.unlink()
    for name in files:
        if name.endswith((".png", ".gif")):
            with Image.open(folder / name) as image:
                assert min(image.size) >= 20
    if "interpolation.gif" in files:
        with Image.open(folder / "interpolation.gif") as image:
            assert image.n_frames == 5  # two legs of three, the middle once
    if "interpolation.mp4" in files:
        assert (folder / "interpolation.mp4").read_bytes()[4:8] == b"ftyp"
    if "truncation.json" in files:
        assert [entry["bound"] for entry in json.loads((folder / "truncation.json").read_text())] == [2, 0.5]
    if "directions.safetensors" in files:
        with safe_open(folder / "directions.safetensors", "pt") as file:
            assert json.loads(file.metadata()["names"]) == ["slant", "1", "2"]


def test_a_picture_is_projected_and_a_class_table_needs_classes(run, tmp_path, capsys):
    Image.new("L", (20, 20), 128).save(tmp_path / "grey.png")
    code, text = explore(
        capsys, "project", f"run={run}", f"input={tmp_path / 'grey.png'}", "steps=3", "starts=2"
    )
    assert code == 0, text
    assert "by pixels: " in text
    assert (run / "generated" / "last-project" / "latents.safetensors").is_file()
    code, text = explore(capsys, "directions", f"run={run}", "k=2", f"output={tmp_path / 'found'}")
    assert code == 0, text
    words = ["edit", f"run={run}", f"directions={tmp_path / 'found' / 'directions.safetensors'}"]
    words += [f"latents={run / 'generated' / 'last-project'}", f"output={tmp_path / 'edited'}"]
    code, text = explore(capsys, *words, "amounts=[0,2]")
    assert code == 0, text
    assert "your picture, and what was found along direction 0, by 0, 2" in text
    assert (tmp_path / "edited" / "edit.png").is_file()
    code, text = explore(capsys, *words, "numbers=[1]")
    assert (code, "has pictures 0 to 0, and no 1" in text) == (2, True)
    code, text = explore(capsys, "codes", f"run={run}")
    assert (code, "knows neither classes nor captions nor codes" in text) == (2, True)


def test_a_failure_leaves_the_pictures_of_an_earlier_command(run, capsys):
    assert explore(capsys, "interpolate", f"run={run}", "output=null")[0] == 0
    folder = run / "generated" / "last-interpolate"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, text = explore(capsys, "interpolate", f"run={run}", "numbers=[99]")
    assert (code, "99 is none of the samples 0 to 63" in text) == (2, True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_somebody_elses_folder_is_refused_before_anything_is_computed(run, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.png").write_bytes(b"mine")
    code, text = explore(capsys, "interpolate", f"run={run}", f"output={tmp_path / 'mine'}")
    assert (code, "holds 1 pictures or pages" in text) == (2, True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "explore: with which tool? There are arithmetic, codes,"),
        (["interpolat"], "interpolat is no tool; did you mean interpolate?"),
        (["interpolate"], "which run?"),
        (["interpolate", "frames=1"], "frames=1: expected a whole number from 2 to 1,000"),
        (["interpolate", "frame=4"], "frame: no such key; did you mean frames?"),
        (
            ["edit", "directions=nowhere.safetensors"],
            "there is no nowhere.safetensors: find directions first",
        ),
        (["directions", "k=1", "names=[a,b]"], "at most k=1 directions can be named"),
        (["arithmetic", "a=[1]", "b=[2]"], "c has no value yet: give it, for instance c=..."),
        (["interpolate", "--fast"], "ganlab explore --fast: no such flag"),
    ],
)
def test_mistakes_are_one_sentence(run, capsys, words, sentence):
    place = [f"run={run}"] if len(words) > 1 else []
    code, text = explore(capsys, *words[:1], *place, *words[1:])
    assert code == 2
    assert sentence in text
    assert text.count("\n") == 1


def test_an_export_is_explored_as_a_run_is_and_knows_no_data(run, tmp_path, capsys):
    shared = export(run, output=tmp_path / "shared").folder
    code, text = explore(capsys, "interpolate", f"run={shared}", f"output={tmp_path / 'out'}")
    assert code == 0, text
    assert (tmp_path / "out" / "interpolation.png").is_file()
    code, text = explore(capsys, "neighbours", f"run={shared}", f"output={tmp_path / 'out2'}")
    assert (code, "knows no data: name some, as in data=digits" in text) == (2, True)
    words = [f"run={shared}", "data=digits", f"output={tmp_path / 'out2'}", "n=20"]
    code, text = explore(capsys, "neighbours", *words)
    assert (code, "set data.image_size" in text) == (2, True)


def test_numbers_stand_below_the_samples(run, tmp_path):
    for words, height in ((["numbered=true"], 78), ([], 10)):
        assert main(["sample", f"run={run}", "n=4", f"output={tmp_path / 'out'}", *words]) == 0
        with Image.open(tmp_path / "out" / "grid.png") as image:
            assert image.height % (2 * height + 2) == 0


def test_every_tool_has_a_page_of_keys():
    from ganlab.config.compose.paths import config_dir

    assert {path.stem for path in (config_dir() / "explore").glob("*.yaml")} == set(TOOLS)
