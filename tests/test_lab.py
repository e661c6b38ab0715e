"""The laboratory of docs/lab: what its page holds is what was measured, and what it shows is what it holds."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages import Page, asked

LAB = Path(__file__).parents[1] / "docs" / "lab"
PAGE = LAB / "index.html"
SMALL = ["debug=tiny", "data.batch_size=8", "trainer.max_steps=4", "callbacks.log.every_steps=1"]


@pytest.fixture(scope="module", autouse=True)
def _path():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(LAB))
        yield


def held(path: Path) -> dict:
    """The data in a page."""
    from page import held_by

    return held_by(path)


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind)


def places(text: str) -> np.ndarray:
    lower, upper = numbers(text, "u1").reshape(2, -1).astype("u2")
    return (lower | upper << 8).view("i2").reshape(-1, 2) / 100


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A page of one run of four steps, and the run."""
    from games import Game
    from page import held_of, write
    from record import train

    folder = tmp_path_factory.mktemp("lab")
    train(Game(), folder / "run", SMALL)
    write(held_of({Game(): folder / "run"}), folder / "index.html")
    return folder


def test_a_page_holds_what_was_measured(recorded):
    page = held(recorded / "index.html")
    run, ring = page["runs"][0], page["sets"]["ring"]
    with np.load(recorded / "run" / "recording.npz") as file:
        found = dict(file)
    assert run["steps"] == [0, 1, 2, 3, 4]
    assert run["counts"] == found["counts"].tolist()
    assert places(run["fake"]) == pytest.approx(found["fake"].reshape(-1, 2), abs=0.0051)
    assert places(ring["real"]) == pytest.approx(found["real"], abs=0.0051)
    slopes = numbers(run["surface"], "i1").reshape(found["surface"].shape).astype(int)
    surface = (slopes.cumsum(1).cumsum(2) + 128) % 256 - 128
    assert surface / 127 == pytest.approx(found["surface"], abs=0.0040)
    drawn = numbers(run["arrows"], "i1").reshape(found["pull"].shape) / 127
    pull = drawn * np.linalg.norm(drawn, axis=2, keepdims=True) * np.array(run["longest"])[:, None, None]
    assert np.abs(pull - found["pull"]).max() < 0.03 * np.abs(found["pull"]).max()


def test_a_recording_counts_and_logs_as_the_run_does(recorded):
    run = held(recorded / "index.html")["runs"][0]
    results = json.loads((recorded / "run" / "results.json").read_text(encoding="utf-8"))
    steps, *losses = numbers(run["curves"], "<f4").reshape(3, -1)
    assert steps.tolist() == [1, 2, 3, 4]
    for player, ours in zip(("discriminator", "generator"), losses, strict=True):
        assert ours[-1] == pytest.approx(results["last"][f"{player}/loss"], rel=1e-6)
    assert sum(count > 0 for count in run["counts"][-1]) == results["scores"]["modes"]["last"]["value"]


def test_each_game_is_understood():
    from games import games

    import ganlab

    assert len(set(games())) == len(games())
    for game in (games()[-1], next(game for game in games() if game.k > 1)):
        cfg = ganlab.compose(game.words())
        assert cfg.trainer.max_steps == game.steps
        assert cfg.model.optimizers.generator.lr == game.rate
        assert cfg.seed == game.seed


def test_the_page_is_whole_and_as_its_parts_make_it(tmp_path):
    from games import games
    from page import write

    text, page = PAGE.read_text(encoding="utf-8"), Page(PAGE)
    assert PAGE.stat().st_size <= 2_000_000
    assert "default-src 'none'" in text
    assert not [attributes for _, attributes in page.tags if {"src", "href"} & attributes.keys()]
    write(held(PAGE), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == text, "python docs/lab/page.py"
    runs = held(PAGE)["runs"]
    assert [run["command"] for run in runs] == [" ".join(["ganlab", *game.words()]) for game in games()]
    assert all(run["steps"][-1] == run["planned"] for run in runs if run["status"] == "finished")


VISIT = """(async () => {
  const find = (what) => doc.querySelector(what), seen = {};
  const rest = () => new Promise((resolve) => view.setTimeout(resolve, 50));
  const until = async (holds) => { for (let i = 0; i < 100 && !holds(); i++) await rest(); };
  const says = () => find('#player output').textContent, command = () => find('#command').textContent;
  const press = (key) => doc.body.dispatchEvent(new view.KeyboardEvent('keydown', {key, bubbles: true}));
  const set = async (name, key, value) => {
    const control = find(`#choices [name=${name}]`), before = command();
    control[key] = value;
    control.dispatchEvent(new view.Event('input'));
    await until(() => command() !== before);
  };
  await until(says);
  seen.first = says();
  for (const key of ['ArrowLeft', 'Home', 'ArrowRight']) { press(key); seen[key] = says(); }
  press(' ');
  seen.playing = find('[name=play]').textContent;
  await until(() => says() !== seen.ArrowRight);
  find('[name=step]').click();
  seen.stopped = find('[name=play]').textContent;
  await set('loss', 'value', 'wasserstein');
  await set('k', 'value', 1);
  seen.command = command();
  await set('data', 'value', 'grid');
  seen.along = find('#along').textContent;
  await set('model', 'value', 'plane_r3gan');
  press('End');
  seen.facts = find('#facts').textContent;
  seen.charts = doc.querySelectorAll('.uplot canvas').length;
  for (const name of ['real', 'surface', 'arrows', 'modes']) find(`#plane [name=${name}]`).click();
  const canvas = find('#plane canvas'), pen = canvas.getContext('2d');
  seen.pixels = POINTS.map(([x, y]) => [...pen.getImageData(x * canvas.width, y * canvas.width, 1, 1).data]);
  seen.wide = doc.documentElement.scrollWidth;
  return seen;
})()"""


def test_the_page_plays_and_draws_what_it_holds(tmp_path):
    page = held(PAGE)
    game = next(run for run in page["runs"] if (run["data"], run["model"]) == ("grid", "plane_r3gan"))
    reach, count = page["sets"]["grid"]["reach"], len(game["steps"])
    points = places(game["fake"]).reshape(count, -1, 2)[-1]
    shown = [[(x / reach + 1) / 2, (1 - y / reach) / 2] for x, y in points]
    seen = json.loads(asked(PAGE, VISIT.replace("POINTS", json.dumps(shown)), tmp_path, 390, patience=20_000))
    steps = page["runs"][0]["steps"]
    names = {"first": -1, "ArrowLeft": -2, "Home": 0, "ArrowRight": 1}
    assert {name: seen[name] for name in names} == {
        name: f"step {steps[place]:,} of 1,000" for name, place in names.items()
    }
    assert (seen["playing"], seen["stopped"]) == ("Pause", "Play")
    assert "model/loss=wasserstein model/penalty=none model.discriminator_steps=5" in seen["command"]
    assert seen["along"] == "Not recorded together; changed along: k 1"
    counts = game["counts"][-1]
    assert f"captured modes{sum(n > 0 for n in counts)} of 25" in seen["facts"]
    assert f"of high quality{sum(counts) / 25:.1f}%" in seen["facts"]
    assert seen["charts"] == 2
    orange = [red > 180 and blue < 110 for red, _, blue, _ in seen["pixels"]]
    assert all(orange), "each generated point is where it was measured"
    assert seen["wide"] <= 390
