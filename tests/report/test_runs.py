import pytest

from ganlab.errors import UserError
from ganlab.report import collect, missing
from tests.support.results import score


def test_a_run_by_the_contract(write):
    folder = write("model=wgan", "+x=1", "seed=3", scores={"fid_digits": score(7.9, 8.1)}, parameters=12)
    [run] = collect([folder])
    assert run.settings == {"model": "wgan", "data": "digits", "x": "1"}
    assert (run.seed, run.status, run.images, run.parameters) == ("3", "finished", 4000, 12)
    found = run.scores["fid_digits"]
    assert (found.best.value, found.last.value, found.floor, found.best.images) == (7.9, 8.1, 4.9, 3000)
    assert found.protocol == {"extractor": "digits", "n_fake": 1000}


def test_what_is_not_told_is_absent_and_never_a_number(write):
    folder = write()
    (folder / "results.json").write_text(
        '{"status": "diverged", "images": NaN, "steps": true, "scores": {"fid": {"last": {"value": null}}}}'
    )
    [run] = collect([folder])
    assert (run.status, run.images, run.steps, run.seconds, run.error) == ("diverged", None, None, None, None)
    assert [run.scores["fid"].value(which) for which in ("last", "best", "floor")] == [None, None, None]
    assert run.settings == {"model": "dcgan", "data": "digits"}  # from the configuration


@pytest.mark.parametrize("damage", [None, "{half", "[]"])
def test_a_run_that_was_killed_has_not_ended(write, damage):
    folder = write("model=wgan")
    (folder / "results.json").unlink()
    if damage:
        (folder / "results.json").write_text(damage)
    [run] = collect([folder])
    assert (run.status, run.seed, run.scores) == ("not ended", "0", {})


def test_a_folder_without_a_run_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match=f"{tmp_path} holds no run"):
        collect([tmp_path])


def test_a_run_that_left_nothing_belongs_to_its_setting(write):
    [run] = collect([write("lr=0.1", "seed=1")])
    gone = missing(["lr=0.1", "seed=2"], "failed", chosen={"model": "dcgan", "data": "digits"})
    assert (gone.settings, gone.seed) == (run.settings, "2")
