import csv
import io
import statistics

import pytest

from ganlab.report import aligned, collect, markdown, missing, runs_csv, settings_csv, table
from tests.support.results import score


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_means_over_seeds_sorted_by_the_best_of_the_main_score(write):
    values = {("a", 1): (8.0, 9.0), ("a", 2): (8.5, 9.25), ("b", 1): (6.0, 6.5), ("b", 2): (7.0, 7.25)}
    folders = [
        write(f"model={model}", f"seed={seed}", scores={"kid": score(0.1, 0.1), "fid": score(best, last)})
        for (model, seed), (best, last) in values.items()
    ]
    made = table(collect(folders))
    assert [row.settings["model"] for row in made.rows] == ["b", "a"]
    assert [column.name for column in made.columns] == ["fid", "kid"]
    assert made.leading() == [made.rows[0]]
    mean, std, n = made.rows[0].score(made.main[0], "best")
    assert (mean, n) == (6.5, 2)
    assert std == statistics.stdev([6.0, 7.0])
    first, second = rows_of(settings_csv(made))
    assert float(first["fid last"]) == 6.875
    assert float(second["fid best std"]) == pytest.approx(0.5 / 2**0.5)
    assert "6.50 ± 0.71" in aligned(made, 200)
    assert "*  b" in aligned(made, 200)
    assert [line["seed"] for line in rows_of(runs_csv(made))] == ["1", "2", "1", "2"]


def test_a_score_of_which_higher_is_better_is_sorted_downwards(write):
    folders = [
        write(f"model={m}", scores={"is": score(v, v, better="higher")}) for m, v in [("a", 2.0), ("b", 3.0)]
    ]
    made = table(collect(folders))
    assert [row.settings["model"] for row in made.rows] == ["b", "a"]
    assert made.leading() == [made.rows[0]]
    assert "is ↑ best" in aligned(made, 200)


def test_a_baseline_has_a_column_where_there_is_one(write):
    without = [write("model=a", scores={"fid": score(8.0, 9.0)})]
    assert "baseline" not in aligned(table(collect(without)), 200).splitlines()[2]
    scores = {"l1": score(0.25, 0.5, floor=None, baseline=0.75), "ssim": score(0.5, 0.5, floor=None)}
    made = table(collect([write(f"model={model}", scores=scores) for model in "ab"]))
    heading, first, _ = aligned(made, 200).splitlines()[2:5]
    assert "l1 ↓ best  last   baseline" in heading
    assert "floor" not in heading
    assert first.split()[3:6] == ["0.250", "0.500", "0.750"]
    [line, _] = rows_of(settings_csv(made))
    assert (line["l1 baseline"], line["l1 floor"], line["ssim baseline"]) == ("0.75", "", "")
    assert [line["l1 baseline"] for line in rows_of(runs_csv(made))] == ["0.75", "0.75"]


def test_a_single_seed_has_no_deviation(write):
    made = table(collect([write("model=a", scores={"fid": score(8.0, 9.0)})]))
    assert "±" not in aligned(made, 200).splitlines()[3]
    [line] = rows_of(settings_csv(made))
    assert (line["fid best"], line["fid best std"], line["fid best runs"]) == ("8.0", "", "1")


def test_protocols_are_never_mixed(write):
    few = [write("model=a", "n=1000", f"seed={s}", scores={"fid": score(8.0, 8.0)}) for s in (1, 2)]
    many = [
        write("model=a", "n=5000", f"seed={s}", scores={"fid": score(6.0, 6.0, n_fake=5000)}) for s in (1, 2)
    ]
    made = table(collect([*few, *many]))
    assert [column.label for column in made.columns] == ["fid [n_fake=1000]", "fid [n_fake=5000]"]
    assert [row.settings["n"] for row in made.rows] == ["1000", "5000"]
    for row in made.rows:
        found = [row.score(column, "best") for column in made.columns]
        assert sorted(mean is None for mean in found) == [False, True]
    assert made.leading() == []  # each stands alone
    text = aligned(made, 200)
    assert "fid [n_fake=5000]: data digits, extractor digits, n_fake 5000" in text
    assert "fid was measured in 2 ways, which cannot be compared" in text
    assert "–" in text
    lines = rows_of(settings_csv(made))
    assert [line["fid [n_fake=5000] best"] for line in lines] == ["", "6.0"]


def test_scores_on_other_data_are_told_apart_by_the_data(write):
    folders = [
        write(f"data={data}", data=data, scores={"fid": score(8.0, 8.0, images=data, n_real=n)})
        for data, n in [("digits", 10), ("glyphs", 20)]
    ]
    made = table(collect(folders))
    assert [column.label for column in made.columns] == ["fid [data=digits]", "fid [data=glyphs]"]


def test_what_could_not_be_computed_keeps_its_column(write):
    """Its protocol lacks what the computation would have added."""
    folders = [
        write("model=a", "seed=1", scores={"kid": score(0.02, None)}),
        write("model=a", "seed=2", scores={"kid": score(0.01, 0.03, subsets=10)}),
    ]
    made = table(collect(folders))
    [column], [row] = made.columns, made.rows
    assert row.score(column, "best").n == 2
    assert row.score(column, "last") == (0.03, None, 1)
    assert "0.0300 (1)" in aligned(made, 200)


def test_only_finished_runs_count_and_the_status_says_how_many(write):
    runs = collect(
        [
            write("model=a", "seed=1", scores={"fid": score(8.0, 8.0)}),
            write("model=a", "seed=2", status="diverged", error="is nan", scores={"fid": score(2.0, None)}),
            write("model=a", "seed=3", status="interrupted", scores={"fid": score(90.0, 90.0)}),
            write("model=b", "seed=1", status="diverged", scores={"fid": score(1.0, None)}, images=64),
            write("model=c", "seed=1", status="interrupted", scores={"fid": score(9.0, 9.0)}),
        ]
    )
    made = table([*runs, missing(["model=a", "seed=4"], "failed", chosen={"model": "a", "data": "digits"})])
    assert {row.settings["model"]: row.status for row in made.rows} == {
        "a": "1 of 4 finished, 1 diverged, 1 interrupted, 1 failed",
        "b": "diverged",
        "c": "interrupted",
    }
    [fid] = made.columns
    assert [row.score(fid, "best") for row in made.rows] == [(8.0, None, 1), (9.0, None, 1), None]
    assert made.rows[2].mean("images").mean == 64
    for text in (aligned(made, 200), markdown(made)):
        assert "nan" not in text.replace("is nan", "")
        assert "model=a seed=2 diverged: is nan" in text
        assert "8.00 (1)" in text


def test_runs_without_scores_have_a_table_too(write):
    made = table(collect([write("model=b"), write("model=a")]))
    assert [row.settings["model"] for row in made.rows] == ["b", "a"]
    assert aligned(made, 80).splitlines()[0] == "2 runs of 2 settings, with data=digits"
    assert "4,000" in aligned(made, 80)


def test_one_setting_names_its_model(write):
    text = aligned(table(collect([write("seed=1"), write("seed=2")])), 80)
    assert text.splitlines()[:4] == [
        "2 runs of 1 setting, with model=dcgan data=digits",
        "",
        "model  runs  images  time  status",
        "dcgan  2     4,000   0:12  finished",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_the_text_fits_and_keeps_what_matters(write, width):
    scores = {
        name: score(8.0, 9.0) for name in ("fid_digits", "kid_digits", "is_digits", "recall_digits", "x")
    }
    folders = [
        write(
            f"model={m}", "model.optimizers.generator.lr=0.123456789012", scores=scores, parameters=1_730_000
        )
        for m in ("vanilla", "dcgan")
    ]
    made = table(collect(folders))
    lines = aligned(made, width).splitlines()
    assert max(map(len, lines)) <= width
    assert any("vanilla" in line and "8.00" in line for line in lines)
    assert ("recall_digits ↑ best" in aligned(made, width)) is False
    assert "x ↓ best" not in aligned(made, 500)  # three scores beside the main one
    assert "x ↓ best" in markdown(made)


def test_keys_are_shortened_as_far_as_they_stay_apart(write):
    folders = [
        write(
            f"model.optimizers.generator.lr={a}", f"model.optimizers.discriminator.lr={b}", f"model/loss={c}"
        )
        for a, b, c in [("1", "2", "x"), ("3", "4", "y")]
    ]
    heading = aligned(table(collect(folders)), 200).splitlines()[2].split()
    assert heading[:3] == ["generator.lr", "discriminator.lr", "model/loss"]
    assert "model.optimizers.generator.lr" in settings_csv(table(collect(folders)))


def test_an_option_that_some_runs_leave_at_its_default(write):
    made = table(collect([write("lr=0.1"), write()]))
    assert [row.settings.get("lr") for row in made.rows] == ["0.1", None]
    assert "(default)" in aligned(made, 80)


def test_markdown_is_a_table_of_as_many_cells_in_each_line(write):
    folders = [write(f"model={m}", "x=a|b", scores={"fid": score(8.0, 9.0)}) for m in "ab"]
    lines = [line for line in markdown(table(collect(folders))).splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7.8987, "7.90"),
        (120.34, "120.3"),
        (0.012345, "0.0123"),
        (1234.5, "1,234.5"),
        (0.0, "0.00"),
        (-0.5, "-0.500"),
    ],
)
def test_numbers_have_three_digits(write, value, shown):
    made = table(collect([write("model=a", scores={"kid": score(value, value, floor=None)})]))
    assert aligned(made, 200).splitlines()[3].split()[2] == shown


def test_no_runs_are_no_table():
    made = table([])
    assert settings_csv(made) == "\n"
    assert made.rows == []
