"""``ganlab sample`` of a model that reads: a caption, the way between two, and all of the data's."""

import pytest
from PIL import Image

from ganlab.errors import UserError
from ganlab.inference.sample import write_samples
from ganlab.training.run import train
from tests.support.runs import tiny_config

CAPTION = "a large red circle at the top left"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    words = ["model=gan_cls", "data=shapes", "data.images_per_caption=2", "trainer.max_steps=2"]
    train(
        tiny_config(
            *words, "metrics=shapes", "metrics.attributes.n_fake=12", "metrics.r_precision.n_fake=12"
        ),
        folder,
    )
    return folder


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_caption_is_drawn_n_times(run, tmp_path):
    folder = write_samples(run, n=3, caption=CAPTION, output=tmp_path / "out")
    assert names(folder) == ["000000.png", "000001.png", "000002.png", "grid.png"]
    assert write_samples(run, n=1, caption=CAPTION).name == "last-seed0-a_large_red_circle_at_the_top_left"


def test_the_way_between_two_captions(run, tmp_path):
    other = "a small blue square at the bottom right"
    way = write_samples(run, n=4, caption=f"{CAPTION} | {other}", output=tmp_path / "way")
    one, two = (write_samples(run, n=1, caption=end, output=tmp_path / end[2:7]) for end in (CAPTION, other))
    assert len(names(way)) == 5
    assert (way / "000000.png").read_bytes() == (one / "000000.png").read_bytes()
    assert (way / "000003.png").read_bytes() == (two / "000000.png").read_bytes()


def test_all_captions_on_one_sheet(run, tmp_path):
    sheet = write_samples(run, n=2, caption="all", output=tmp_path / "sheet")
    assert sheet == tmp_path / "sheet" / "captions.png"
    with Image.open(sheet) as image:
        assert image.height == 96 * 34 + 2  # a row for each of the 84 and of the 12 held out


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"caption": "a large read circle"}, r"never read 'read' \(near it: red"),
        ({"caption": ""}, "a caption needs at least one word"),
        ({"caption": "a circle | a square | a triangle"}, "these are 3"),
        ({"caption": CAPTION, "label": 2}, "leave one of them out"),
        ({"label": 2}, "this model draws captions"),
    ],
)
def test_wishes_that_cannot_be_met(run, wish, sentence):
    with pytest.raises(UserError, match=sentence):
        write_samples(run, n=2, **wish)


def test_the_run_was_scored_and_pictured(run):
    import json

    scores = json.loads((run / "results.json").read_text())["scores"]
    assert list(scores)[:2] == ["attributes", "exact"]
    assert {"colour_held_out", "r_precision_shapes"} <= set(scores)
    assert scores["attributes"]["floor"] == 1
    assert scores["size"]["baseline"] == 0.5
    assert len(list((run / "samples").glob("*.png"))) == 2


def test_the_command_line_takes_a_caption_as_it_is_typed(run, tmp_path):
    from ganlab.cli import main

    assert main(["sample", f"run={run}", "n=1", f"caption={CAPTION}", f"output={tmp_path / 'one'}"]) == 0
    assert names(tmp_path / "one") == ["000000.png", "grid.png"]
    assert main(["sample", f"run={run}", "caption=it's a circle, isn't it?"]) == 2
