"""Optuna's study of a search: where it is kept, who chooses points, and who gives runs up."""

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ganlab.errors import UserError
from ganlab.score_record import ScoreRecord
from ganlab.search.settings import Settings
from ganlab.search.space import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage

JOURNAL = "journal.log"
DRIVERS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}  # what pip calls them
STORAGE = "GANLAB_SEARCH_STORAGE"  # tells runs of a storage elsewhere, whose address may hold a password
GIVEN_UP = "given_up"  # the attribute of a point whose runs are to end
ABOUT = "ganlab"  # the attribute that tells one search from another
INSTALL = "pip install 'ganlab[search]'"


def require_optuna() -> None:
    """Raise ``UserError`` where Optuna is missing; else silence what it says of its own."""
    try:
        import optuna
    except ImportError as error:
        raise UserError(f"search=... needs Optuna, which is not installed: {INSTALL}") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def storage_of(folder: Path, url: str | None) -> "BaseStorage":
    """The file in a search's folder, which any number of processes may write; or what ``url`` names.

    Raises:
        UserError: a storage that cannot be reached, or whose driver is not installed.
    """
    from optuna import storages
    from optuna.storages.journal import JournalFileBackend

    if url is None:
        path = folder / JOURNAL
        return storages.JournalStorage(JournalFileBackend(str(path), lock_obj=_Lock(f"{path}.lock")))
    try:
        return storages.RDBStorage(url)
    except ImportError as error:
        driver = getattr(error.__cause__, "name", None) or "of its kind"
        raise UserError(
            f"search.storage: this database needs the package {driver}, which is not installed: "
            f"pip install '{DRIVERS.get(driver, driver)}'"
        ) from error
    except Exception as error:  # of whichever driver
        sentence = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"search.storage: the database cannot be reached ({sentence})") from error


def open_study(
    storage: "BaseStorage", name: str, settings: Settings, about: dict[str, Any], better: str
) -> "Study":
    """The study called ``name``, new or as it was left; ``about`` says what it searches, ``better`` lower or higher.

    Raises:
        UserError: there is one of that name that searches something else.
    """
    import optuna

    directions = ["minimize" if better == "lower" else "maximize"] + ["minimize"] * settings.two_objectives
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        directions=directions,
        load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(),
        pruner=make_pruner(settings.pruner, settings.warm_up),
    )
    before = study.user_attrs.get(ABOUT)
    if before is None:
        study.set_user_attr(ABOUT, about)
    elif before != about:
        raise UserError(
            f"there is a search {name!r} of something else: {'; '.join(differences(before, about))}; "
            "choose another search.name, or give that search's own words to go on with it"
        )
    return study


def trial_id(storage: "BaseStorage", study: str, number: int) -> int:
    """The number by which the storage knows a point."""
    return storage.get_trial_id_from_study_id_trial_number(storage.get_study_id_from_name(study), number)


def differences(before: dict[str, Any], now: dict[str, Any]) -> Iterable[str]:
    """What two searches differ in, a phrase for each."""
    spaces = before["space"], now["space"]
    for key in dict.fromkeys([*spaces[0], *spaces[1]]):
        old, new = (space.get(key, "not searched") for space in spaces)
        if old != new:
            yield f"{key} was {old}, and is {new}"
    for word in before["fixed"]:
        if word not in now["fixed"]:
            yield f"it had {word}"
    for word in now["fixed"]:
        if word not in before["fixed"]:
            yield f"it had no {word}"
    for key in before.keys() - {"space", "fixed"}:
        if before[key] != now[key]:
            yield f"{key} was {before[key]}, and is {now[key]}"


def sampler_of(settings: Settings, space: Space, seed: int) -> "BaseSampler":
    """Who chooses the next point, by ``seed`` and by what the study holds: a search that went on ends as if unbroken.

    Raises:
        UserError: the method does not fit the space, or lacks a package.
    """
    from optuna import samplers

    intervals = [each.key for each in space.dimensions if each.open]
    if settings.method == "tpe":
        return samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(1, (settings.trials or 10) // 3)))
    if settings.method == "random":
        return samplers.RandomSampler(seed=seed)
    if settings.method == "nsga2":
        return samplers.NSGAIISampler(seed=seed, population_size=max(4, (settings.trials or 8) // 4))
    if settings.method == "grid":
        if intervals:
            raise UserError(
                f"search=grid: {intervals[0]} is an interval, whose values have no end: give a range or a choice"
            )
        if settings.when:
            raise UserError(
                "search=grid takes every combination, and knows no search.when: take random or tpe"
            )
        return samplers.RandomSampler(seed=seed)  # the points are given to it, in their order
    if not intervals:
        raise UserError("search=cmaes searches numbers: give a key an interval, or take tpe")
    try:
        import cmaes  # noqa: F401  # by Optuna, in the middle of a search
    except ImportError as error:
        raise UserError(f"search=cmaes needs the package cmaes, which is not installed: {INSTALL}") from error
    return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


def make_pruner(kind: str, warm_up: int) -> "BasePruner":
    """Who gives runs up; a step is an evaluation."""
    from optuna import pruners

    if kind == "median":
        return pruners.MedianPruner(n_startup_trials=warm_up, n_warmup_steps=1)
    if kind == "asha":
        return pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3)
    return pruners.NopPruner()


class Reporter:
    """The study as a run sees it that belongs to the point which ``note`` names; of a point the first run reports."""

    def __init__(self, note: Mapping[str, Any]) -> None:
        require_optuna()
        import optuna

        url = os.environ.get(STORAGE) if note["elsewhere"] else None
        self.storage = storage_of(Path(note["folder"]), url)
        self.study = optuna.load_study(
            study_name=note["study"],
            storage=self.storage,
            pruner=make_pruner(note["pruner"], note["warm_up"]),
        )
        self.trial, self.objective, self.reports = note["trial"], note["objective"], note["first"]
        self.warm_up = note["warm_up"]
        self.is_running = not self.storage.get_trial(self.trial).state.is_finished()

    def report(self, step: int, scores: Mapping[str, ScoreRecord]) -> None:
        """Tell the value of the objective at an evaluation, and mark the point where it is to be given up."""
        group, _, name = self.objective.partition("/")
        value = scores[name].value("last") if group == "val" and name in scores else None
        if not (self.is_running and self.reports) or value is None:
            return
        self.storage.set_trial_intermediate_value(self.trial, step, value)
        # asha keeps its rungs in the trial that it is given
        hopeless = self.study.pruner.prune(self.study, self.storage.get_trial(self.trial))
        if hopeless and self._is_warm():
            self.storage.set_trial_user_attr(self.trial, GIVEN_UP, True)

    def _is_warm(self) -> bool:
        """Whether as many points are done as are never given up."""
        return sum(trial.state.is_finished() for trial in self.study.trials) >= self.warm_up

    def given_up(self) -> bool:
        return self.is_running and bool(self.storage.get_trial(self.trial).user_attrs.get(GIVEN_UP))


class _Lock:
    """Optuna's own lock of a journal is a file, which a killed process leaves behind; the kernel's goes with it."""

    def __init__(self, path: str) -> None:
        self.lock = FileLock(path)

    def acquire(self) -> bool:
        self.lock.acquire()
        return True

    def release(self) -> None:
        self.lock.release()
