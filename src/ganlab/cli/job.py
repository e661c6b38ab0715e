"""One job: the checks before training, the training, and what becomes of its faults."""

import logging
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from ganlab import report
from ganlab.cli.faults import in_a_sentence, report_bug, report_error
from ganlab.cli.plan import Sweep, identity
from ganlab.cli.sweep import quiet_run, speaks
from ganlab.config import own
from ganlab.config.compose.catalogue import fits
from ganlab.config.compose.compose import RUN_PLACES, SWEEP_PLACES, refuse_secret_places, settle
from ganlab.config.compose.hydra_compose import register_resolvers
from ganlab.config.compose.overrides import words_of
from ganlab.config.hydra_internals import is_own_plugin
from ganlab.config.runs.record import as_written, hide_in_file, saved_config
from ganlab.config.runs.resume import check_resumable, is_run
from ganlab.config.runs.settled import settled
from ganlab.config.runs.trust import to_resume
from ganlab.config.secrets import HIDDEN, Secrets, conceal, conceal_record
from ganlab.config.tree import unresolved
from ganlab.errors import GanlabError, Interrupted, PrunedError, ToldError, UserError
from ganlab.storage import as_typed

log = logging.getLogger(__name__)

TRACES = {
    ".lock",
    ".owner",
    "multirun.yaml",
    "trial.json",
}  # what a directory holds before training has begun


class Jobs:
    """Runs the jobs of one command, tells their faults, and remembers them for the exit code."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug
        self.sweep: Sweep | None = None
        self.config_dirs = own.folders()
        self.started = 0
        self.seconds: list[float] = []  # that each job took
        self.faults: list[BaseException] = []
        self.errors: dict[tuple[str, ...], str] = {}  # of the jobs that failed, by identity

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A launcher has sent this to another process, which Hydra asks next for the job's directory."""
        self.__dict__.update(state)
        own.use(self.config_dirs)
        register_resolvers()

    def run(self, cfg: DictConfig) -> float | None:
        """Train once. A fault of a single run ends the process; a sweep goes on."""
        self.started += 1
        run_dir = Path(HydraConfig.get().runtime.output_dir)
        try:
            began = time.monotonic()
            value = self._train(cfg, run_dir)
            self.seconds.append(time.monotonic() - began)
            if in_sweep() and speaks() and not (self.sweep and self.sweep.searches):
                self._tell_end(run_dir)
            return value
        except PrunedError as error:
            log.info("%s", error)
            return None
        except Interrupted as error:
            report_error(error, self.debug)
            raise SystemExit(error.exit_code) from error  # ends a sweep too
        except KeyboardInterrupt as stop:
            if any((run_dir / "checkpoints").glob("*.ckpt")):
                message = f"left at once; what was saved before: {to_resume(run_dir)}"
            else:
                remove_if_unused(run_dir)
                message = "stopped before training began; nothing was saved"
            print(f"{name_in_sweep(run_dir)}: {message}", file=sys.stderr)
            raise SystemExit(130) from stop
        except Exception as caught:
            fault = in_a_sentence(
                caught, words_of(HydraConfig.get().overrides.task), cfg.get("model"), run_dir
            )
            self._report(fault, name_in_sweep(run_dir))
            if isinstance(fault, UserError):
                remove_if_unused(run_dir)
            self._failed(fault)
            return None

    def _failed(self, error: Exception) -> None:
        """End the process, or let the sweep go on; its sweeper hears of the fault if it does more than tell it."""
        if not in_sweep():
            raise SystemExit(self.exit_code(error)) from error
        job = HydraConfig.get()
        message = conceal(str(error) or type(error).__name__).splitlines()[0]
        self.errors[identity(words_of(job.overrides.task))] = message
        if not all(is_own_plugin(part._target_) for part in (job.launcher, job.sweeper)):
            raise error

    def _tell_end(self, run_dir: Path) -> None:
        """``run 3 of 9: model=lsgan seed=2  finished in 1:45, fid_digits 9.8  (about 12 min left)``.

        How long only if the runs come one by one.
        """
        job = HydraConfig.get()
        sweep = self.sweep or Sweep(Path(job.sweep.dir))
        number, total, left = job.job.num + 1, len(sweep.planned), ""
        if number < total and self.started == number:
            minutes = (total - number) * sum(self.seconds) / len(self.seconds) / 60
            left = f"  (about {minutes:.0f} min left)" if minutes > 1 else "  (less than a minute left)"
        of = f" of {total}" if total else ""
        words = sweep.varying(words_of(job.overrides.task))
        print(
            f"run {number}{of}: {words}  {report.in_a_line(report.collect([run_dir])[0])}{left}", flush=True
        )

    def _train(self, cfg: DictConfig, run_dir: Path) -> float | None:
        """Refuse what can be refused before training, the light checks first; then train."""
        job = HydraConfig.get()
        if cfg.group is None and (in_sweep() or run_dir.parent == Path(job.sweep.dir).resolve()):
            cfg.group = Path(job.sweep.dir).name
        if in_sweep():
            if is_run(run_dir):  # of a sweep that was stopped and goes on
                cfg.resume = str(as_typed(run_dir))
        elif cfg.group is None and cfg.resume is not None and is_run(run_dir):
            group = as_written(saved_config(run_dir)).get("group")
            cfg.group = None if group == HIDDEN else group
        refuse_secret_places(with_job(cfg), *(SWEEP_PLACES if in_sweep() else RUN_PLACES))
        settle(cfg, job)
        keep_secrets(cfg)
        fits(cfg, own_groups())
        if in_sweep():
            quiet_run()
        elif speaks():  # imports take seconds
            print(f"{cfg.chosen.model} on {cfg.chosen.data} in {as_typed(run_dir)}", flush=True)
        run = settled(cfg)
        if run.resume and is_run(run_dir):
            check_resumable(as_typed(run_dir), run.cfg, lambda: misfit_of(run.cfg, run_dir))
        from ganlab.training.run import train

        return train(run, run_dir)

    def _report(self, error: Exception, prefix: str) -> None:
        self.faults.append(error)
        if isinstance(error, GanlabError):
            report_error(error, self.debug, prefix)
        else:
            report_bug(error)

    def has_reported(self, error: BaseException) -> bool:
        return any(error is reported for reported in self.faults)

    def exit_code(self, error: BaseException | None = None) -> int:
        """Of ``error``, or of the first fault, or 0; a fault not told yet (of another process) is told."""
        told = isinstance(error, ToldError) or self.has_reported(error) if error else True
        if isinstance(error, GanlabError) and not told:
            report_error(error, self.debug)
            self.faults.append(error)
        if self.started > 1 and self.faults:
            print(f"ganlab: {len(self.faults)} of {self.started} runs failed", file=sys.stderr)
        first = error or (self.faults[0] if self.faults else None)
        if first is None:
            return 0
        return first.exit_code if isinstance(first, GanlabError) else 1


def misfit_of(cfg: DictConfig, run_dir: Path) -> str | None:
    """Why no change of settings could let the run go on; PyTorch is only imported where they were changed."""
    from ganlab.training.resuming import misfit_of

    return misfit_of(cfg, run_dir)


def in_sweep() -> bool:
    return HydraConfig.get().mode == RunMode.MULTIRUN


def with_job(cfg: DictConfig) -> DictConfig:
    """The configuration, unresolved, with the ``hydra`` node that a job gets by itself."""
    job = OmegaConf.to_container(HydraConfig.get(), resolve=False)
    return OmegaConf.create({**unresolved(cfg), "hydra": job})


def keep_secrets(cfg: DictConfig) -> None:
    """Out of what is logged from now on, and of the file in which Hydra has noted the sweep."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(conceal_record)
    if in_sweep():
        hide_in_file(Path(HydraConfig.get().sweep.dir) / "multirun.yaml", Secrets(cfg))


def name_in_sweep(run_dir: Path) -> str:
    """Who speaks: ``ganlab``, and in a sweep which run."""
    return f"ganlab, run {run_dir.name}" if in_sweep() else "ganlab"


def own_groups() -> list[Path]:
    """The folders on Hydra's search path that are not ganlab's own."""
    sources = HydraConfig.get().runtime.config_sources
    return [Path(source.path) for source in sources if source.schema == "file" and source.provider != "main"]


def stop_logging_into(folder: Path) -> None:
    """Take away the handlers of files in ``folder``: a message that comes late would not find it."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, logging.FileHandler) and Path(handler.baseFilename).is_relative_to(
            folder.resolve()
        ):
            root.removeHandler(handler)
            handler.close()


def remove_if_unused(run_dir: Path) -> None:
    """Remove a directory in which nothing happened: no files but locks and a log, and nobody holding it."""
    files = [path for path in run_dir.rglob("*") if not path.is_dir()]
    if (run_dir / ".owner").exists() or any(
        path.suffix != ".log" and path.name not in TRACES for path in files
    ):
        return
    stop_logging_into(run_dir)
    shutil.rmtree(run_dir, ignore_errors=True)
    outputs = Path("outputs").resolve()
    # outputs/<model>-<data> and outputs, but nobody else's folder
    for folder in run_dir.resolve().parents[:2]:
        if folder.is_relative_to(outputs) and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
