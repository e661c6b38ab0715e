"""Weights & Biases: online if an account is configured, else offline; no question, and never in the way of training."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from lightning.pytorch.loggers.logger import rank_zero_experiment
from lightning.pytorch.utilities import rank_zero_only

from ganlab.bounds import Text, Weight
from ganlab.errors import UserError
from ganlab.loggers import past
from ganlab.loggers.tracker import Tracker, score_lines
from ganlab.loggers.wandb_files import files, keep_models, last_step, mark_uploaded, run_id

log = logging.getLogger(__name__)

IMAGES = "progress/images"
# as W&B's own settings require, in the middle of a start
Project = Annotated[str, Text(maximum=128, without="/\\#?%:")]
Label = Annotated[str, Text(maximum=128)]
Tag = Annotated[str, Text(maximum=64)]
MODES = {"run": "online", "dryrun": "offline"}  # older words for the same


class WandbLog(Tracker):
    """One W&B run for a run directory, however often it is resumed.

    ``_step`` is the training step; every chart's x axis is images seen. W&B keeps what it once has: it cannot go back.
    So a resumed run sends no row up to the last one that W&B has (an exact resume would only repeat it), and first
    sends the rows and pictures up to its checkpoint that W&B lacks, from ``metrics.csv`` and ``samples/``: those that
    a killed process had not written out, or all of them, where the run was offline and now is online. Together the
    files in ``wandb/`` then hold each step once, and ``wandb sync`` uploads them in the order of their start.

    mode: null takes WANDB_MODE, else online if a key is configured, else offline.
    on_failure: what to do if W&B cannot be reached at the start: go on "offline" with a warning, or "fail".
    init_timeout, finish_timeout: seconds that it may take to reach W&B, and to upload the rest at the end.
    group, tags, notes: of the run; its model, data set and seed become tags too.
    artifacts: keep the best and the last checkpoint there, as versions of the artifact ``model-<id>``. alerts: let W&B
        tell its user, as set there, of a run that has diverged or failed.
    """

    def __init__(
        self,
        *,
        save_dir: Path,
        project: Project = "ganlab",
        entity: Project | None = None,
        name: Label | None = None,
        group: Label | None = None,
        tags: Sequence[Tag] = (),
        notes: str | None = None,
        mode: Literal["online", "offline", "disabled"] | None = None,
        on_failure: Literal["offline", "fail"] = "offline",
        init_timeout: Weight = 30.0,
        finish_timeout: Weight = 60.0,
        artifacts: bool = False,
        alerts: bool = True,
    ) -> None:
        super().__init__()
        self.run_dir, self.mode, self.on_failure = Path(save_dir), mode, on_failure
        self.tags, self.init_timeout, self.finish_timeout = list(tags), init_timeout, finish_timeout
        self.artifacts, self.alerts = artifacts, alerts
        self.about = {
            "project": project,
            "entity": entity,
            "name": name,
            "group": group,
            "notes": notes,
            "job_type": "train",
        }
        self.run: Any = None
        self.last = -1  # the last step that W&B had at the start
        self.scores: set[str] = set()  # that W&B has been told to keep the best of

    @property
    def name(self) -> str:
        return "wandb"

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """W&B's run, for callbacks of your own."""
        if self.run is None:
            self.begin({}, 0)
        return self.run

    @rank_zero_only
    def begin(self, settings: dict[str, Any], step: int) -> None:
        folder = self.run_dir / "wandb"
        try:
            identity = run_id(folder, resumed=step > 0)
        except OSError as error:
            raise UserError(
                f"logger=wandb: {folder} cannot be written ({error.strerror}); free it, or choose another hydra.run.dir"
            ) from error
        before = files(folder, identity)
        self.run = self._start(
            id=identity,
            resume="allow" if step else None,
            config=settings,
            tags=list(dict.fromkeys([*self.tags, *_own_tags(settings)])),
            dir=str(self.run_dir),
            **self.about,
        )
        self.run.define_metric(IMAGES, hidden=True)
        self.run.define_metric("*", step_metric=IMAGES)
        if self.run.disabled:
            return
        if self.run.offline:
            self.last = last_step(before, otherwise=step)
        else:
            self.last = self.run.starting_step - 1
            mark_uploaded(before)
            log.info("W&B: %s", self.run.url)
        if step:
            self._catch_up(step)

    def _start(self, **arguments: Any) -> Any:
        """Start a run online or offline; see ``on_failure``."""
        import wandb

        logging.getLogger("wandb.sdk").setLevel(logging.WARNING)  # it tells of its processes
        mode = self.mode or MODES.get(os.environ.get("WANDB_MODE", ""), os.environ.get("WANDB_MODE"))
        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            init_timeout=self.init_timeout,
            finish_timeout=self.finish_timeout,
            finish_timeout_raises=True,
            x_disable_meta=True,  # it holds the command line
            x_save_requirements=False,
        )
        try:
            # W&B itself refuses a mode that is none of its own
            wandb.setup(wandb.Settings(silent=True, mode=mode or "online"))  # type: ignore[arg-type]
            if mode in (None, "online") and not wandb.login(prompt=False, verify=False):
                if mode == "online":
                    raise UserError("no API key is configured (wandb login, or WANDB_API_KEY)")
                mode = "offline"
            return wandb.init(mode=mode or "online", settings=settings, **arguments)  # type: ignore[arg-type]  # likewise
        except Exception as error:
            if self.on_failure == "fail":
                raise UserError(
                    f"logger.wandb.on_failure=fail: W&B cannot be used: {_first_line(error)}"
                ) from error
            log.warning("W&B cannot be used, so this run stays offline: %s", _first_line(error))
            wandb.teardown()  # else the failed attempt keeps the run's id in use
            return wandb.init(mode="offline", settings=settings, **arguments)

    def _catch_up(self, step: int) -> None:
        """Send what W&B lacks of the steps up to ``step``."""
        import wandb

        missing: list[tuple[int, dict[str, Any]]] = [
            (row.step, {**row.metrics, IMAGES: row.images}) for row in past.rows(self.run_dir, step)
        ]
        for picture in past.pictures(self.run_dir, step):
            if picture.step > self.last:
                shown = wandb.Image(str(picture.path), caption=f"{picture.images:,} images")
                missing.append((picture.step, {"samples": shown, IMAGES: picture.images}))
        for at, values in sorted(missing, key=lambda entry: entry[0]):
            self._log(values, at)

    def _log(self, values: dict[str, Any], step: int) -> None:
        if step <= self.last:
            return
        for name in values:
            if name.startswith("val/") and name not in self.scores:  # by name: of two patterns any may win
                self.experiment.define_metric(name, step_metric=IMAGES, summary="min,max,last")
                self.scores.add(name)
        self.experiment.log(values, step=step)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: ``begin`` has given W&B the configuration."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self._log(dict(metrics), int(step or 0))

    @rank_zero_only
    def log_picture(self, name: str, pixels: np.ndarray, *, images: int, step: int) -> None:
        import wandb

        self._log({IMAGES: images}, step)  # W&B names a picture's file after the step before this call
        self._log({name: wandb.Image(pixels, caption=f"{images:,} images")}, step)

    @rank_zero_only
    def finish(self, results: dict[str, Any]) -> None:
        if self.run is None:
            return
        run, self.run = self.run, None
        try:
            run.summary.update({**score_lines(results), "status": results.get("status")})
            if self.alerts and results.get("status") in ("diverged", "failed"):
                run.alert(
                    f"{run.name} has {results['status']}",
                    str(results.get("error") or "see its log"),
                    level="ERROR",
                )
            if self.artifacts:
                keep_models(run, self.run_dir, results)
            run.finish(exit_code=0 if results.get("status") == "finished" else 1)
            if run.offline:
                where = _as_typed(self.run_dir / "wandb")
                log.info("W&B: this run is on this machine only; upload it with: wandb sync %s", where)
        except Exception as error:
            log.warning(
                "W&B has not got all of this run (%s); upload the rest with: wandb sync --include-online %s",
                _first_line(error),
                _as_typed(Path(run.settings.sync_dir)),
            )


def _own_tags(settings: dict[str, Any]) -> list[str]:
    """The names of model and data, and ``seed-<n>``."""
    tags = [str(name) for name in settings.get("chosen", {}).values()]
    return [*tags, f"seed-{settings['seed']}"] if "seed" in settings else tags


def _as_typed(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
