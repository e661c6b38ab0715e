"""The notebooks and the script of examples/ run from their first line to their last, at tiny size."""

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
TINY = {
    "images": {"STEPS": 2, "SIZE": 8, "SAMPLES": 100},
    "points": {"STEPS": 2, "FRAMES": 1},
    "captions": {"STEPS": 2, "WIDTH": 4, "SAMPLES": 100},
    "translation": {"STEPS": 2, "WIDTH": 4},
}


def cells(name: str) -> list[dict]:
    return json.loads((EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]


def execute(cell: dict, scope: dict, where: str) -> object:
    """Run a cell in ``scope``; what its last line is worth, which a notebook would show."""
    tree = ast.parse("".join(cell["source"]))
    shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), scope)
    return eval(compile(ast.Expression(shown.value), where, "eval"), scope) if shown else None


def test_there_is_a_notebook_for_each_wing():
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(TINY)


@pytest.mark.parametrize("name", TINY)
def test_a_notebook_runs_and_draws(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    from matplotlib import pyplot

    scope, pictures = {}, []
    for number, cell in enumerate(cells(name)):
        if cell["cell_type"] != "code":
            continue
        shown = execute(cell, scope, f"{name}.ipynb, cell {number}")
        if "parameters" in cell["metadata"].get("tags", []):
            assert TINY[name].keys() <= scope.keys()
            scope.update(TINY[name])
        pictures += [shown] if isinstance(shown, Image.Image) else []
    assert len(pictures) + len(pyplot.get_fignums()) >= 3
    assert all(len(set(picture.convert("L").tobytes())) > 2 for picture in pictures), "something is on each"
    pyplot.close("all")


@pytest.mark.parametrize("name", TINY)
def test_no_notebook_keeps_what_it_showed(name):
    assert all(not cell.get("outputs") for cell in cells(name))
    assert cells(name)[0]["cell_type"] == "markdown"


def test_the_banana_is_animated_and_its_chains_know_where_it_is(tmp_path):
    spec = importlib.util.spec_from_file_location("metropolis_example", EXAMPLES / "metropolis.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    lines = example.animation(tmp_path / "banana.gif", steps=50, frames=3)
    assert [line.partition(":")[0] for line in lines] == ["steps of 0.1", "steps of 1", "steps of 10"]
    with Image.open(tmp_path / "banana.gif") as picture:
        assert picture.n_frames == 3
    timid, right, bold = (example.chain(width, 4_000) for width in example.WIDTHS)
    taken = [float(moved.double().mean()) for _, moved in (timid, right, bold)]
    assert taken[0] > 0.8 > taken[1] > 0.3 > 0.1 > taken[2]
    states = right[0][400:]
    assert states.mean(0).abs().max() < 1.2  # (0, 0), four errors of so short a chain
    assert states[:, 0].std() == pytest.approx(example.SPREAD, rel=0.2)


OWN = EXAMPLES / "own"


@pytest.fixture(scope="module")
def own_run(tmp_path_factory) -> Path:
    """A run of seconds in which everything is one's own."""
    from ganlab.cli import main

    folder = tmp_path_factory.mktemp("own")
    words = ["model=matching", "model/generator=resizing", "model/loss=absolute", "data=stripes"]
    words += ["callbacks=diary", "callbacks.diary.every_steps=2", "callbacks.log.every_steps=2", "debug=tiny"]
    words += ["data.image_size=8", "data.count=16", "metrics.contrast.n_fake=8", "model.generator.width=4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["--config-dir", str(OWN), *words]) == 0
    return next(folder.glob("outputs/matching-stripes/*"))


def test_a_run_of_one_s_own_parts_is_scored_logged_and_noted(own_run):
    results = json.loads((own_run / "results.json").read_text(encoding="utf-8"))
    score = results["scores"]["contrast"]
    assert 0 <= score["last"]["value"] <= 1
    assert score["floor"] < 0.5
    assert "generator/matching" in (own_run / "metrics.csv").read_text(encoding="utf-8")
    assert re.match(r"\d+ images: D \d", (own_run / "diary.txt").read_text(encoding="utf-8"))
    assert len((own_run / "diary.txt").read_text(encoding="utf-8").splitlines()) == 2


def test_a_run_of_one_s_own_parts_is_sampled(own_run):
    import ganlab

    assert ganlab.load(own_run, config_dirs=[OWN]).sample(3, seed=0).shape == (3, 1, 8, 8)


def test_the_page_shows_each_file_as_it_is():
    page = (EXAMPLES.parent / "docs" / "extend.md").read_text(encoding="utf-8")
    shown = dict(
        re.findall(r"^```(?:python|yaml)\n# examples/own/(\S+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    )
    files = [
        path for path in sorted(OWN.rglob("*")) if path.suffix in (".py", ".yaml") and path.stem != "__init__"
    ]
    assert len(files) == 12
    assert {str(path.relative_to(OWN)): path.read_text(encoding="utf-8") for path in files} == shown
