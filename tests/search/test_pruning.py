"""Runs of a search that are given up."""

import json
from types import SimpleNamespace

import pytest

optuna = pytest.importorskip("optuna")

from ganlab.callbacks.quality import Quality  # noqa: E402
from ganlab.errors import PrunedError  # noqa: E402
from ganlab.score_record import Point, ScoreRecord  # noqa: E402
from ganlab.search.pruning import Pruning  # noqa: E402
from ganlab.search.study import require_optuna, storage_of, trial_id  # noqa: E402
from ganlab.search.trials import NOTE  # noqa: E402

STEPS = 10


@pytest.fixture
def study(tmp_path):
    require_optuna()
    return optuna.create_study(storage=storage_of(tmp_path, None), study_name="mine", direction="minimize")


def run_of(study, tmp_path, *, number: int, first: bool = True, pruner: str = "median"):
    """The callback and a trainer of a run that belongs to a point; an evaluation is a step of 8 images."""
    folder = tmp_path / f"run_{number}_{first}"
    folder.mkdir()
    note = {
        "folder": str(tmp_path),
        "elsewhere": False,
        "study": "mine",
        "trial": trial_id(storage_of(tmp_path, None), "mine", number),
        "first": first,
        "objective": "val/fid",
        "pruner": pruner,
        "warm_up": 2,
    }
    (folder / NOTE).write_text(json.dumps(note))
    quality = Quality()
    quality.interval = 8
    trainer = SimpleNamespace(
        default_root_dir=str(folder), callbacks=[quality], is_global_zero=True, world_size=1, max_steps=STEPS
    )
    return Pruning(), trainer, quality


def train(callback, trainer, quality, value: float) -> int:
    """Play a run whose score is ``value``; the number of evaluations that it came to."""
    module = SimpleNamespace(steps=0, images=0)
    try:
        callback.on_train_start(trainer, module)
        for step in range(1, STEPS + 1):
            module.steps, module.images = step, 8 * step
            last = Point(value=value / step, images=module.images, steps=step)
            quality.scores = {"fid": ScoreRecord(better="lower", protocol={}, last=last)}
            callback.on_train_batch_end(trainer, module, None, {}, step)
    except PrunedError:
        return module.steps
    return STEPS


def test_a_run_worse_than_half_of_the_others_is_given_up_and_its_seeds_with_it(study, tmp_path):
    for number, value in enumerate((10.0, 20.0)):
        study.ask()
        assert train(*run_of(study, tmp_path, number=number), value) == STEPS
        study.tell(number, value)
    study.ask()
    assert train(*run_of(study, tmp_path, number=2), 12.0) == STEPS  # no worse than the median
    study.tell(2, 12.0)
    study.ask()
    assert train(*run_of(study, tmp_path, number=3), 40.0) < STEPS
    assert train(*run_of(study, tmp_path, number=3, first=False), 1.0) == 0
    study.tell(3, state=optuna.trial.TrialState.PRUNED)
    assert (
        train(*run_of(study, tmp_path, number=0, first=False), 99.0) == STEPS
    )  # the search is done with its point


def test_asha_gives_up_what_is_not_among_the_best_third_once_it_is_warm(study, tmp_path):
    for number, value in enumerate((10.0, 20.0)):
        study.ask()
        assert train(*run_of(study, tmp_path, number=number, pruner="asha"), value) == STEPS
        study.tell(number, value)
    study.ask()
    assert train(*run_of(study, tmp_path, number=2, pruner="asha"), 15.0) == 2  # its first rung
    study.tell(2, state=optuna.trial.TrialState.PRUNED)
    study.ask()
    assert train(*run_of(study, tmp_path, number=3, pruner="asha"), 5.0) == STEPS


def test_a_run_of_no_search_is_left_alone(tmp_path):
    quality = Quality()
    trainer = SimpleNamespace(
        default_root_dir=str(tmp_path),
        callbacks=[quality],
        is_global_zero=True,
        world_size=1,
        max_steps=STEPS,
    )
    assert train(Pruning(), trainer, quality, 99.0) == STEPS
