"""Ask for a point, launch its runs, tell what they scored: until there are as many points as were asked for."""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ganlab.config.compose.overrides import key_of, quote
from ganlab.errors import UserError
from ganlab.search.conclusion import conclude
from ganlab.search.objective import Objective, objective_of
from ganlab.search.settings import Settings, settings_of
from ganlab.search.space import Space, space_of
from ganlab.search.study import STORAGE, open_study, require_optuna, sampler_of, storage_of, trial_id
from ganlab.search.trials import Outcome, folder_name, outcome_of, without_search, write_note
from ganlab.search.wandb_sweep import export
from ganlab.training.environment import giving_up

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

log = logging.getLogger(__name__)


def search(context: HydraContext, task: TaskFunction, config: DictConfig, words: Sequence[str]) -> None:
    """Run the search that ``words`` describe, in the folder ``hydra.sweep.dir``; the same one again goes on.

    Raises:
        UserError: a search that cannot work, before its first run; or all of whose first runs failed.
    """
    require_optuna()
    settings, folder = settings_of(config.search), Path(config.hydra.sweep.dir)
    parser = OverridesParser.create(context.config_loader)
    params = [f"{key}={value}" for key, value in (config.hydra.sweeper.params or {}).items()]
    space = space_of(parser.parse_overrides([*params, *without_search(words)]), settings.when)
    sampler_of(settings, space, 0)  # for its errors
    objective = objective_of(context, config, settings, space)
    if settings.export == "wandb":
        export(space, settings, objective.name, objective.better)
        return
    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=context, task_function=task, config=config
    )
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".search.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{folder}: this search is running already; wait for it, or give it another search.name"
        ) from error
    try:
        Searching(settings, space, objective, launcher, folder, config).run()
    finally:
        lock.release()


class Searching:
    """One start of a search: asks, launches, tells."""

    def __init__(
        self,
        settings: Settings,
        space: Space,
        objective: Objective,
        launcher: Launcher,
        folder: Path,
        config: DictConfig,
    ) -> None:
        self.settings, self.space, self.objective = settings, space, objective
        self.launcher, self.folder, self.config = launcher, folder, config
        self.name = settings.name or folder.name
        if settings.storage:
            os.environ[STORAGE] = settings.storage
        self.storage = storage_of(folder, settings.storage)
        about = {
            "space": space.described(),
            "fixed": sorted(space.fixed),
            "seeds": settings.seeds,
            "objective": objective.name,
            "better": objective.better,
            "cost": settings.cost,
        }
        self.study: Study = open_study(self.storage, self.name, settings, about, objective.better)
        self.first_seed = int(config.seed)
        self.seconds: list[float] = []

    def run(self) -> None:
        """All points that are left, in batches; then what was found."""
        print(f"searching for {self.objective.name}, {self.objective.better} is better, over")
        for key, text in self.space.described().items():
            print(f"  {key}: {text}")
        begun = self.left_running()
        while True:
            batch = begun[: self.batch_size()]
            begun = begun[len(batch) :]
            while len(batch) < self.batch_size() and self.taken() < self.total():
                batch.append(self.ask())
            if not batch:
                break
            began = time.monotonic()
            self.launch(batch)
            self.seconds += [(time.monotonic() - began) / len(batch)] * len(batch)
            found = [self.tell(trial) for trial in batch]
            if self.finished() == len(batch) and all(each.status == "failed" for each in found):
                raise UserError(f"the first runs of this search failed: {found[0].error or 'see above'}")
        conclude(self.study, self.space, self.settings, self.objective.name, self.folder)

    def total(self) -> int:
        if self.settings.method != "grid":
            return int(self.settings.trials or 0)
        return min(self.space.combinations(), self.settings.trials or self.space.combinations())

    def finished(self) -> int:
        return sum(trial.state.is_finished() and "words" in trial.user_attrs for trial in self.study.trials)

    def taken(self) -> int:
        """Points that are finished or under way, here or on another machine."""
        return sum("words" in trial.user_attrs for trial in self.study.trials)

    def batch_size(self) -> int:
        return self.settings.batch or int((self.config.launcher or {}).get("n") or 1)

    def left_running(self) -> "list[FrozenTrial]":
        """Points whose runs a stopped start of this search has left; one that had no run yet is put away."""
        from optuna.trial import TrialState

        found = []
        for trial in self.study.get_trials(states=(TrialState.RUNNING,)):
            own = trial.user_attrs.get("folder") == str(self.folder.resolve())
            if own and "words" in trial.user_attrs:
                found.append(trial)
            elif own or not self.settings.storage:
                self.study.tell(trial.number, state=TrialState.FAIL)
        return found

    def ask(self) -> "FrozenTrial":
        """A new point, with its words noted, so that a search that goes on knows what it was about to run."""
        number = self.taken()
        if self.settings.method == "grid":
            self.study.enqueue_trial(self.space.combination(number))
        self.study.sampler = sampler_of(self.settings, self.space, 1000 * self.first_seed + number)
        trial = self.study.ask()
        trial.set_user_attr("folder", str(self.folder.resolve()))
        trial.set_user_attr("words", self.space.suggest(trial))
        return self.study.trials[trial.number]

    def run_dirs(self, trial: "FrozenTrial") -> list[Path]:
        several, words = self.settings.seeds > 1, trial.user_attrs["words"]
        return [
            self.folder / folder_name(trial.number, words, seed if several else None) for seed in self.seeds()
        ]

    def seeds(self) -> list[int]:
        return [self.first_seed + index for index in range(self.settings.seeds)]

    def launch(self, batch: "Sequence[FrozenTrial]") -> None:
        """The runs of these points, those of a point side by side; a run that is done already is left alone."""
        jobs = []
        for trial in batch:
            for index, (seed, run_dir) in enumerate(zip(self.seeds(), self.run_dirs(trial), strict=True)):
                write_note(
                    run_dir,
                    folder=str(self.folder.resolve()),
                    elsewhere=self.settings.storage is not None,
                    study=self.name,
                    trial=trial_id(self.storage, self.name, trial.number),
                    first=index == 0,
                    objective=self.objective.name,
                    pruner=self.settings.pruner,
                    warm_up=self.settings.warm_up,
                )
                own = [word for word in self.space.fixed if key_of(word) != "seed"]
                place = f"hydra.sweep.subdir={quote(run_dir.name)}"
                jobs.append(["hydra.mode=MULTIRUN", place, *own, *trial.user_attrs["words"], f"seed={seed}"])
        with nullcontext() if self.settings.pruner == "none" else giving_up(self.folder):
            self.launcher.launch(jobs, initial_job_idx=batch[0].number * self.settings.seeds)

    def tell(self, trial: "FrozenTrial") -> Outcome:
        """The study what became of a point: one that diverged is as bad as one that was given up."""
        from optuna.trial import TrialState

        found = outcome_of(self.run_dirs(trial), self.objective.name, self.settings.cost)
        told = {"status": found.status, "values": list(found.values), "error": found.error}
        for key, value in told.items():
            self.storage.set_trial_user_attr(trial_id(self.storage, self.name, trial.number), key, value)
        two, given_up = self.settings.two_objectives, found.status in ("pruned", "diverged")
        if found.value is not None and not (two and found.cost is None):
            self.study.tell(trial.number, [found.value, found.cost] if two else found.value)
        else:
            self.study.tell(
                trial.number, state=TrialState.PRUNED if given_up and not two else TrialState.FAIL
            )
        self.say(trial, found)
        return found

    def say(self, trial: "FrozenTrial", found: Outcome) -> None:
        """``point 3 of 24: lr=0.0004  fid_digits 9.8 (best 9.1, of point 2)``."""
        from optuna.trial import TrialState

        name = self.objective.name.removeprefix("val/")
        value = f"{name} {found.value:.4g}" if found.value is not None else found.status
        done = self.study.get_trials(states=(TrialState.COMPLETE,))
        best = ""
        if done and not self.settings.two_objectives:
            best = f"  (best {self.study.best_value:.4g}, of point {self.study.best_trial.number + 1})"
        left = (self.total() - self.finished()) * sum(self.seconds) / len(self.seconds) / 60
        time_left = f", about {left:.0f} min left" if left >= 1 else ""
        words = " ".join(trial.user_attrs["words"])
        print(f"point {trial.number + 1} of {self.total()}: {words}  {value}{best}{time_left}", flush=True)
