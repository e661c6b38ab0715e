"""``ganlab compare`` and ``ganlab list runs``: which runs are meant, what is written, and every mistake."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.support.pages import Page
from tests.support.results import score


@pytest.fixture
def runs(tmp_path):
    """A sweep of twelve runs, and one beside it."""

    def write(folder: Path, model: str, seed: int, value: float, **results) -> None:
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "config.yaml").write_text(
            f"chosen: {{model: {model}, data: digits}}\nseed: {seed}\n"
        )
        (folder / ".hydra" / "overrides.yaml").write_text(json.dumps([f"model={model}", f"seed={seed}"]))
        told = {"model": model, "data": "digits", "seed": seed, "status": "finished", "steps": 60, "last": {}}
        (folder / "results.json").write_text(
            json.dumps(told | {"scores": {"fid": score(value, value)}} | results)
        )

    for number in range(12):
        model, seed = "abc"[number % 3], number // 3
        write(tmp_path / f"outputs/sweeps/s/{number}_model={model}_seed={seed}", model, seed, 5.0 + number)
    write(tmp_path / "outputs/d-digits/now", "d", 0, 1.0)
    return tmp_path / "outputs" / "sweeps" / "s"


def test_a_sweep_is_compared_on_a_page_in_its_folder(ganlab, pages, runs):
    answer = ganlab("compare", "outputs/sweeps/s")
    assert (answer.code, answer.out) == (0, "12 runs compared on outputs/sweeps/s/compare.html\n")
    assert {"a", "b", "c", "outputs/sweeps/s", "9.50 ± 3.87"} <= set(Page(runs / "compare.html").texts)
    assert ganlab("compare", "outputs/sweeps/s").code == 0  # anew


def test_runs_are_named_by_folder_pattern_and_time_each_once(ganlab, pages, runs, tmp_path):
    answer = ganlab(
        "compare",
        "outputs/sweeps/s/1*_model=*",
        "latest:d",
        "outputs/sweeps/s/10_model=b_seed=3",
        "format=csv",
    )
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert [line.split(",")[0] for line in lines[1:]] == ["d", "b", "c"]  # of the runs 1, 10 and 11, and of d
    assert not (tmp_path / "compare.html").exists()
    answer = ganlab("compare", "latest:d", "outputs/sweeps/s/0_model=a_seed=0", "output=two.html")
    assert (answer.code, answer.out) == (0, "2 runs compared on two.html\n")


def test_a_table_alone_goes_to_the_screen_or_into_a_file(ganlab, runs, tmp_path):
    assert ganlab("compare", "outputs/sweeps/s", "format=md").out.startswith(
        "12 runs of 3 settings, with data=digits\n"
    )
    answer = ganlab("compare", "outputs/sweeps/s", "format=latex", "output=table.tex")
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / "table.tex").read_text().startswith(r"\begin{tabular}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which runs? Give run directories, a sweep's folder, or a pattern"),
        (["nowhere"], "nowhere does not exist; "),
        (["outputs/*/nothing*"], "outputs/*/nothing* matches no run"),
        (["latest:e"], "latest:e: no run below outputs/ is of that model"),
        (["empty"], "empty holds no run"),
        (
            ["outputs/d-digits"],
            "is one run, and a comparison takes two or more; ganlab report run=outputs/d-digits/now",
        ),
        (["outputs/sweeps/s", "format=pdf"], "format=pdf: no such format; there is csv, html, latex, md"),
        (
            ["outputs/sweeps/s", "x=1"],
            "ganlab compare x=1: options are format=html|md|csv|latex and output=FILE",
        ),
        (
            ["outputs/sweeps/s", "output=mine.html"],
            "mine.html is there already and is no comparison of ganlab's",
        ),
        (
            ["outputs/sweeps/s", "output=no/where.html"],
            "no/where.html cannot be written (No such file or directory)",
        ),
        (["outputs/sweeps/s", "--all"], "ganlab compare --all: no such flag"),
    ],
)
def test_a_mistake_is_one_sentence(ganlab, pages, runs, tmp_path, words, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    answer = ganlab("compare", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"


def test_list_runs_shows_the_newest_first_with_state_and_main_score(ganlab, runs, tmp_path):
    for number, folder in enumerate(sorted(runs.glob("*/"))):
        os.utime(folder / ".hydra" / "config.yaml", (number, number))
    for name, owner in {"0_model=a_seed=0": os.getpid(), "1_model=b_seed=0": 2**22 + 1}.items():
        (runs / name / "results.json").unlink()
        (runs / name / ".owner").write_text(f"process {owner} on {socket.gethostname()}")
    (runs / "0_model=a_seed=0" / "metrics.csv").write_text("step,val/fid_digits\n1200,31.25\n2400,\n")
    answer = ganlab("list", "runs")
    heading, first, *others = answer.out.splitlines()
    assert heading.split() == ["run", "state", "steps", "score", "last", "best"]
    assert first.split() == ["outputs/d-digits/now", "finished", "60", "fid", "1", "1"]
    assert [line.split()[0].rpartition("/")[2] for line in others] == [
        folder.name for folder in sorted(runs.glob("*/"), reverse=True)
    ]
    states = {line.split()[0].rpartition("/")[2]: line.split(None, 1)[1] for line in others}
    assert states["0_model=a_seed=0"].split() == ["running", "2,400", "fid_digits", "31.25", "–"]
    assert states["1_model=b_seed=0"] == "not ended"


def test_list_runs_says_where_there_are_none(ganlab):
    answer = ganlab("list", "runs")
    assert (answer.code, answer.out) == (0, "there are no runs below outputs/ yet: start one with ganlab\n")
