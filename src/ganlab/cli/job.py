"""One job: the checks before training, the training, and what becomes of its faults."""

import shutil
import sys
import traceback
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ganlab.cli import tell
from ganlab.config.catalogue import fits
from ganlab.config.check import check
from ganlab.config.compose import settle
from ganlab.config.paths import as_typed
from ganlab.config.resume import check_resumable, is_run
from ganlab.errors import GanlabError, Interrupted, UserError

TRACES = {".lock", ".owner"}  # what holding a run directory leaves in it


class Jobs:
    """Runs the jobs of one command, tells their faults, and remembers them for the exit code."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug
        self.started = 0
        self.faults: list[BaseException] = []

    def run(self, cfg: DictConfig) -> float | None:
        """Train once. A fault of a single run ends the process; in a sweep Hydra notes it and goes on."""
        self.started += 1
        sweep = HydraConfig.get().mode == RunMode.MULTIRUN
        run_dir = Path(HydraConfig.get().runtime.output_dir)
        try:
            return self._train(cfg, run_dir)
        except Interrupted as error:
            tell(error, self.debug)
            raise SystemExit(error.exit_code) from error  # ends a sweep too
        except KeyboardInterrupt as stop:
            if is_run(run_dir):  # training had begun
                print(
                    f"ganlab: left at once; what was saved before: ganlab resume={as_typed(run_dir)}",
                    file=sys.stderr,
                )
                raise SystemExit(130) from stop
            remove_if_unused(run_dir)
            raise
        except Exception as error:
            self._tell(error, f"ganlab, run {run_dir.name}" if sweep else "ganlab")
            if isinstance(error, UserError):
                remove_if_unused(run_dir)
            if sweep:
                raise
            raise SystemExit(self.exit_code(error)) from error

    def _train(self, cfg: DictConfig, run_dir: Path) -> float | None:
        """Refuse what can be refused before training, the light checks first; then train."""
        choices = dict(HydraConfig.get().runtime.choices)
        settle(cfg, choices)
        fits(choices["model"], choices["data"], own_groups())
        print(
            f"{choices['model']} on {choices['data']} in {as_typed(run_dir)}", flush=True
        )  # imports take seconds
        check(cfg)
        if cfg.resume is not None and is_run(run_dir):
            check_resumable(as_typed(run_dir), cfg)
        from ganlab.training.run import train

        return train(cfg, run_dir)

    def _tell(self, error: Exception, prefix: str) -> None:
        self.faults.append(error)
        if isinstance(error, GanlabError):
            tell(error, self.debug, prefix)
        else:
            traceback.print_exception(error)

    def has_told(self, error: BaseException) -> bool:
        return any(error is told for told in self.faults)

    def exit_code(self, error: BaseException | None = None) -> int:
        """Of ``error``, or of the first fault, or 0; a fault not told yet (of another process) is told."""
        if isinstance(error, GanlabError) and not self.has_told(error):
            tell(error, self.debug)
            self.faults.append(error)
        if self.started > 1 and self.faults:
            print(f"ganlab: {len(self.faults)} of {self.started} runs failed", file=sys.stderr)
        first = error or (self.faults[0] if self.faults else None)
        if first is None:
            return 0
        return first.exit_code if isinstance(first, GanlabError) else 1


def own_groups() -> list[Path]:
    """The folders on Hydra's search path that are not ganlab's own."""
    sources = HydraConfig.get().runtime.config_sources
    return [Path(source.path) for source in sources if source.schema == "file" and source.provider != "main"]


def remove_if_unused(run_dir: Path) -> None:
    """Remove a directory in which nothing happened: no files but locks and a log, and nobody holding it."""
    files = [path for path in run_dir.rglob("*") if not path.is_dir()]
    if (run_dir / ".owner").exists() or any(
        path.suffix != ".log" and path.name not in TRACES for path in files
    ):
        return
    shutil.rmtree(run_dir, ignore_errors=True)
    outputs = Path("outputs").resolve()
    # outputs/<model>-<data> and outputs, but nobody else's folder
    for folder in run_dir.resolve().parents[:2]:
        if folder.is_relative_to(outputs) and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
