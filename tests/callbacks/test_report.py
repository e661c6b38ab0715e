"""When the page of a run is written, at whose expense, and that no fault of it is the run's."""

import json
import logging
import signal
import threading

import pytest

from ganlab.callbacks.report import FIRST, LAST, Report
from ganlab.config import compose
from ganlab.errors import DivergedError
from ganlab.models.base import GAN
from ganlab.report.single import write
from ganlab.training.run import train
from tests.support.pages import Page
from tests.support.runs import QUICK, differences, in_child, training_state

SCORED = [
    *[word for word in QUICK if word not in ("metrics=none", "data.batch_size=64")],
    "metrics=digits",
    "metrics.digits.n_fake=100",
    "data.batch_size=8",
    "callbacks.quality.every_images=16",
    "trainer.max_steps=6",
]
ENOUGH = (1 + LAST) * FIRST / 0.005  # seconds of which two pages are the share
ALWAYS = ["callbacks.report.share=1", "callbacks.report.after_seconds=0"]


@pytest.fixture
def calls(monkeypatch) -> list:
    """The threads and the results of every page that would be written."""
    noted = []

    def note(run_dir, lines, place, results):
        noted.append((threading.current_thread(), dict(results), dict(lines)))

    monkeypatch.setattr(write, "write_page", note)
    return noted


def test_pages_are_written_in_a_thread_after_evaluations_and_at_the_end(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(Report, "is_due", lambda self: True)
    train(compose(SCORED), tmp_path / "run")
    *early, (thread, results, lines) = calls
    assert [said["steps"] for _, said, _ in early] == [2, 4]
    assert all(each is not threading.main_thread() for each, _, _ in early)
    assert {said["status"] for _, said, _ in early} == {"running"}
    assert early[0][1]["scores"]["fid_digits"]["last"]["images"] == 16
    assert all("go on where it stopped" in said for _, _, said in early)
    assert (thread, results["status"], results["steps"]) == (threading.main_thread(), "finished", 6)
    assert "trainer.max_steps=12" in lines["train for twice as many steps"]


def test_a_run_of_less_than_a_minute_has_one_page(calls, tmp_path):
    train(compose(SCORED), tmp_path / "run")
    assert [results["status"] for _, results, _ in calls] == ["finished"]


@pytest.mark.parametrize(
    ("elapsed", "used", "spent", "due"),
    [
        (59.0, 3600.0, 0.0, False),
        (3600.0, ENOUGH - 1, 0.0, False),
        (3600.0, ENOUGH + 1, 0.0, True),
        (3600.0, 3600.0, 17.5, False),
        (3600.0, 3600.0, 16.5, True),
    ],
)
def test_pages_take_their_share_of_the_time_and_no_more(monkeypatch, elapsed, used, spent, due):
    report = Report()
    report.began, report.used, report.spent = 100.0, 10.0, spent
    monkeypatch.setattr("ganlab.callbacks.report.time.monotonic", lambda: 100.0 + elapsed)
    monkeypatch.setattr("ganlab.callbacks.report.time.process_time", lambda: 10.0 + used)
    assert report.is_due() is due


def test_no_page_is_begun_while_another_is_written(tmp_path, monkeypatch):
    begun, go_on, pages = threading.Event(), threading.Event(), []

    def slow(run_dir, lines, place, results):
        pages.append(results["steps"])
        begun.set()
        assert go_on.wait(60) or results["status"] != "running"

    def let_go(self, *args):
        go_on.set()
        return conclude(self, *args)

    conclude = Report.conclude
    monkeypatch.setattr(write, "write_page", slow)
    monkeypatch.setattr(Report, "conclude", let_go)
    train(compose([*SCORED, *ALWAYS, "callbacks.report.share=1", "trainer.max_steps=6"]), tmp_path / "run")
    assert pages in ([2, 6], [6])
    assert begun.is_set()


def test_a_fault_of_the_page_is_a_warning(tmp_path, monkeypatch, caplog):
    def fail(*args):
        raise OSError("the disk is full")

    monkeypatch.setattr(write, "write_page", fail)
    with caplog.at_level(logging.WARNING, "ganlab"):
        train(compose([*QUICK, "trainer.max_steps=2"]), tmp_path / "run")
    assert "report.html could not be written: OSError: the disk is full" in caplog.text
    assert json.loads((tmp_path / "run" / "results.json").read_text())["status"] == "finished"


def test_a_page_changes_no_bit_of_training(pages, tmp_path):
    for name, words in (("with", ALWAYS), ("without", ["callbacks.report=null"])):
        train(compose([*SCORED, *words]), tmp_path / name)
    assert (tmp_path / "with" / "report.html").is_file()
    assert not (tmp_path / "without" / "report.html").exists()
    assert differences(training_state(tmp_path / "with"), training_state(tmp_path / "without")) == []


def test_runs_that_fail_or_are_stopped_have_a_page_that_says_so(pages, tmp_path, monkeypatch):
    def stop(self, player):
        if self.steps == 3 and player == "generator":
            signal.raise_signal(signal.SIGINT)
        return update(self, player)

    def diverge(self, player):
        if self.steps == 3 and player == "generator":
            raise DivergedError("not finite at step 3: <here>")
        return update(self, player)

    update = GAN.update
    for name, fault, code in (("interrupted", stop, 130), ("diverged", diverge, 3)):
        with monkeypatch.context() as patch:
            patch.setattr(GAN, "update", fault)
            folder = tmp_path / name
            assert in_child(lambda at=folder: train(compose([*QUICK, "trainer.max_steps=9"]), at)) == code
        page = Page(folder / "report.html")
        assert name in page.texts
        assert "go on where it stopped" in page.texts
        assert ("not finite at step 3: <here>" in page.texts) is (name == "diverged")
    train(compose([*QUICK, "trainer.max_steps=9", "resume=auto"]), tmp_path / "interrupted")
    assert {"finished", "9 of 9"} <= set(Page(tmp_path / "interrupted" / "report.html").texts)
