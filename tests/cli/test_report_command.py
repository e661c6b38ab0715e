"""``ganlab report``, and that the lines on a page do what they say."""

import shlex

import pytest

from tests.support.pages import Page

NARROW = ["model.generator.width=4", "model.discriminator.width=4", "callbacks.samples.gallery=2"]
TINY = ["debug=tiny", "callbacks.samples.n=4", "hydra.run.dir=run"]


def lines_of(page: Page) -> list[list[str]]:
    """The words of each line to paste."""
    return [shlex.split(words) for words in page.texts if words.startswith("ganlab ")]


@pytest.mark.parametrize(
    ("model", "commands"),
    [
        (
            ["model=vanilla", "metrics.digits.n_fake=100"],
            ["resume=run", "sample", "evaluate", "explore", "export"],
        ),
        (["model=pix2pix", "data=fonts_paired", "metrics=none", *NARROW], ["resume=run", "sample", "export"]),
    ],
    ids=["images", "translation"],
)
def test_a_run_s_page_and_every_line_on_it(ganlab, pages, tmp_path, monkeypatch, model, commands):
    monkeypatch.setattr("ganlab.config.runs.pasted.program", lambda: "ganlab")
    answer = ganlab(*model, *TINY)
    assert answer.code == 0, answer.err
    page = Page(tmp_path / "run" / "report.html")
    assert {"finished", *model[0].split("=")} <= set(page.texts)
    assert (len(page.all("figure")) > len(page.all("svg")) + 1) is (model[0] == "model=pix2pix")
    lines = lines_of(page)
    assert [line[1] for line in lines] == commands
    for line in lines:
        answer = ganlab(*line[1:])
        assert answer.code == 0, answer.err
    (tmp_path / "run" / "report.html").unlink()
    answer = ganlab("report", "run=run")
    assert answer.out == "written to run/report.html and run/curves.png\n"
    assert answer.code == 0
    assert lines_of(Page(tmp_path / "run" / "report.html"))[0][:2] == ["ganlab", "resume=run"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which run? Give run=DIRECTORY"),
        (["run=nowhere"], "nowhere does not exist"),
        (["run=nowhere", "output=x"], "ganlab report output=x: the only option is run=DIRECTORY"),
        (["--all"], "ganlab report --all: no such flag"),
    ],
)
def test_a_mistake_is_one_sentence(ganlab, words, said):
    answer = ganlab("report", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_the_page_of_a_run_from_elsewhere_builds_nothing_of_it(ganlab, pages, trained, tmp_path, monkeypatch):
    assert ganlab("model=vanilla", "hydra.run.dir=run").code == 0
    config = tmp_path / "run" / ".hydra" / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace("ganlab.models.images.gan.StandardGAN", "tests.support.payloads.touch"))
    assert config.read_text() != text
    answer = ganlab("report", "run=run")
    assert answer.code == 0, answer.err
    page = Page(tmp_path / "run" / "report.html")
    assert "not ended" in page.texts
    assert "without lines to go on with it: run would run tests.support.payloads.touch" in answer.out
    assert "To go on" not in page.texts
    assert "GANLAB_TRUST=" not in page.words
