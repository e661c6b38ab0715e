"""The page of a comparison: what is on it, that it sorts, and that no name in a run becomes part of it."""

import json

import numpy as np
import pytest
from PIL import Image

from ganlab.report import collect, latex, table
from ganlab.report.columns import Mean
from ganlab.report.compare.means import along, mean_curve
from ganlab.report.compare.pairs import difference
from ganlab.report.history import History
from ganlab.report.runs import read_mapping
from tests.support.pages import Page, asked, write_comparison
from tests.support.results import score

ATTACK = "<script>document.title='taken'</script>\"'&"


@pytest.fixture
def four(write):
    """Two settings of two seeds each, with all that their directories hold."""
    folders = []
    for model, values in {"a": (8.0, 8.5), "b": (6.0, 7.0)}.items():
        for seed, value in enumerate(values, 1):
            scores = {"fid": score(value, value), "kid": score(0.1, 0.1 * seed)}
            run = write(f"model={model}", f"seed={seed}", scores=scores)
            config = {
                "chosen": {"model": model},
                "seed": seed,
                "model": {"width": {"a": 8, "b": 16}[model], "same": 1},
            }
            (run / ".hydra" / "config.yaml").write_text(json.dumps(config))
            rows = "".join(f"{n},{n * 64},{n + seed}.0,{value + 10 - n},{n / 10}\n" for n in (1, 5, 10))
            head = "step,images,seconds,val/fid,progress/evaluation_seconds\n"
            (run / "metrics.csv").write_text(head + rows)
            (run / "samples").mkdir()
            for images in (0, 64, 128 if model == "a" else 192, 256):
                Image.new("RGB", (8, 8), (seed, images // 4, 0)).save(run / "samples" / f"{images:010d}.png")
            (run / "ganlab.log").write_text(f"2026-01-01 10:00:01,000 WARNING {model} is alike\n")
            folders.append(run)
    return folders


def written(folders, tmp_path, name="four"):
    path = tmp_path / "compare.html"
    write_comparison(table(collect(folders)), path, name)
    return path


def test_a_page_has_settings_curves_differences_pictures_keys_and_warnings(four, tmp_path):
    page = Page(written(four, tmp_path))
    assert {"four", "b", "6.50 ± 0.71", "8.25 ± 0.35", "4.90", "fid ↓ best", "kid ↓ last"} <= set(page.texts)
    labels = [chart["aria-label"] for chart in page.all("svg")]
    assert labels == ["fid"] * 3
    assert sum(words.startswith("+1.75 [") and "*" not in words for words in page.texts) == 1
    assert {"model.width", "16", "8"} <= set(page.texts)
    assert "model.same" not in page.texts
    assert [image["alt"] for image in page.all("img")] == [
        "0 images seen",
        "64 images seen",
        "256 images seen",
    ] * 2
    assert {"b seed 1, b seed 2: b is alike", "a seed 1, a seed 2: a is alike"} <= set(page.texts)
    sources = [
        attributes.get(key, "") for _, attributes in page.tags for key in ("src", "href", "xlink:href")
    ]
    assert [source for source in sources if source and not source.startswith(("data:image/", "#"))] == []


def test_differences_have_welch_s_interval():
    from scipy.stats import ttest_ind

    one, other = [27.5, 21.0, 19.0, 23.6], [27.1, 22.0, 20.8, 23.4, 21.6]
    means = [Mean(float(np.mean(v)), float(np.std(v, ddof=1)), len(v)) for v in (one, other)]
    found = difference(*means)
    expected = ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert not found.is_clear
    assert difference(Mean(3.0, 0.1, 5), Mean(1.0, 0.1, 5)).is_clear
    assert difference(Mean(3.0, None, 1), Mean(1.0, 0.1, 5)) is None
    assert difference(Mean(3.0, 0.0, 2), Mean(1.0, 0.0, 2)) == (2.0, 2.0, 2.0)


def test_means_of_curves_are_taken_where_all_are_known():
    (xs, ys), spread = mean_curve([([0, 10, 20], [0.0, 1.0, 2.0]), ([5, 15], [2.5, 3.5])])
    assert xs == [5, 10, 15]
    assert ys == pytest.approx([1.5, 2.0, 2.5])
    assert spread == pytest.approx([2**0.5] * 3)
    assert mean_curve([([1], [2.0])]) == (([1], [2.0]), [])
    assert mean_curve([([1], [2.0]), ([1], [4.0])]) == (([1], [3.0]), [pytest.approx(2**0.5)])
    assert mean_curve([([1, 2], [2.0, 2.0]), ([3, 4], [4.0, 4.0])])[0] == ([], [])


def test_time_in_training_is_without_all_evaluations_so_far():
    names = ["step", "images", "seconds", "val/fid", "progress/evaluation_seconds"]
    history = History(
        names, [["0", "0", "3", "9", "2"], ["1", "64", "5", "", ""], ["2", "128", "9", "8", "4"]]
    )
    assert along(history, "val/fid", "training") == ([1.0, 5.0], [9.0, 8.0])
    assert along(history, "val/fid", "images") == ([0.0, 128.0], [9.0, 8.0])


def test_scores_of_different_protocols_share_no_chart(write, tmp_path):
    folders = [
        write(f"model={m}", scores={"fid": score(8.0, 9.0, n_fake=n)}) for m, n in [("a", 10), ("b", 20)]
    ]
    for folder in folders:
        (folder / "metrics.csv").write_text("step,images,seconds,val/fid\n0,0,1,9\n1,64,2,8\n")
    page = Page(written(folders, tmp_path))
    assert {chart["aria-label"] for chart in page.all("svg")} == {"fid [n_fake=10]", "fid [n_fake=20]"}
    assert [option["value"] for option in page.all("option")] == ["0", "1"]


def test_runs_of_which_nothing_is_known_but_that_they_failed_have_a_row(write, tmp_path):
    folders = [write("model=a", status="failed", error="no: <memory>"), write("model=b", status="diverged")]
    page = Page(written(folders, tmp_path))
    assert {"failed", "diverged"} <= set(page.texts)
    assert "no: <memory>" in page.words
    assert page.all("svg") == page.all("img") == []


def test_no_name_in_a_run_becomes_part_of_the_page(write, tmp_path):
    folders = []
    for value in (1.0, 2.0):
        scores = {ATTACK: score(value, value, measured=ATTACK)}
        run = write(scores=scores, model=ATTACK, status=ATTACK, error=ATTACK, data=ATTACK)
        (run / ".hydra" / "overrides.yaml").write_text(json.dumps([f"{ATTACK}={ATTACK}{value}"]))
        (run / ".hydra" / "config.yaml").write_text(json.dumps({ATTACK: f"{ATTACK}{value}"}))
        (run / "ganlab.log").write_text(f"2026-01-01 10:00:01,000 WARNING {ATTACK}\n")
        folders.append(run)
    path = written(folders, tmp_path, ATTACK)
    page = Page(path)
    assert len(page.all("script")) == 1
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)
    assert json.loads(asked(path, "doc.title", tmp_path)) == ATTACK


@pytest.mark.parametrize("inner", ["{{p: *a{0}, q: *a{0}}}", "[*a{0}, *a{0}]"])
def test_a_configuration_without_an_end_counts_as_none(write, tmp_path, inner):
    folders = [write(f"model={m}") for m in "ab"]
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} {inner.format(n - 1)}" for n in range(1, 40))]
    (folders[0] / ".hydra" / "config.yaml").write_text("\n".join(lines))
    (folders[1] / ".hydra" / "config.yaml").write_text("a: &a [*a]")
    assert "What differs in their configurations" not in Page(written(folders, tmp_path)).texts
    assert read_mapping(folders[0] / ".hydra" / "config.yaml") == {}
    assert read_mapping(folders[1] / ".hydra" / "config.yaml") == {}


SORTED = """(() => {
  const column = place => [...doc.querySelectorAll('.sortable tbody tr')].map(row => row.cells[place].textContent);
  const head = [...doc.querySelectorAll('.sortable th')].findIndex(one => one.textContent === 'fid ↓ last');
  const button = doc.querySelectorAll('.sortable th button')[head], before = column(head);
  button.click(); const up = column(head);
  button.click(); const down = column(head);
  const slider = doc.querySelector('.sides input');
  slider.value = 1; slider.dispatchEvent(new Event('input'));
  const shown = [...doc.querySelectorAll('.sides img')].filter(one => one.offsetParent).map(one => one.alt);
  return [before, up, down, shown, doc.documentElement.scrollWidth <= view.innerWidth];
})()"""


def test_in_a_browser_the_table_sorts_and_all_pictures_change_together(four, tmp_path):
    path = written(four, tmp_path, "a-name-without-any-place-to-break-" * 4)
    before, up, down, shown, fits = json.loads(asked(path, SORTED, tmp_path, 390))
    assert before == up == ["6.50 ± 0.71", "8.25 ± 0.35"]
    assert down == up[::-1]
    assert shown == ["64 images seen"] * 2
    assert fits


CHOSEN = """(() => {
  const select = doc.querySelector('select');
  select.value = '1'; select.dispatchEvent(new Event('change'));
  return [...doc.querySelectorAll('figure svg')].filter(one => one.getClientRects().length).map(one => one.ariaLabel);
})()"""


def test_in_a_browser_curves_of_one_score_are_shown_at_a_time(four, tmp_path):
    for run in four:
        text = (run / "metrics.csv").read_text().replace("progress/evaluation_seconds", "val/kid")
        (run / "metrics.csv").write_text(text)
    assert json.loads(asked(written(four, tmp_path), CHOSEN, tmp_path)) == ["kid"] * 3


def test_a_table_for_a_paper_escapes_what_latex_would_read(write):
    folders = [write(f"model=a_{n}", "x=50%&#$~^\\{}", scores={"fid_d": score(n, n)}) for n in (1.5, 2.5)]
    text = latex(table(collect(folders)))
    lines = text.splitlines()
    assert lines[0] == r"\begin{tabular}{l" + "r" * (lines[2].count("&")) + "}"
    assert lines[1:4:2] == [r"\toprule", r"\midrule"]
    assert lines[2].startswith(r"model & runs & fid\_d $\downarrow$ best & ")
    assert lines[4].startswith(r"a\_1.5 & 1 & 1.50 & ")
    assert len({line.count(" & ") for line in (lines[2], *lines[4:6])}) == 1
    assert lines[6:8] == [r"\bottomrule", r"\end{tabular}"]
    assert all(line.startswith("% ") for line in lines[8:])
