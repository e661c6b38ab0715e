"""From which checkpoint a run goes on, and whether it may, with the model and the data that it has now."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from ganlab.config import instantiate
from ganlab.config.runs.resume import allowing
from ganlab.errors import GanlabError, StorageError, UserError
from ganlab.models.restoring import Misfit, require_checkpoint, restore
from ganlab.rank import is_first_process
from ganlab.sets import Identified
from ganlab.storage import as_typed
from ganlab.training.checkpoints import by_steps, newest_valid, read_checkpoint, require_whole, steps_of

if TYPE_CHECKING:
    from ganlab.models.base import GAN

log = logging.getLogger(__name__)


def checkpoint_to_resume(run_dir: Path, *, resume: bool) -> Path | None:
    """The newest whole checkpoint of a run that is to be resumed; None for a run that begins.

    Raises:
        UserError: there is a run, and it is not to be resumed. StorageError: all of its checkpoints are damaged.
    """
    newest, damaged = newest_valid(run_dir / "checkpoints")
    if not resume:
        if newest or damaged:
            raise UserError(
                f"{as_typed(run_dir)} already holds a run; go on with it by resume={as_typed(run_dir)}, or choose "
                "another hydra.run.dir"
            )
        return None
    if newest is None and damaged:
        raise all_damaged(run_dir, damaged)
    if newest is None:
        log.info("%s holds no checkpoint yet: starting from the beginning", as_typed(run_dir))
        return None
    for path in damaged:
        set_aside(path, "it does not match its checksum", newest)
    return newest


def all_damaged(run_dir: Path, damaged: Sequence[Path], why: str = "") -> StorageError:
    return StorageError(
        f"every checkpoint in {as_typed(run_dir)}/checkpoints is damaged ({', '.join(p.name for p in damaged)}{why}), "
        "so there is nothing to resume from; start a new run"
    )


def set_aside(path: Path, why: str, instead: Path) -> None:
    """Rename what cannot be resumed from, so that the next start does not meet it again."""
    if is_first_process():
        log.warning("%s is damaged and set aside (%s); falling back to %s", path.name, why, instead.name)
        path.rename(path.with_suffix(".damaged"))


def already_complete(run_dir: Path, checkpoint: Path, *, max_steps: int) -> bool:
    """Whether all steps are done; raises UserError where more were done than are asked for."""
    done = steps_of(checkpoint)
    if max_steps < done:
        raise UserError(
            f"trainer.max_steps={max_steps}: {as_typed(run_dir)} has already done {done} steps; ask for more than "
            "that, or start a new run"
        )
    if max_steps == done:
        log.info(
            "already complete: %s has done all %d steps; go on with trainer.max_steps=%d",
            as_typed(run_dir),
            done,
            2 * done,
        )
    return max_steps == done


def newest_fitting(
    folder: Path, restored: Callable[[dict[str, Any]], None]
) -> tuple[Path | None, dict[str, Any], dict[Path, GanlabError]]:
    """The newest whole checkpoint that ``restored`` takes, what it holds, and why each newer one was refused.

    ``restored`` refuses by StorageError or Misfit; another fault is raised.
    """
    refused: dict[Path, GanlabError] = {}
    for path in reversed(by_steps(folder)):
        try:
            require_whole(path)
            checkpoint = read_checkpoint(path)
            restored(checkpoint)
            return path, checkpoint, refused
        except (StorageError, Misfit) as error:
            refused[path] = error
    return None, {}, refused


def prepared_to_resume(run_dir: Path, model: "GAN", data: object, *, allow_change: Sequence[str]) -> Path:
    """The newest checkpoint that the model can go on from, tried; the data is what it was, or may be other.

    Raises:
        UserError: the model was made another, or the data was, without ``allow_change=[data]``.
        StorageError: no checkpoint holds what a run writes.
    """

    def restored(checkpoint: dict[str, Any]) -> None:
        require_checkpoint(checkpoint, "optimizer_states", "lr_schedulers")
        restore(model, checkpoint)

    path, checkpoint, refused = newest_fitting(run_dir / "checkpoints", restored)
    if path is None:
        misfits = [error for error in refused.values() if isinstance(error, Misfit)]
        if misfits:
            raise UserError(f"{as_typed(run_dir)} cannot go on with this model: {misfits[0]}; {LEAVE_THEM}")
        raise all_damaged(run_dir, list(refused), f": {next(iter(refused.values()), 'none is left')}")
    for other, why in refused.items():
        set_aside(other, str(why), path)
    require_same_data(checkpoint.get("origin", {}).get("data"), data, allow_change)
    return path


LEAVE_THEM = "give it the settings of the model that it was started with, or start a new run without resume"


def misfit_of(cfg: DictConfig, run_dir: Path) -> str | None:
    """Why the run's checkpoints cannot go on with the model that ``cfg`` describes, or None where one can."""
    newest = newest_valid(run_dir / "checkpoints")[0]
    if newest is None:
        return None
    try:
        restore(instantiate(cfg.model), read_checkpoint(newest))
    except GanlabError as error:
        return str(error)
    return None


def require_same_data(before: dict[str, Any] | None, data: object, allow_change: Sequence[str]) -> None:
    """Raises UserError where the data was changed since a checkpoint was written; warns where that is allowed.

    An earlier checkpoint does not say what its data was.
    """
    if before is None or not isinstance(data, Identified):
        return
    same_settings = not any(key.partition(".")[0] == "data" for key in allow_change)
    changed = data.changes(before, same_settings=same_settings)
    if not changed:
        return
    if "data" in allow_change:
        log.warning("going on with other data than before: %s", changed)
        return
    raise UserError(
        f"the data is not what this run was trained on: {changed}. Put it back as it was, go on with what is there by "
        f"'{allowing(allow_change, 'data')}', or start a new run without resume"
    )
