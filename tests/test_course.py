"""The chapters of docs/course: their programs run from first line to last at tiny size, and draw their figure."""

import re
from pathlib import Path

import pytest
from PIL import Image

from ganlab.config import compose

COURSE = Path(__file__).parents[1] / "docs" / "course"
SMALL = ["debug=tiny", "data.batch_size=8"]
TINY = {
    "chains": {"STEPS": 100, "CHAINS": 20, "LESSONS": 10, "BATCH": 64},
    "game": {"STEPS": 60, "BATCH": 256},
    "saturating": {"MOVES": 3, "STEPS": 2, "SEEDS": 1, "EXTRA": [*SMALL, "metrics.digits.n_fake=100"]},
    "collapse": {"STEPS": 2, "SEEDS": 1, "EXTRA": [*SMALL, "metrics.modes.n_fake=100"]},
    "rules": {"STEPS": 2, "SEEDS": 1, "EXTRA": [*SMALL, "metrics.digits.n_fake=100"]},
    "latent": {"SAMPLES": 200},
    "conditions": {"SAMPLES": 200},
    "measuring": {"IMAGES": 60, "SEEDS": 2},
}
FEWER = {
    "none",
    "Wasserstein",
    "pairs, R1, R2",
    "no norm in G",
}  # of what chapters compare
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (COURSE / f"{name}.md").read_text(encoding="utf-8")


def test_every_chapter_is_named_by_the_course_and_tried():
    assert {path.stem for path in COURSE.glob("*.md")} - {"README"} == TINY.keys()
    assert re.findall(r"\]\((\w+)\.md\)", text_of("README")) == list(TINY)


def compose_all(name: str, table: dict, folder: Path) -> None:
    own = [folder / "own"] if (folder / "own").exists() else []
    begin = ["model=dcgan"] if name == "rules" else ["experiment=ring", "model=plane_gan"]
    for words in table.values():
        compose([*begin, *words], config_dirs=own)


@pytest.mark.parametrize("name", TINY)
def test_a_chapter_runs_and_draws_its_figure(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    first, *blocks = BLOCK.findall(text_of(name))
    scope: dict = {}
    exec(first, scope)
    assert TINY[name].keys() <= scope.keys()
    scope |= TINY[name]
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{name}.md, block {number}", "exec"), scope)
        for table in {"REMEDIES", "WITHOUT"} & scope.keys():
            compose_all(name, scope[table], tmp_path)
            scope[table] = {key: words for key, words in scope[table].items() if key in FEWER}
    from matplotlib import pyplot

    pyplot.close("all")
    with Image.open(scope["FIGURE"]) as figure:
        assert len(set(figure.convert("L").tobytes())) > 2
    assert f"images/course-{name}.png" in text_of(name)
    if name == "game":  # the one that is exact enough in a second
        rows = re.findall(
            r"^ +([\d.]+) +([\d.]+) +(-[\d.]+) +(-[\d.]+)$", capsys.readouterr().out, re.MULTILINE
        )
        assert [float(row[0]) for row in rows] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
        for _, divergence, theory, value in rows:
            assert float(theory) == pytest.approx(-1.386 + 2 * float(divergence), abs=0.003)
            assert float(value) == pytest.approx(float(theory), abs=0.05)
