"""What Hydra gives a launcher: for each run of a sweep its folder, and the command that runs it by itself."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf, open_dict

from ganlab.config import own
from ganlab.config.compose.conform import Mismatch, conform
from ganlab.config.compose.overrides import key_of, quote
from ganlab.config.hydra_internals import is_own_plugin
from ganlab.config.runs.record import is_transient
from ganlab.config.runs.resume import is_run
from ganlab.errors import GanlabError, ToldError, UserError
from ganlab.score_record import number_at
from ganlab.storage import as_typed


@dataclass(frozen=True)
class Job:
    """One run. words: its overrides, without what belongs to Hydra and to launching."""

    number: int
    run_dir: Path
    words: tuple[str, ...]

    def command(self) -> list[str]:
        """What runs it alone, in its place in the sweep; goes on with it where it has begun."""
        place = str(as_typed(self.run_dir))
        again = [f"resume={quote(place)}"] if is_run(self.run_dir) else []
        return [
            *(sys.executable, "-m", "ganlab", *own.flags(), *self.words, *again),
            *("hydra.mode=RUN", f"hydra.run.dir={quote(place)}"),
            f"hydra.sweep.dir={quote(str(as_typed(self.run_dir.parent)))}",
        ]


def setting(config: DictConfig, key: str, annotation: Any) -> Any:
    """``launcher.KEY``, as ``annotation`` wants it; raises UserError for what does not suit."""
    value = config.launcher[key]
    try:
        return conform(value, annotation)
    except Mismatch as error:
        raise UserError(f"launcher.{key}={value}: expected {error}") from error


def jobs_of(
    loader: ConfigLoader, config: DictConfig, overrides: Sequence[Sequence[str]], first: int
) -> list[Job]:
    """The jobs that these overrides describe, numbered from ``first``; their folders as Hydra names them."""
    found, before = [], HydraConfig.instance().cfg
    try:
        for number, words in enumerate(overrides, start=first):
            cfg = loader.load_sweep_config(config, list(words))
            with open_dict(cfg):
                cfg.hydra.job.id = cfg.hydra.job.num = number
            HydraConfig.instance().set_config(cfg)
            run_dir = Path(cfg.hydra.sweep.dir) / str(OmegaConf.select(cfg, "hydra.sweep.subdir"))
            own_words = [
                word for word in words if not is_transient(word) and not key_of(word).startswith("hydra")
            ]
            found.append(Job(number, run_dir, tuple(own_words)))
    finally:
        HydraConfig.instance().cfg = before
    return found


def told(config: DictConfig, jobs: Sequence[Job], codes: Sequence[int]) -> list[JobReturn]:
    """What Hydra's sweepers are told of jobs that ended with these codes.

    Raises:
        ToldError: of the first that failed, where Hydra's own sweeper asks: it would tell it a second time.
    """
    faults = [
        ToldError(f"{job.run_dir.name} ended with {code}", code) if code else None
        for job, code in zip(jobs, codes, strict=True)
    ]
    first_fault = next(filter(None, faults), None)
    if first_fault and is_own_plugin(config.hydra.sweeper._target_):
        raise first_fault
    return [returned(job, config.objective, fault) for job, fault in zip(jobs, faults, strict=True)]


def returned(job: Job, objective: str | None, fault: GanlabError | None) -> JobReturn:
    """What Hydra's sweepers are told of a job: its objective, or a fault that its own process has told the user."""
    found = JobReturn(overrides=list(job.words), working_dir=str(job.run_dir))
    if fault is not None:
        found.status, found.return_value = JobStatus.FAILED, fault
        return found
    path = job.run_dir / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found.status = JobStatus.COMPLETED
    found.return_value = number_at(results, "last", objective) if objective else None
    return found
