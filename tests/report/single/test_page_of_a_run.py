"""``report.html``: what is on it, what it does without, and that no name in a run becomes part of it."""

import json
import re
import shutil
import threading
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from ganlab.errors import UserError
from ganlab.report.single.pictures import MOST, ROOM, evenly
from ganlab.report.single.write import write_curves, write_page
from tests.support.pages import Page, asked

ATTACK = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">'\"&$x^{2$"
LINES = {"draw more": "ganlab sample run=run n=64"}


def written(run: Path, **options) -> Page:
    return Page(write_page(run, LINES, Path("/somewhere"), **options))


def test_a_page_has_all_that_the_directory_says(make):
    page = written(make())
    assert {"my run", "finished", "20 of 20", "1,280", "0:08", "1.73 M"} <= set(page.texts)
    assert {"fid ↓", "diversity ↑", "200", "8", "9", "640", "0.5"} <= set(page.texts)
    assert "rulers: n_fake 1000, seed 0" in page.texts
    assert {"seed", "3", "trainer.max_steps", "20"} <= set(page.texts)
    assert page.texts.count("step 20: the samples are alike") == 1
    assert "nothing to see" not in page.words
    assert {"1.5 s (18.8%)", "In the folder /somewhere:", "ganlab sample run=run n=64"} <= set(page.texts)
    assert [chart["aria-label"] for chart in page.all("svg")] == ["fid", "diversity", "losses", "who wins"]
    assert {"held-out real images 0.5", "untrained 200", "discriminator/loss"} <= set(page.texts)


def test_pictures_stand_in_order_and_the_last_is_shown(make):
    images = written(make(pictures=12)).all("img")
    assert [image["alt"] for image in images] == [f"{640 * n:,} images seen" for n in range(12)]
    assert ["hidden" in image for image in images] == [True] * 11 + [False]
    assert (images[0]["width"], images[0]["height"], images[0]["class"]) == ("40", "20", "pixels")


def test_nothing_comes_from_elsewhere_and_only_the_page_s_own_script_may_run(make):
    page = written(make())
    sources = [
        attributes.get(key, "") for _, attributes in page.tags for key in ("src", "href", "xlink:href")
    ]
    assert [source for source in sources if not source.startswith(("data:image/", "#")) and source] == []
    assert len(page.all("script")) == 1
    (policy,) = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    assert "default-src 'none'; img-src data:" in policy
    assert "script-src 'sha256-" in policy
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)


def test_no_name_in_a_run_becomes_part_of_the_page(make, tmp_path):
    metrics = (
        f'step,images,seconds,"game/{ATTACK.replace(chr(34), chr(34) * 2)}"\n1,64,1.0,2.0\n2,128,2.0,3.0\n'
    )
    run = make(ATTACK, metrics, status=ATTACK, error=ATTACK, model=ATTACK, data=ATTACK, seed=ATTACK)
    results = json.loads((run / "results.json").read_text())
    results["scores"] = {ATTACK: results["scores"]["fid"]}
    results["scores"][ATTACK]["protocol"] = {"measured": ATTACK, ATTACK: ATTACK, "baseline": ATTACK}
    results["scores"][ATTACK]["baseline"] = 2.0
    (run / "results.json").write_text(json.dumps(results))
    (run / ".hydra" / "overrides.yaml").write_text(json.dumps([f"{ATTACK}={ATTACK}"]))
    (run / "ganlab.log").write_text(f"2026-01-01 10:00:01,000 WARNING {ATTACK}\n")
    (run / "samples" / f"{ATTACK.replace('/', '')}.png").write_bytes(b"")
    examples = [{"name": ATTACK, "pictures": {ATTACK: "gallery/0000-0.png", "../": "gallery/../../x.png"}}]
    (run / "gallery").mkdir()
    shutil.copy(run / "samples" / "0000000000.png", run / "gallery" / "0000-0.png")
    (run / "gallery" / "examples.json").write_text(json.dumps(examples))
    page = Page(write_page(run, {ATTACK: ATTACK}, Path(ATTACK)))
    assert len(page.all("script")) == 1
    assert {image["src"][:15] for image in page.all("img")} == {"data:image/png;"}
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)
    assert sum(ATTACK in words for words in page.texts) >= 12
    assert write_curves(run)
    assert asked(run / "report.html", "doc.title", tmp_path) == json.dumps(ATTACK)


def test_control_the_policy_stops_what_escaping_would_miss(make, tmp_path):
    run = make()
    written(run)
    page = run / "report.html"
    whole = page.read_text(encoding="utf-8")
    page.write_text(
        whole.replace("</main>", "<script>document.title = 'taken'</script></main>"), encoding="utf-8"
    )
    assert asked(page, "doc.title", tmp_path) == '"my run"'
    page.write_text(re.sub("<meta http-equiv.*>", "", page.read_text(encoding="utf-8")), encoding="utf-8")
    assert asked(page, "doc.title", tmp_path) == '"taken"'


SLIDE = """(() => {
  const slider = doc.querySelector('.times input'), shown = () =>
    [...doc.querySelectorAll('.times img')].filter(one => one.offsetParent).map(one => one.alt);
  const before = shown();
  slider.value = 0;
  slider.dispatchEvent(new Event('input'));
  return [before, shown(), doc.querySelector('.times output').value,
          doc.documentElement.scrollWidth <= view.innerWidth];
})()"""


@pytest.mark.parametrize("width", [390, 1400])
def test_in_a_browser_the_slider_shows_one_picture_and_nothing_is_wider_than_the_window(
    make, tmp_path, width
):
    run = make("a-name-without-any-place-to-break-" * 4)
    written(run)
    found = json.loads(asked(run / "report.html", SLIDE, tmp_path, width))
    assert found == [["1,280 images seen"], ["0 images seen"], "0 images seen", True]


COLOURS = """['first', 'ground'].map(name => view.getComputedStyle(doc.documentElement).getPropertyValue('--' + name))
  .concat(view.getComputedStyle(doc.querySelector('figure svg path[style*="--first"]')).stroke)"""


def test_in_a_browser_curves_have_the_colours_of_the_page(make, tmp_path):
    run = make()
    written(run)
    first, _, stroke = json.loads(asked(run / "report.html", COLOURS, tmp_path))
    assert stroke == f"rgb({', '.join(str(int(first.strip()[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("results.json", "results.json (floors"),
        ("metrics.csv", "metrics.csv (curves)"),
        ("samples", "samples/ (pictures)"),
        (".hydra", ".hydra/config.yaml (the configuration)"),
        ("ganlab.log", "ganlab.log (warnings)"),
    ],
)
def test_what_is_not_there_is_named(make, gone, said):
    run = make()
    (shutil.rmtree if (run / gone).is_dir() else Path.unlink)(run / gone)
    page = written(run)
    (line,) = [words for words in page.texts if words.startswith("not in this directory: ")]
    assert said in line
    assert line.count("(") == 1


def test_of_a_run_that_was_killed_the_page_shows_what_was_logged(make):
    run = make()
    (run / "results.json").unlink()
    with open(run / "metrics.csv", "a") as file:
        file.write("30,19")  # half a row
    page = written(run)
    assert {"not ended", "fid", "200", "8"} <= set(page.texts)
    assert "↓" not in page.words
    assert len(page.all("svg")) == 4


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        write_page(tmp_path, {}, tmp_path)


def test_damaged_files_are_as_if_they_were_not_there(make):
    run = make()
    (run / "results.json").write_text("[" * 100_000)
    (run / ".hydra" / "config.yaml").write_text("chosen: {model: x}\n")
    (run / ".hydra" / "overrides.yaml").write_text("{]")
    (run / "metrics.csv").write_bytes(b"\xff\xfe\x00")
    (run / "samples" / "0000009999.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf")
    page = written(run)
    assert {"not ended", "x"} <= set(page.texts)
    assert len(page.all("img")) == 3


def test_a_page_stays_small_whatever_the_pictures_are(make):
    run = make(pictures=0)
    for number in range(17):
        noise = Image.effect_noise((300, 300), 100).convert("RGB")
        noise.save(run / "samples" / f"{number:010d}.png")
    assert sum(path.stat().st_size for path in run.glob("samples/*.png")) > 3_000_000
    images = written(run).all("img")
    assert len(images) == MOST
    assert {image["src"][:16] for image in images} == {"data:image/jpeg;"}
    assert sum(len(image["src"]) for image in images) < 4 / 3 * ROOM + 40 * MOST
    assert (run / "report.html").stat().st_size < 2_000_000


def test_of_many_pictures_the_first_and_the_last_are_shown():
    paths = [Path(str(number)) for number in range(100)]
    chosen = [int(path.name) for path in evenly(paths, 16)]
    assert (chosen[0], chosen[-1], len(set(chosen))) == (0, 99, 16)
    assert chosen == sorted(chosen)
    assert evenly(paths[:3], 16) == paths[:3]


def test_a_long_run_has_curves_of_few_points(make):
    rows = "".join(f"{step},{64 * step},{step}.0,{step % 7}\n" for step in range(1, 20_001))
    run = make(metrics=f"step,images,seconds,generator/loss\n{rows}")
    written(run)
    assert (run / "report.html").stat().st_size < 200_000


def test_threads_draw_without_the_state_of_pyplot(make):
    run = make()
    before = dict(matplotlib.rcParams), threading.active_count()
    pages = []
    threads = [threading.Thread(target=lambda: pages.append(write_page(run, LINES, run))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 3
    assert (dict(matplotlib.rcParams), threading.active_count()) == before
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []


def test_curves_for_a_paper_are_one_picture_on_white(make):
    path = write_curves(make())
    with Image.open(path) as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert picture.width == 1380
    assert path.name == "curves.png"
    assert not path.with_name("curves.png.partial").exists()


def test_without_numbers_there_are_no_curves_for_a_paper(make):
    assert write_curves(make(metrics="")) is None


def test_what_a_recipe_changed_is_told_with_the_defaults(make):
    run = make()
    changed = {"model.lr": {"default": None, "value": "<0.2>"}, "odd": 3}
    (run / ".hydra" / "changes.yaml").write_text(json.dumps({"changed": changed}))
    page = written(run)
    assert {"default", "model.lr", "null", "<0.2>"} <= set(page.texts)
    assert "odd" not in page.texts
