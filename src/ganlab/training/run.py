"""One training run, from a configuration to a run directory."""

import json
import logging
import os
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from logging.handlers import MemoryHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from filelock import FileLock, Timeout
from omegaconf import DictConfig

from ganlab.config import Settled, instantiate, save_config, settled
from ganlab.config.runs.changes import save_changes
from ganlab.config.runs.protocol import protocol_id
from ganlab.config.runs.resume import for_longer
from ganlab.config.runs.trust import to_resume
from ganlab.config.secrets import Secrets, conceal
from ganlab.errors import DivergedError, GanlabError, Interrupted, PrunedError, UserError
from ganlab.loggers.tracker import begin, finish
from ganlab.randomness import derive
from ganlab.rank import is_first_process
from ganlab.score_record import scores_of
from ganlab.storage import as_typed
from ganlab.training.checkpoints import probe, steps_of
from ganlab.training.environment import may_be_given_up
from ganlab.training.faults import fault_of
from ganlab.training.order import in_order
from ganlab.training.processes import leave_group
from ganlab.training.results import forget_results, results_of, write_results
from ganlab.training.resuming import already_complete, checkpoint_to_resume, prepared_to_resume
from ganlab.training.starting import begin_from, freeze_first
from ganlab.training.summary import summary, tell

if TYPE_CHECKING:
    from ganlab.models.base import GAN
    from ganlab.training.trainer import Trainer

log = logging.getLogger(__name__)


def train(cfg: DictConfig | Settled, run_dir: str | Path) -> float | None:
    """Train as configured, in ``run_dir``; goes on from its newest checkpoint if ``cfg.resume`` is set.

    A configuration that nobody has settled is checked first.
    Returns the value of ``cfg.objective`` (the name of a logged metric) for a sweep, or None.

    Raises:
        UserError: before the first step, for a configuration or data that cannot work.
        DivergedError, StorageError, PeerError, Interrupted: from training; the last good checkpoint is kept.
    """
    began = time.monotonic()
    quiet()
    run, run_dir = settled(cfg), Path(run_dir).resolve()
    with _owned(run_dir):
        checkpoint = checkpoint_to_resume(run_dir, resume=run.resume)
        if checkpoint and already_complete(run_dir, checkpoint, max_steps=run.max_steps):
            return _objective_of(run, run_dir)
        with withheld() as notices:
            callbacks = in_order(_callbacks(run, run_dir))  # first: they name missing weights at once
        data = instantiate(run.cfg.data)
        data.prepare()
        model = _model_for(run, data)
        if checkpoint:
            checkpoint = prepared_to_resume(run_dir, model, data, allow_change=run.allow_change)
        else:
            begin_from(model, run.start)
        for notice in notices:
            logging.getLogger(notice.name).handle(notice)
        loggers = _loggers(run, run_dir, checkpoint)
        began -= loggers[0].seconds_before  # what earlier starts of this run have taken
        trainer = instantiate(run.cfg.trainer, run_dir=run_dir, callbacks=callbacks, loggers=loggers)
        begin(loggers, _told(run), steps_of(checkpoint) if checkpoint else 0)
        if is_first_process():
            save_config(run.cfg, run_dir)
            save_changes(run_dir)
            forget_results(run_dir)  # what they say is no longer the end
        trainer.announce(data.batch_size)
        if checkpoint:
            log.info("resuming %s after step %d", as_typed(run_dir), steps_of(checkpoint))
        fit = partial(trainer.fit, model, datamodule=data, ckpt_path=checkpoint)
        error = fault_of(fit, trainer.strategy.launcher, run_dir)
        results, error = _end(run, run_dir, trainer, model, error, time.monotonic() - began)
        if error is not None:
            raise error
        return _conclude(run, run_dir, trainer, model, results)


def _callbacks(run: Settled, run_dir: Path) -> dict[str, Any]:
    """Those of the configuration, and where a search has started the run the one by which it gives runs up."""
    configured = instantiate(run.cfg.callbacks)
    if not may_be_given_up(run_dir):
        return configured
    return {**configured, "pruning": instantiate({"_target_": "ganlab.search.pruning.Pruning"})}


def _model_for(run: Settled, data: Any) -> "GAN":
    """The model with its first weights, the same for the same seed, tried on the data's shape."""
    torch.manual_seed(derive(run.seed, "weights"))
    model = instantiate(run.cfg.model)
    model.check(data.shape, data.classes)
    freeze_first(model, run.freeze)
    model.configure_optimizers()  # for its errors; Lightning asks again
    return model


def _end(
    run: Settled,
    run_dir: Path,
    trainer: "Trainer",
    model: "GAN",
    error: BaseException | None,
    seconds: float,
) -> tuple[dict[str, Any], BaseException | None]:
    """Write results.json however training ended, tell the loggers, and leave the other processes."""
    sentence = conceal(str(error)) if isinstance(error, GanlabError) else None
    scores = scores_of(trainer.callbacks)
    results = results_of(run, model, scores, status=_status(trainer, error), error=sentence, seconds=seconds)
    if is_first_process():
        unwritten = fault_of(lambda: write_results(run_dir, results), run_dir=run_dir)
        error = error or unwritten
    finish(trainer.loggers, results)
    leave_group(trainer.strategy.launcher, patience=30.0 if error is None else 5.0)
    if is_first_process():
        tell(trainer.callbacks, run_dir, results, for_longer(run.cfg))
    return results, error


def _told(run: Settled) -> dict[str, Any]:
    """What trackers keep of a run's settings: all but secrets, and by what they group those whose scores compare."""
    return {**Secrets(run.cfg).config(), "protocol": protocol_id(run.cfg)}


def _loggers(run: Settled, run_dir: Path, checkpoint: Path | None) -> list:
    from ganlab.loggers.csv import CSVLog

    csv_log = CSVLog(run_dir / "metrics.csv")
    if checkpoint and is_first_process():
        csv_log.rewind(steps_of(checkpoint))
    others = (
        [make(save_dir=run_dir) for make in instantiate(run.cfg.logger).values()] if run.cfg.logger else []
    )
    return [csv_log, *others]


def _status(trainer: "Trainer", error: BaseException | None) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if error is None:
        return "interrupted" if trainer.stopped_by else "finished"
    if isinstance(error, PrunedError):
        return "pruned"
    return "diverged" if isinstance(error, DivergedError) else "failed"


@contextmanager
def _owned(run_dir: Path) -> Iterator[None]:
    """Hold the run directory for this process alone: a second run in it would destroy both.

    Raises:
        UserError: if another process holds it, or if it cannot be written.
    """
    if not is_first_process():  # rank 0 holds it for all
        yield
        return
    probe(run_dir / "checkpoints")
    lock, owner = FileLock(run_dir / ".lock"), run_dir / ".owner"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        holder = owner.read_text() if owner.exists() else "another process"
        raise UserError(
            f"the run directory {as_typed(run_dir)} is in use by {holder}; wait for it, or choose another with "
            "hydra.run.dir=..."
        ) from error
    except OSError as error:
        raise UserError(f"{run_dir / '.lock'} cannot be locked ({error.strerror}): remove it") from error
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _conclude(
    run: Settled, run_dir: Path, trainer: "Trainer", model: "GAN", results: dict[str, Any]
) -> float | None:
    """Say what happened and what to do next."""
    stopped_by = trainer.stopped_by
    if stopped_by:
        import signal

        raise Interrupted(
            f"stopped by {signal.Signals(stopped_by).name} after step {model.steps} of {run.max_steps}, "
            f"everything saved; go on with: {to_resume(run_dir)}",
            130 if stopped_by == signal.SIGINT else 75,
        )
    if is_first_process():
        log.info("%s", summary(run_dir, model, results, longer=for_longer(run.cfg)))
    objective = run.objective
    if objective is not None and objective not in model.published:
        raise UserError(
            f"objective={objective} was not logged; logged were: {', '.join(sorted(model.published))}"
        )
    return model.published[objective] if objective else None


def _objective_of(run: Settled, run_dir: Path) -> float | None:
    """What ``results.json`` says of the objective."""
    path = run_dir / "results.json"
    if run.objective is None or not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))["last"].get(run.objective)


@contextmanager
def withheld() -> Iterator[list[logging.LogRecord]]:
    """What ganlab logs within, to be told later: a fault that is found first is told alone."""
    ganlab, memory = logging.getLogger("ganlab"), MemoryHandler(capacity=10**6, flushLevel=sys.maxsize)
    before = ganlab.handlers, ganlab.propagate
    ganlab.handlers, ganlab.propagate = [memory], False
    try:
        yield memory.buffer
    finally:
        ganlab.handlers, ganlab.propagate = before


def quiet() -> None:
    """Leave out what Lightning says about itself."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="lightning.*")
    if not is_first_process():
        logging.getLogger("ganlab").setLevel(logging.WARNING)
